// The list of erasures outside the databases: a restored backup is older than some of them and is
// told again before it serves. A file per service in DATA/erased, a line per erasure, which names
// no person that still means anything:
//
//   nancy vivier.enrolment.v1.PersonErased {"candidate":"schools/nancy/candidates/7","persons":[…]}
//
// Whoever restores a backup keeps this folder as it is. Thread-safe: every function opens what it
// needs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace vivier::site {

struct ListedErasure {
  std::string school;
  std::shared_ptr<const google::protobuf::Message> event;
};

// Adds the erasures to `service`'s file and syncs it. Twice the same is once.
absl::Status AppendToList(const std::string& data, const std::string& service,
                          const std::vector<ListedErasure>& erasures);

// What every service's file says, of types that this binary knows; FAILED_PRECONDITION,
// ERASURE_LIST, for a line that it cannot read: to start without it could bring somebody back.
absl::StatusOr<std::vector<ListedErasure>> ReadList(const std::string& data);

}  // namespace vivier::site
