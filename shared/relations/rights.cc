#include "shared/relations/rights.h"

#include <cstdint>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/relations.h"

namespace vivier::relations {
namespace {

using security::v1::RightsChanged;
using storage::Result;
using storage::Row;
using storage::Transaction;
using storage::Value;

std::string TimeText(bool has, const google::protobuf::Timestamp& time) {
  return has ? absl::StrCat(absl::ToUnixMicros(ToTime(time))) : "-";
}

std::string ValueText(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* time = std::get_if<int64_t>(&value);
  return text != nullptr ? *text : time != nullptr ? absl::StrCat(*time) : "-";
}

}  // namespace

std::string RightText(const std::string& subject, const security::v1::RoleAssignment& role) {
  return absl::StrJoin(
      {subject, role.role(), role.company(), TimeText(role.has_start_time(), role.start_time()),
       TimeText(role.has_end_time(), role.end_time()), role.scope(),
       absl::StrJoin(role.permissions(), ","), role.funder()},
      " ");
}

absl::StatusOr<Rights> RightsKept(Transaction& transaction, const std::string& collection) {
  ASSIGN_OR_RETURN(
      const Result rights,
      transaction.connection().Query(
          absl::StrCat("SELECT membership, position, subject, role, company, start_time, end_time, "
                       "scope, permissions, funder FROM rights WHERE school = $1 AND ",
                       IsOf("membership", collection)),
          {Value(transaction.school())}));
  Rights kept;
  for (const Row& row : rights.rows) {
    std::vector<std::string> texts;
    for (size_t i = 2; i < row.size(); ++i) texts.push_back(ValueText(row[i]));
    kept[absl::StrCat(ValueText(row[0]), " ", ValueText(row[1]))] = absl::StrJoin(texts, " ");
  }
  return kept;
}

absl::StatusOr<Rights> RightsTold(Transaction& transaction, const std::string& collection) {
  const std::string prefix = absl::StrCat("schools/", transaction.school(), "/", collection);
  std::map<std::string, RightsChanged> last;
  RETURN_IF_ERROR(EachEvent<RightsChanged>(transaction, [&](const RightsChanged& changed) {
    if (absl::StartsWith(changed.membership(), prefix)) last[changed.membership()] = changed;
  }));
  Rights told;
  for (const auto& [membership, changed] : last)
    for (int i = 0; i < changed.roles_size(); ++i)
      told[absl::StrCat(membership, " ", i)] = RightText(changed.subject(), changed.roles(i));
  return told;
}

rpc::Breaches CompareRights(const Rights& due, Rights kept) {
  rpc::Breaches breaches;
  for (const auto& [role, right] : due) {
    ++breaches.checked;
    const auto found = kept.extract(role);
    if (found.empty() || found.mapped() != right)
      breaches.Add(role, "its right is missing, or says something else");
  }
  for (const auto& [role, right] : kept) breaches.Add(role, "a right that nothing gives");
  return breaches;
}

}  // namespace vivier::relations
