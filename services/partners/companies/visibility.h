// What a caller who acts for one company may see and do: that company's resources. Everybody else
// with the permission sees the whole school. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/service/call.h"
#include "shared/service/list_page.h"
#include "shared/storage/log/table.h"
#include "shared/storage/rows/filter.h"

namespace vivier::partners {

using rpc::ListPage;

inline bool ActsForCompany(const rpc::Call& call) {
  return call.caller().kind == security::Caller::Kind::kPartner;
}

// NotAllowed(`name`), the answer for what is unknown as well, unless the caller may see things of
// `company`.
inline absl::Status MayTouch(const rpc::Call& call, const std::string& company,
                             const std::string& name) {
  if (!ActsForCompany(call) || (!company.empty() && call.caller().acts_for == company))
    return absl::OkStatus();
  return NotAllowed(name);
}

// The caller's filter, narrowed to their company when they act for one.
inline std::string OwnFilter(const rpc::Call& call, const std::string& filter) {
  return ActsForCompany(call) ? storage::NarrowedTo("company", {call.caller().acts_for}, filter)
                              : filter;
}

// One resource that belongs to a company, for a Get request.
template <class M>
absl::StatusOr<M> GetOwn(rpc::Call& call, const storage::Rows<M>& rows, const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<M> found, rows.Find(call, name));
  if (!found.has_value()) return rpc::Missing(call, name);
  RETURN_IF_ERROR(MayTouch(call, found->company(), name));
  return *std::move(found);
}

}  // namespace vivier::partners
