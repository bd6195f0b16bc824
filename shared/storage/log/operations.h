// Operations as rows: work that is too long for one transaction and goes on in steps
// (shared/service/operation.h). A step's transaction moves `position` by compare-and-set, so it is
// done once whoever tries, and a crash loses or repeats none.
//
// What a step is to do is encrypted, each step under a key that follows from the one before by a
// hash; only the key of the next step is kept, in `person_keys` under the operation's name, and it
// moves on in the step's own transaction:
//
//   key 0 ──hash──▶ key 1 ──hash──▶ key 2 …     person_keys   name           key of the next step
//   input 0         input 1         input 2                   name/response  key of every output
//
// So what was done cannot be read again, even from a copy of the file: no key leads back. The
// outputs are merged into the response when somebody reads it. Functions without state; a Unit and
// a Transaction are not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/security/encryption.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

struct Operation {
  std::string name;
  std::string method;       // the rpc's full name
  std::string resource;     // what its request named
  std::string principal;    // who asked, as the audit trail calls them
  std::string caller;       // security.v1.StoredCaller, what their token said
  std::string traceparent;  // W3C trace context
  int64_t steps = 0;
  int64_t position = 0;  // the number of the next step
  std::string metadata;  // of the type that the rpc declares
  std::string error;     // google.rpc.Status, "" without
  bool done = false;
};

struct SealedSteps {
  security::Key first;              // key 0
  security::Key response;           // the key of the outputs
  std::vector<std::string> inputs;  // encrypted
};
// Done before the transaction: encrypting takes time.
SealedSteps SealSteps(const std::string& operation, const std::vector<std::string>& inputs);

// One without steps is done at once.
absl::Status InsertOperation(Unit& unit, const Operation& operation, const SealedSteps& steps,
                             absl::Time now);

absl::StatusOr<std::optional<Operation>> FindOperation(Transaction& transaction,
                                                       const std::string& name);

// Of all that go on, the oldest first, no more than kSelectRowsMax.
absl::StatusOr<std::vector<Operation>> RunningOperations(Transaction& transaction);

// Operations whose names come after `after`, on `parent` and below; `shown` is a condition
// whose parameters begin with $4. Not more than `limit`.
struct OperationQuery {
  std::string parent;
  std::string after;  // "PARENT/" for the first page
  std::string shown;
  std::vector<Value> parameters;
  int limit = 0;
};
absl::StatusOr<std::vector<Operation>> SelectOperations(Transaction& transaction,
                                                        const OperationQuery& query);

// What the step at the operation's position is to do.
absl::StatusOr<std::string> OpenStep(Transaction& transaction, const Operation& operation);

// The step at `operation.position` is done with that output, and the operation with its last step;
// `operation` becomes what is stored.
absl::Status FinishStep(Unit& unit, Operation& operation, const std::string& output,
                        absl::Time now);

// Ends it with that error; what its steps have done stays.
void EndOperation(Unit& unit, Operation& operation, const std::string& error, absl::Time now);

// The outputs of the steps one after the other, which is how protobuf merges messages.
absl::StatusOr<std::string> ReadResponse(Transaction& transaction, const std::string& operation);

// One that ended before `before`, the oldest.
absl::StatusOr<std::optional<std::string>> FindEndedOperation(Transaction& transaction,
                                                              absl::Time before);
// Deletes one that has ended, with its response and the key of it.
absl::Status DeleteOperation(Transaction& transaction, const std::string& name);

}  // namespace vivier::storage
