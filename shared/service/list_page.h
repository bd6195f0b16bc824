// A List that a service answers itself, because its caller may see a part of the table only.
// Thread-safe.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/storage/log/table.h"
#include "shared/storage/rows/filter.h"

namespace vivier::rpc {

// One page of `rows` for a List request, put into the response's field by `add`. `filter` is the
// request's, possibly narrowed; the request's own must be whole by itself, so that it cannot undo
// what narrows it.
template <class Response, class M, class Request, class Add>
absl::StatusOr<Response> ListPage(rpc::Call& call, const storage::Rows<M>& rows,
                                  const Request& request, const std::string& filter,
                                  const Add& add) {
  if (!request.filter().empty())
    RETURN_IF_ERROR(storage::ParseFilter(rows.schema(), request.filter(), 1).status());
  ASSIGN_OR_RETURN(storage::Page<M> page, rows.List(call, request.parent(), request.page_size(),
                                                    request.page_token(), filter));
  Response response;
  for (M& item : page.items) *add(response) = std::move(item);
  response.set_next_page_token(page.next_page_token);
  return response;
}

}  // namespace vivier::rpc
