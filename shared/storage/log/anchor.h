// Where a service's event log and audit trail stood at one moment, as one line of text: kept where
// nobody of the site can write, it shows later whether these chains were written anew.
//
//   nancy enrolment 17 9f86d0…0a08 20 60303a…2752
//   school service event hash audit-record hash
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

struct Anchor {
  std::string school, service;
  int64_t event_number = 0;
  std::string event_hash;  // in hex
  int64_t audit_number = 0;
  std::string audit_hash;  // in hex
};

Anchor AnchorOf(const std::string& school, const std::string& service, const Head& head);
std::string AnchorText(const Anchor& anchor);
// INVALID_ARGUMENT where it is none.
absl::StatusOr<Anchor> ReadAnchor(absl::string_view text);

// Tells what of the anchor the chains of its service do not have.
absl::Status CheckAnchor(Transaction& transaction, const Anchor& anchor, const MacBreach& breach);

}  // namespace vivier::storage
