#include "services/enrolment/invariants.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/attendance_rules.h"

namespace vivier::enrolment {

absl::StatusOr<rpc::Breaches> CheckSealChains(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      storage::Result result,
      transaction.connection().Query("SELECT cohort, number, content, hash FROM attendance_seals "
                                     "WHERE school = $1 ORDER BY cohort, number",
                                     {storage::Value(transaction.school())}));
  std::map<std::string, std::vector<v1::AttendanceSeal>> chains;
  for (const storage::Row& row : result.rows) {
    v1::AttendanceSeal& seal = chains[std::get<std::string>(row[0])].emplace_back();
    seal.set_number(std::get<int64_t>(row[1]));
    seal.set_content(std::get<std::string>(row[2]));
    seal.set_hash(std::get<std::string>(row[3]));
  }
  rpc::Breaches breaches;
  breaches.checked = static_cast<int64_t>(result.rows.size());
  for (const auto& [cohort, chain] : chains) {
    const int64_t broken = FirstBrokenSeal(chain);
    if (broken == 0) continue;
    if (breaches.violations++ > 0) continue;
    breaches.first_row = absl::StrCat(cohort, "/attendanceSeals/", broken);
    breaches.explanation = "does not follow from the link before it";
  }
  return breaches;
}

}  // namespace vivier::enrolment
