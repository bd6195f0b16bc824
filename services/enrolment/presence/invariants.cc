#include "services/enrolment/presence/invariants.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/presence/rules.h"
#include "shared/base/status.h"

namespace vivier::enrolment {
namespace {

// Every sheet that was sealed finds its seal, so none was cut off the end of the chain.
constexpr char kSealsMissing[] =
    "SELECT s.name, 'the chain of its cohort has no such seal' FROM attendance_sheets s "
    "WHERE s.school = $1 AND s.chain_number > 0 AND NOT EXISTS (SELECT 1 FROM attendance_seals l "
    "WHERE l.school = s.school AND l.cohort = s.cohort AND l.number = s.chain_number "
    "AND l.hash = s.chain_hash)";

// Each link of each cohort's chain of seals follows from the one before.
absl::StatusOr<rpc::Breaches> CheckSealChains(storage::Transaction& transaction) {
  ASSIGN_OR_RETURN(
      storage::Result result,
      transaction.connection().Query("SELECT cohort, number, content, hash, name, signature, "
                                     "public_key FROM attendance_seals "
                                     "WHERE school = $1 ORDER BY cohort, number",
                                     {storage::Value(transaction.school())}));
  rpc::Breaches breaches;
  std::map<std::string, std::vector<v1::AttendanceSeal>> chains;
  for (const storage::Row& row : result.rows) {
    v1::AttendanceSeal& seal = chains[std::get<std::string>(row[0])].emplace_back();
    seal.set_number(std::get<int64_t>(row[1]));
    seal.set_content(std::get<std::string>(row[2]));
    seal.set_hash(std::get<std::string>(row[3]));
    seal.set_name(std::get<std::string>(row[4]));
    seal.set_signature(std::get<std::string>(row[5]));
    seal.set_public_key(std::get<std::string>(row[6]));
    if (!IsSigned(seal)) breaches.Add(seal.name(), "is not signed by the key that it names");
  }
  breaches.checked = static_cast<int64_t>(result.rows.size());
  for (const auto& [cohort, chain] : chains) {
    const int64_t broken = FirstBrokenSeal(chain);
    if (broken == 0) continue;
    breaches.Add(absl::StrCat(cohort, "/attendanceSeals/", broken),
                 "does not follow from the link before it");
  }
  return breaches;
}

}  // namespace

void AddSealsInvariants(rpc::Service& service) {
  service.Holds("I12", CheckSealChains)
      .Holds("I12", "SELECT COUNT(*) FROM attendance_sheets WHERE school = $1 AND chain_number > 0",
             kSealsMissing);
}

}  // namespace vivier::enrolment
