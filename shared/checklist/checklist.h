// What a school needs before it can open a cohort, admit, seal, invoice and submit: a table of the
// trade's (services/policy/checklist.cc), a row for each thing that a service knows to be there.
// Functions without state, thread-safe.
#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "shared/rpc/readers.h"
#include "vivier/site/v1/checklist.pb.h"

namespace vivier::checklist {

// Who has such a goal.
enum class Kind { kSchool, kNode };

struct Need {
  const char* service;
  site::v1::ChecklistItem::Goal goal;
  const char* what;       // "a funding agreement"
  const char* table;      // which has a row of the school where it is there
  const char* condition;  // SQL that the row fulfils, "" for any
  const char* todo;       // what to do where there is none
};

// By goal, then in the order in which they are done.
absl::Span<const Need> Needs();
Kind KindOf(site::v1::ChecklistItem::Goal goal);

// What a site is where these services run.
Kind KindOf(const std::set<std::string>& services);

// What that service knows of the school, or node, as one snapshot of its database stands.
absl::Status AddItems(const std::string& service, Kind kind, rpc::Readers& readers,
                      const std::string& school, site::v1::GetChecklistResponse& response);

}  // namespace vivier::checklist
