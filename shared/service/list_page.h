// A List that a service answers itself, because its caller may see a part of the table only.
// Thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/storage/log/table.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_token.h"

namespace vivier::rpc {

// One page of `rows` for a List request, put into the response's field by `add`. `filter` is the
// request's, possibly narrowed; the request's own must be whole by itself, so that it cannot undo
// what narrows it.
template <class Response, class M, class Request, class Add>
absl::StatusOr<Response> ListPage(rpc::Call& call, const storage::Rows<M>& rows,
                                  const Request& request, const std::string& filter,
                                  const Add& add) {
  ASSIGN_OR_RETURN(const storage::Order order,
                   storage::ParseOrder(rows.schema(), request.order_by()));
  RETURN_IF_ERROR(storage::ParseFilter(rows.schema(), request.filter(), order).status());
  ASSIGN_OR_RETURN(storage::Page<M> page,
                   rows.List(call, request.parent(), request.page_size(), request.page_token(),
                             filter, request.order_by()));
  Response response;
  for (M& item : page.items) *add(response) = std::move(item);
  response.set_next_page_token(page.next_page_token);
  return response;
}

inline int PageSizeOf(int page_size) {
  return page_size <= 0 ? storage::kPageSizeDefault : std::min(page_size, storage::kPageSizeMax);
}

// `condition` with the request's filter, which must be whole by itself, behind it; its parameters
// come after those that are there.
inline absl::StatusOr<std::string> Filtered(const storage::Schema& schema,
                                            const std::string& condition, const std::string& filter,
                                            std::vector<storage::Value>& parameters) {
  if (filter.empty()) return condition;
  ASSIGN_OR_RETURN(  // $1 is the school
      const storage::FilterCondition parsed,
      storage::ParseFilter(schema, filter, static_cast<int>(parameters.size()) + 2));
  parameters.insert(parameters.end(), parsed.parameters.begin(), parsed.parameters.end());
  return absl::StrCat(condition, " AND (", parsed.sql, ")");
}

// INVALID_ARGUMENT where pages that have an order of their own are asked for another.
template <class Request>
absl::Status InItsOwnOrder(const Request& request) {
  if constexpr (requires { request.order_by(); })
    if (!request.order_by().empty())
      return InvalidField("order_by", "is not offered to whoever sees a part of the list");
  return absl::OkStatus();
}

// One page of the rows that satisfy `condition`, which an index serves in the order of names, and
// the request's filter.
template <class M, class Request>
absl::StatusOr<storage::Page<M>> PageWhere(rpc::Call& call, const storage::Rows<M>& rows,
                                           const Request& request, const std::string& parent,
                                           const std::string& condition,
                                           std::vector<storage::Value> parameters) {
  RETURN_IF_ERROR(InItsOwnOrder(request));
  const std::string query =
      ChainHash("", {rows.schema().table(), parent, condition, request.filter()});
  const security::SchoolKey* key = call.unit().transaction().school_key();
  ASSIGN_OR_RETURN(const std::string after,
                   storage::ReadPageToken(key, request.page_token(), parent, query));
  parameters.push_back(after);
  const std::string below = absl::StrCat(condition, " AND name > $", parameters.size() + 1);
  ASSIGN_OR_RETURN(const std::string shown,
                   Filtered(rows.schema(), below, request.filter(), parameters));
  const int page_size = PageSizeOf(request.page_size());
  storage::Page<M> page;
  ASSIGN_OR_RETURN(page.items,
                   rows.FirstOf(call, page_size + 1, shown + " ORDER BY name", parameters));
  if (page.items.size() <= static_cast<size_t>(page_size)) return page;
  page.items.pop_back();
  page.next_page_token = storage::PageTokenAfter(key, page.items.back().name(), query);
  return page;
}

}  // namespace vivier::rpc
