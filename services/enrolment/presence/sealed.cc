#include "services/enrolment/presence/sealed.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "services/enrolment/presence/rules.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/storage/log/table.h"

namespace vivier::enrolment {
namespace {

using storage::Connection;
using storage::Result;
using storage::Row;
using storage::Schema;
using storage::Transaction;
using storage::Value;
using v1::AttendanceSheet;
using v1::PresenceCorrection;
using v1::PresenceEntry;

// Sheets whose rows are read in one round trip.
constexpr int kPage = 50;

template <class M>
absl::Status Decode(Transaction& transaction, const Result& result, std::vector<M>& rows) {
  for (const Row& row : result.rows) {
    ASSIGN_OR_RETURN(const auto message, transaction.Decode(Schema::Of(M::descriptor()), row));
    rows.push_back(static_cast<const M&>(*message));
  }
  return absl::OkStatus();
}

template <class M>
std::string Select(const std::string& condition) {
  return Schema::Of(M::descriptor()).SelectWhere(condition);
}

// Below the sheet $2: "0" is the character after "/".
std::vector<Connection::Statement> RowsOf(const std::string& school, const std::string& sheet) {
  const std::vector<Value> parameters = {Value(school), Value(sheet)};
  return {{Select<PresenceEntry>("attendance_sheet = $2 ORDER BY name"), parameters},
          {Select<PresenceCorrection>(
               "name > $2 || '/presenceEntries/' AND name < $2 || '/presenceEntries0'"),
           parameters},
          {Select<v1::AttendanceSeal>("attendance_sheet = $2 ORDER BY revision"), parameters}};
}

int NumberOf(const PresenceCorrection& correction) {
  int number = 0;
  return absl::SimpleAtoi(IdOf(correction.name()), &number) ? number : 0;
}

// By entry and number.
std::map<std::string, std::map<int, const PresenceCorrection*>> CorrectionsOf(
    const SheetRows& rows) {
  std::map<std::string, std::map<int, const PresenceCorrection*>> corrections;
  for (const PresenceCorrection& correction : rows.corrections)
    corrections[correction.presence_entry()][NumberOf(correction)] = &correction;
  return corrections;
}

std::string UnlikeItsCorrections(const SheetRows& rows) {
  auto corrections = CorrectionsOf(rows);
  bool corrected = false;  // since the last seal
  for (const PresenceEntry& entry : rows.entries) {
    const auto of_entry = corrections.extract(entry.name());
    const size_t count = of_entry.empty() ? 0 : of_entry.mapped().size();
    if (entry.corrections() != static_cast<int64_t>(count) ||
        (count > 0 && of_entry.mapped().rbegin()->first != entry.corrections()))
      return absl::StrCat(entry.name(), " counts other corrections than there are");
    if (entry.minutes_due() != rows.sheet.end_minute() - rows.sheet.start_minute())
      return absl::StrCat(entry.name(), " is due for other minutes than its sheet");
    if (entry.name() != absl::StrCat(rows.sheet.name(), "/presenceEntries/", IdOf(entry.learner())))
      return absl::StrCat(entry.name(), " is another learner's");
    corrected = corrected || (count > 0 && of_entry.mapped().rbegin()->second->sheet_revision() ==
                                               rows.sheet.revision());
  }
  if (!corrections.empty()) return "a correction of no entry";
  const AttendanceSheet::State state = rows.sheet.revision() == 0 ? AttendanceSheet::OPEN
                                       : corrected                ? AttendanceSheet::CORRECTING
                                                                  : AttendanceSheet::SEALED;
  return rows.sheet.state() == state ? "" : "its state is not that of its seals and corrections";
}

std::string UnlikeItsLastSeal(const SheetRows& rows) {
  const AttendanceSheet& sheet = rows.sheet;
  if (sheet.revision() != static_cast<int64_t>(rows.seals.size()))
    return "has not as many seals as revisions";
  if (rows.seals.empty())
    return sheet.chain_number() == 0 && sheet.chain_hash().empty() ? "" : "names a seal";
  const v1::AttendanceSeal& last = rows.seals.back();
  return sheet.chain_number() == last.number() && sheet.chain_hash() == last.hash()
             ? ""
             : "names another seal than its last";
}

// The keyed hashes of the absences, as the content has them at the ends of its lines: a later
// school key makes others of the same absences, so that only the chain of seals compares them.
std::vector<std::string> AbsencesIn(const std::string& content, size_t entries) {
  constexpr absl::string_view kAbsence = "\tabsence ";
  std::vector<std::string> absences;
  for (const absl::string_view line : absl::StrSplit(content, '\n')) {
    const size_t place = line.rfind(kAbsence);
    if (place != line.npos) absences.emplace_back(line.substr(place + kAbsence.size()));
  }
  absences.resize(entries);
  return absences;
}

}  // namespace

absl::Status EachSheet(Transaction& transaction,
                       const std::function<void(const SheetRows&)>& each) {
  Value after = std::string();
  while (true) {
    ASSIGN_OR_RETURN(const Result page,
                     transaction.connection().Query(Select<AttendanceSheet>(absl::StrCat(
                                                        "name > $2 ORDER BY name LIMIT ", kPage)),
                                                    {Value(transaction.school()), after}));
    std::vector<AttendanceSheet> sheets;
    RETURN_IF_ERROR(Decode(transaction, page, sheets));
    std::vector<Connection::Statement> statements;
    for (const AttendanceSheet& sheet : sheets)
      for (Connection::Statement& statement : RowsOf(transaction.school(), sheet.name()))
        statements.push_back(std::move(statement));
    ASSIGN_OR_RETURN(const std::vector<Result> below,
                     transaction.connection().QueryAll(statements));
    for (size_t i = 0; i < sheets.size(); ++i) {
      SheetRows rows;
      rows.sheet = std::move(sheets[i]);
      RETURN_IF_ERROR(Decode(transaction, below[3 * i], rows.entries));
      RETURN_IF_ERROR(Decode(transaction, below[3 * i + 1], rows.corrections));
      RETURN_IF_ERROR(Decode(transaction, below[3 * i + 2], rows.seals));
      each(rows);
    }
    if (page.rows.size() < kPage) return absl::OkStatus();
    after = page.rows.back()[1];
  }
}

std::vector<PresenceEntry> EntriesAt(const SheetRows& rows, int32_t revision) {
  const auto corrections = CorrectionsOf(rows);
  std::vector<PresenceEntry> entries = rows.entries;
  for (PresenceEntry& entry : entries) {
    const auto of_entry = corrections.find(entry.name());
    if (of_entry == corrections.end()) continue;
    for (const auto& [number, correction] : of_entry->second) {
      if (correction->sheet_revision() < revision) continue;
      entry.set_minutes_present(correction->minutes_present());
      entry.clear_learner_sign_time();
      if (correction->has_learner_sign_time())
        *entry.mutable_learner_sign_time() = correction->learner_sign_time();
      break;
    }
  }
  return entries;
}

std::string UnlikeItsSeals(const SheetRows& rows) {
  if (IdOf(rows.sheet.name()) != SheetId(rows.sheet)) return "is of another half-day";
  for (const std::string& wrong : {UnlikeItsCorrections(rows), UnlikeItsLastSeal(rows)})
    if (!wrong.empty()) return wrong;
  AttendanceSheet sealed = rows.sheet;
  for (const v1::AttendanceSeal& seal : rows.seals) {
    sealed.set_revision(seal.revision());
    const std::vector<PresenceEntry> entries = EntriesAt(rows, seal.revision());
    if (SealContent(sealed, entries, AbsencesIn(seal.content(), entries.size())) != seal.content())
      return absl::StrCat("is not what seal ", seal.number(), " says");
  }
  return "";
}

}  // namespace vivier::enrolment
