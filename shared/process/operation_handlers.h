// The rpcs of operations (vivier.operations.v1) over the rows of one service, as functions like
// those of any service. Stateless, hence thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/service/call.h"
#include "shared/service/service.h"
#include "shared/storage/log/operations.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::site {

class OperationHandlers {
 public:
  // `service` outlives this.
  explicit OperationHandlers(const rpc::Service& service) : service_(service) {}

  rpc::Service Rpc();

 private:
  using Operation = operations::v1::Operation;

  absl::StatusOr<Operation> GetOperation(rpc::Call& call,
                                         const operations::v1::GetOperationRequest& request);
  absl::StatusOr<operations::v1::ListOperationsResponse> ListOperations(
      rpc::Call& call, const operations::v1::ListOperationsRequest& request);
  // Answers at once; the waiting is done by OperationService.
  absl::StatusOr<Operation> WaitOperation(rpc::Call& call,
                                          const operations::v1::WaitOperationRequest& request);
  absl::StatusOr<Operation> CancelOperation(rpc::Call& call,
                                            const operations::v1::CancelOperationRequest& request);

  // The stored row if the caller sees it, else NOT_FOUND.
  absl::StatusOr<storage::Operation> Find(rpc::Call& call, const std::string& name) const;
  // Whether they may call the rpc that began it; who asked sees it anyway.
  bool MayCall(const rpc::Call& call, const std::string& method) const;
  storage::OperationQuery QueryOf(const rpc::Call& call, const std::string& parent) const;

  const rpc::Service& service_;
};

}  // namespace vivier::site
