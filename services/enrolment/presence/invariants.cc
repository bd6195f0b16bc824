#include "services/enrolment/presence/invariants.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/presence/rules.h"
#include "services/enrolment/presence/sealed.h"
#include "shared/base/date.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/sum.h"
#include "shared/rotation/school_keys.h"

namespace vivier::enrolment {
namespace {

using rpc::Claims;
using storage::Transaction;

void ReadSeal(const storage::Row& row, v1::AttendanceSeal& seal) {
  seal.set_cohort(std::get<std::string>(row[0]));
  seal.set_number(std::get<int64_t>(row[1]));
  seal.set_content(std::get<std::string>(row[2]));
  seal.set_hash(std::get<std::string>(row[3]));
  seal.set_name(std::get<std::string>(row[4]));
  seal.set_signature(std::get<std::string>(row[5]));
  seal.set_public_key(std::get<std::string>(row[6]));
  seal.set_attendance_sheet(std::get<std::string>(row[7]));
  seal.set_revision(static_cast<int32_t>(std::get<int64_t>(row[8])));
  if (const int64_t* time = std::get_if<int64_t>(&row[9]))
    *seal.mutable_seal_time() = ToTimestamp(absl::FromUnixMicros(*time));
  seal.set_sealed_by(std::get<std::string>(row[10]));
}

// Each link of each cohort's chain of seals follows from the one before and is signed.
absl::StatusOr<rpc::Breaches> CheckSealChains(Transaction& transaction) {
  ASSIGN_OR_RETURN(
      storage::Result result,
      transaction.connection().Query(
          "SELECT cohort, number, content, hash, name, signature, public_key, attendance_sheet, "
          "revision, seal_time, sealed_by FROM attendance_seals WHERE school = $1 "
          "ORDER BY cohort, number",
          {storage::Value(transaction.school())}));
  ASSIGN_OR_RETURN(const std::set<std::string> keys, rotation::PublicKeys(transaction));
  rpc::Breaches breaches;
  std::map<std::string, std::vector<v1::AttendanceSeal>> chains;
  for (const storage::Row& row : result.rows) {
    v1::AttendanceSeal& seal = chains[std::get<std::string>(row[0])].emplace_back();
    ReadSeal(row, seal);
    if (!IsSigned(seal)) breaches.Add(seal.name(), "is not signed by the key that it names");
    if (keys.count(seal.public_key()) == 0)
      breaches.Add(seal.name(), "is signed by a key that was never the school's");
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

absl::StatusOr<rpc::Breaches> CheckSheets(Transaction& transaction) {
  rpc::Breaches breaches;
  RETURN_IF_ERROR(EachSheet(transaction, [&breaches](const SheetRows& rows) {
    breaches.checked += 1 + static_cast<int64_t>(rows.entries.size());
    if (const std::string wrong = UnlikeItsSeals(rows); !wrong.empty())
      breaches.Add(rows.sheet.name(), wrong);
  }));
  return breaches;
}

// What statistics adds up of each sheet: the minutes of its newest seal.
absl::StatusOr<Claims> SealedMinutes(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(EachSheet(transaction, [&claims](const SheetRows& rows) {
    if (rows.sheet.revision() == 0) return;
    int64_t due = 0, present = 0;
    for (const v1::PresenceEntry& entry : EntriesAt(rows, rows.sheet.revision())) {
      due += entry.minutes_due();
      present += entry.minutes_present();
    }
    claims[IdInSchool(rows.sheet.name())] =
        absl::StrCat(rows.sheet.revision(), " ", rows.entries.size(), " ", due, " ", present);
  }));
  return claims;
}

// What funding pays for, by cohort: there are too many entries for an answer.
absl::StatusOr<Claims> DeliveredMinutes(Transaction& transaction) {
  std::map<std::string, relations::Sum> cohorts;
  RETURN_IF_ERROR(EachSheet(transaction, [&cohorts](const SheetRows& rows) {
    if (rows.sheet.revision() == 0) return;
    for (const v1::PresenceEntry& entry : EntriesAt(rows, rows.sheet.revision()))
      if (entry.minutes_present() > 0)
        cohorts[rows.sheet.cohort()].Add(absl::StrCat(entry.name(), "\n", entry.minutes_present()));
  }));
  return relations::ToClaims(cohorts);
}

}  // namespace

void AddSealsInvariants(rpc::Service& service) {
  using rpc::Knows;
  service.Follows("I12", "attendance_seals: name, number, content, hash", CheckSealChains)
      .Follows("I12",
               "attendance_sheets: name, date, half, start_minute, end_minute, place, trainer, "
               "trainer_sign_time, state, revision, chain_number, chain_hash; "
               "attendance_seals: attendance_sheet, revision; "
               "presence_entries: name, learner, learner_sign_time, minutes_due, minutes_present, "
               "corrections; presence_corrections: name, sheet_revision, "
               "learner_sign_time, minutes_present",
               CheckSheets)
      .Claim("I17", "minutes of sheets", Knows::kAll, "presence_entries: minutes_present",
             SealedMinutes)
      .Claim("I17", "delivered half-days", Knows::kAll, "presence_entries: minutes_present",
             DeliveredMinutes);
}

}  // namespace vivier::enrolment
