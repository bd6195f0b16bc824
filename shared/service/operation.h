// An rpc whose work is too long for one transaction (AIP-151). Its .proto says so with the option
// `operation`; the service gives a function that divides a request into steps, one that may refuse
// it, and one that does a step:
//
//   rpc ──▶ plan: the request in steps, on a worker, without a transaction
//           check, and the encrypted steps become rows, in the rpc's own transaction ──▶ Operation
//           step, step, … each a transaction of its own (shared/follow/operation_runner.h)
//
// A step reads again what it rests on, for others write between two. The caller's right is asked
// again in each. What it refuses of a row belongs into its part of the response; a refusal of its
// own ends the operation. Immutable once made; thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/service/call.h"
#include "shared/service/method.h"
#include "shared/storage/log/operations.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::rpc {

// A request in steps, and what the operation tells of itself before the first.
template <class Metadata, class Step>
struct Plan {
  Metadata metadata;
  std::vector<Step> steps;
};

struct Operation {
  struct AnyPlan {
    std::string metadata;
    std::vector<std::string> steps;
  };
  const google::protobuf::Descriptor* metadata = nullptr;
  const google::protobuf::Descriptor* response = nullptr;
  std::function<absl::StatusOr<AnyPlan>(const google::protobuf::Message& request)> plan;
  std::function<absl::Status(Call&, const google::protobuf::Message& request)> check;
  // Moves `metadata` on and fills its part of the response.
  std::function<absl::Status(Call&, const std::string& step, google::protobuf::Message& metadata,
                             google::protobuf::Message& response)>
      step;
};

using Handler = std::function<absl::Status(Call&, const google::protobuf::Message& request,
                                           google::protobuf::Message& response)>;
// What an rpc computes before its transaction, with no lock held: it gives the handler of this one
// request.
using Preparation =
    std::function<absl::StatusOr<Handler>(const google::protobuf::Message& request)>;

// The same of an rpc that judges what is stored: on a worker too, in a snapshot of the readers, so
// that no writer waits for it. Others may write in between: the handler looks whether it holds.
using Foresight = std::function<absl::StatusOr<Handler>(Call& snapshot,
                                                        const google::protobuf::Message& request)>;

// The handler of who has no snapshot to look ahead in: it judges in the transaction.
Handler Unforeseen(Foresight foresee);

// Begins an operation: plans and encrypts beforehand, then checks, stores and answers.
Preparation BeginningOf(Method method, Operation operation);

// What is wrong between the rpc's option and what the service gives; "" for nothing.
std::string Misfit(const google::protobuf::MethodDescriptor& method, const Operation& operation);

// Runs the step at the operation's position and stores what comes of it. `stored` is the row in
// this transaction. A refusal has changed nothing.
absl::Status RunStep(const Operation& operation, storage::Transaction& transaction,
                     storage::Operation stored, absl::Time now);

// Ends it with that error.
absl::Status FailOperation(storage::Transaction& transaction, storage::Operation stored,
                           const absl::Status& error, absl::Time now);

// The stored row as its readers see it; the response is read where `transaction` is given.
absl::StatusOr<operations::v1::Operation> ToMessage(const storage::Operation& stored,
                                                    storage::Transaction* transaction);

// The service that a request is for: the one whose package declares it, or, where it is about
// operations, the one that its `service` or its operation's name says,
// "…/operations/enrolment-3f2b8c1e-…"; "" where it says none.
std::string ServiceFor(const google::protobuf::Message& request);

}  // namespace vivier::rpc
