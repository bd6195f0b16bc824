#include "shared/process/operation_handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/service/operation.h"
#include "shared/storage/log/operation_states.h"
#include "shared/storage/rows/page_token.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::site {

namespace pb = google::protobuf;
namespace v1 = operations::v1;
using rpc::Call;
using storage::Value;

namespace {

std::string AskedFor(const v1::ListOperationsRequest& request) {
  return ChainHash("", {"operations", request.parent(), request.filter(), request.service()});
}

// "" where the filter is none of the three.
std::string ConditionOf(const std::string& filter) {
  if (filter.empty()) return "1 = 1";
  if (filter == "done = true") return "end_time IS NOT NULL";
  return filter == "done = false" ? "end_time IS NULL" : "";
}

}  // namespace

rpc::Service OperationHandlers::Rpc() {
  return rpc::Service("operations")
      .On(*this, &OperationHandlers::GetOperation)
      .On(*this, &OperationHandlers::ListOperations)
      .On(*this, &OperationHandlers::WaitOperation)
      .On(*this, &OperationHandlers::CancelOperation);
}

bool OperationHandlers::MayCall(const Call& call, const std::string& method) const {
  const pb::MethodDescriptor* rpc = pb::DescriptorPool::generated_pool()->FindMethodByName(method);
  return rpc != nullptr &&
         security::Allows(call.caller(), rpc->options().GetExtension(options::v1::permission),
                          call.school());
}

absl::StatusOr<storage::Operation> OperationHandlers::Find(Call& call,
                                                           const std::string& name) const {
  ASSIGN_OR_RETURN(std::optional<storage::Operation> stored,
                   storage::FindOperation(call.unit().transaction(), name));
  if (!stored.has_value() ||
      (stored->principal != call.caller().subject && !MayCall(call, stored->method)))
    return NotFound(name);
  return *std::move(stored);
}

absl::StatusOr<v1::Operation> OperationHandlers::GetOperation(
    Call& call, const v1::GetOperationRequest& request) {
  ASSIGN_OR_RETURN(const storage::Operation stored, Find(call, request.name()));
  return rpc::ToMessage(stored, &call.unit().transaction());
}

absl::StatusOr<v1::Operation> OperationHandlers::WaitOperation(
    Call& call, const v1::WaitOperationRequest& request) {
  ASSIGN_OR_RETURN(const storage::Operation stored, Find(call, request.name()));
  return rpc::ToMessage(stored, &call.unit().transaction());
}

// What the caller sees is said in the query, so that a page is full.
storage::OperationQuery OperationHandlers::QueryOf(const Call& call,
                                                   const std::string& parent) const {
  storage::OperationQuery query;
  query.parent = parent;
  query.shown = "(principal = $4";
  query.parameters = {Value(call.caller().subject)};
  for (const auto& [method, operation] : service_.operations()) {
    if (!MayCall(call, method)) continue;
    query.parameters.push_back(method);
    absl::StrAppend(&query.shown, " OR method = $", query.parameters.size() + 3);
  }
  query.shown += ")";
  return query;
}

absl::StatusOr<v1::ListOperationsResponse> OperationHandlers::ListOperations(
    Call& call, const v1::ListOperationsRequest& request) {
  if (request.service() != service_.name())
    return InvalidField("service", "is no service of this process");
  if (request.page_size() < 0) return InvalidField("page_size", "must not be negative");
  const std::string condition = ConditionOf(request.filter());
  if (condition.empty()) return InvalidField("filter", "is none of: done = true, done = false");
  const int page_size = request.page_size() == 0
                            ? storage::kPageSizeDefault
                            : std::min(request.page_size(), storage::kPageSizeMax);
  storage::OperationQuery query = QueryOf(call, request.parent());
  const security::SchoolKey* key = call.unit().transaction().school_key();
  ASSIGN_OR_RETURN(query.after, storage::ReadPageToken(key, request.page_token(), request.parent(),
                                                       AskedFor(request)));
  absl::StrAppend(&query.shown, " AND ", condition);
  query.limit = page_size + 1;
  ASSIGN_OR_RETURN(std::vector<storage::Operation> found,
                   storage::SelectOperations(call.unit().transaction(), query));
  v1::ListOperationsResponse response;
  const bool more = found.size() > static_cast<size_t>(page_size);
  if (more) {
    found.pop_back();
    response.set_next_page_token(
        storage::PageTokenAfter(key, found.back().name, AskedFor(request)));
  }
  for (const storage::Operation& stored : found) {
    ASSIGN_OR_RETURN(*response.add_operations(), rpc::ToMessage(stored, nullptr));
    response.mutable_operations()->rbegin()->clear_response();  // a page of files would be no page
  }
  return response;
}

absl::StatusOr<v1::Operation> OperationHandlers::CancelOperation(
    Call& call, const v1::CancelOperationRequest& request) {
  ASSIGN_OR_RETURN(storage::Operation stored, Find(call, request.name()));
  if (MayDo(storage::kOperationTransitions, storage::StateOf(stored), "EndOperation")) {
    const absl::Status cancelled =
        Error(absl::StatusCode::kCancelled, "OPERATION_CANCELLED", "the operation was cancelled");
    storage::EndOperation(call.unit(), stored, ToMessage(cancelled).SerializeAsString(),
                          call.time());
  }
  // The answer is kept for a retry, where nothing is encrypted.
  ASSIGN_OR_RETURN(v1::Operation answer, rpc::ToMessage(stored, nullptr));
  answer.clear_response();
  return answer;
}

}  // namespace vivier::site
