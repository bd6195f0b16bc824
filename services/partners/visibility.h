// What a caller who acts for one company may see and do: that company's resources. Everybody else with the permission
// sees the whole school. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/rpc/call.h"
#include "shared/storage/filter.h"
#include "shared/storage/table.h"

namespace vivier::partners {

inline bool ActsForCompany(const rpc::Call& call) { return call.caller().kind == rpc::Caller::Kind::kPartner; }

// NotAllowed(`name`), the answer for what is unknown as well, unless the caller may see things of `company`.
inline absl::Status MayTouch(const rpc::Call& call, const std::string& company, const std::string& name) {
  if (!ActsForCompany(call) || (!company.empty() && call.caller().partner == company)) return absl::OkStatus();
  return NotAllowed(name);
}

// `filter` narrowed by `condition`, an AIP-160 expression.
inline std::string Narrowed(const std::string& filter, const std::string& condition) {
  return filter.empty() ? condition : absl::StrCat("(", filter, ") AND ", condition);
}

// The caller's filter, narrowed to his company when he acts for one.
inline std::string OwnFilter(const rpc::Call& call, const std::string& filter) {
  if (!ActsForCompany(call)) return filter;
  return Narrowed(filter, absl::StrCat("company = \"", call.caller().partner, "\""));
}

// One page of `table` for a List request, put into the response's field by `add`. `filter` is the request's, possibly
// narrowed; the request's own must be whole by itself, so that it cannot undo what narrows it.
template <class Response, class M, class Request, class Add>
absl::StatusOr<Response> ListPage(rpc::Call& call, const storage::Table<M>& table, const Request& request,
                                  const std::string& filter, const Add& add) {
  if (!request.filter().empty()) RETURN_IF_ERROR(storage::ParseFilter(table.schema(), request.filter(), 1).status());
  ASSIGN_OR_RETURN(storage::Page<M> page,
                   table.List(call, request.parent(), request.page_size(), request.page_token(), filter));
  Response response;
  for (M& item : page.items) *add(response) = std::move(item);
  response.set_next_page_token(page.next_page_token);
  return response;
}

// One resource that belongs to a company, for a Get request.
template <class M>
absl::StatusOr<M> GetOwn(rpc::Call& call, const storage::Table<M>& table, const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<M> found, table.Find(call, name));
  if (!found.has_value()) return ActsForCompany(call) ? NotAllowed(name) : NotFound(name);
  RETURN_IF_ERROR(MayTouch(call, found->company(), name));
  return *std::move(found);
}

}  // namespace vivier::partners
