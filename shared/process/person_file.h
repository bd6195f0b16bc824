// What one service holds of a person, found from the descriptors alone: rows that are the person,
// rows that name him, rows that name one of those, and so on. Rows that many persons share (a
// cohort, a sheet) name nobody and are not his. Functions without state; thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/service/service.h"
#include "shared/storage/log/unit.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

struct PersonFile {
  std::vector<v1::PersonRow> rows;
  std::set<std::string> names;
};

// The person's rows of the service, when he is known by one of `names`.
absl::StatusOr<PersonFile> ReadPersonFile(const rpc::Service& service,
                                          storage::Transaction& transaction,
                                          const std::set<std::string>& names);

// How far the service is with the erasure of the person called `name`, and what it keeps.
absl::StatusOr<v1::ServiceErasure> ReadErasureOf(const rpc::Service& service,
                                                 storage::Transaction& transaction,
                                                 const std::string& name);

}  // namespace vivier::site
