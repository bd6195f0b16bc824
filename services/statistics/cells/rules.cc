#include "services/statistics/cells/rules.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "shared/base/resource_name.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "shared/rules/enum.h"

namespace vivier::statistics {
namespace {

using enrolment::v1::LearnerLeft;
using enrolment::v1::PersonClasses;

// "FROM_26_TO_44" → "from-26-to-44".
template <class Enum>
std::string ValueOf(Enum value) {
  const std::string& name =
      google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value)->name();
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

std::string GenderOf(const PersonClasses& classes) {
  return classes.gender() == PersonClasses::GENDER_UNSPECIFIED ? "unknown"
                                                               : ValueOf(classes.gender());
}
std::string AgeOf(const PersonClasses& classes) {
  return classes.age_band() == PersonClasses::AGE_BAND_UNSPECIFIED ? "unknown"
                                                                   : ValueOf(classes.age_band());
}
std::string LevelOf(const PersonClasses& classes) {
  if (classes.education_level() < 1 || classes.education_level() > 8) return "unknown";
  return classes.education_level() <= 4 ? "up-to-4" : "from-5";
}
std::string RegionOf(const PersonClasses& classes) {
  const std::string region = absl::AsciiStrToLower(classes.region_code());
  return FitsTable(*FindTable("applications-by-region"), {region}) ? region : "unknown";
}

std::string StateAfter(LearnerLeft::Cause cause) {
  static const rules::Table& table = rules::Need("R-learner-state");
  static const rules::Decision& left = rules::Need(table, "left");
  return rules::Decide(table, left, rules::Facts(table).With("cause", rules::Named(cause)).values(),
                       0)
      .Get("counted_as")
      .text();
}

void CountLearner(const v1::LearnerFact& fact, int64_t delta, Changes& changes) {
  const std::string& state = fact.learner_state();
  if (state.empty()) return;
  const PersonClasses& classes = fact.classes();
  changes.push_back({{"learners", {state}}, fact.cohort(), delta});
  changes.push_back({{"learners-by-age", {state, AgeOf(classes)}}, fact.cohort(), delta});
  changes.push_back({{"learners-by-gender", {state, GenderOf(classes)}}, fact.cohort(), delta});
  changes.push_back({{"learners-by-level", {state, LevelOf(classes)}}, fact.cohort(), delta});
  changes.push_back({{"learners-by-region", {state, RegionOf(classes)}}, fact.cohort(), delta});
}

Changes Move(v1::LearnerFact& fact, const std::string& state) {
  Changes changes;
  CountLearner(fact, -1, changes);
  fact.set_learner_state(state);
  CountLearner(fact, +1, changes);
  return changes;
}

// Replaces a result: its last value is the one that is counted.
Changes Replace(v1::LearnerResult& fact, const std::string& cohort, const std::string& result,
                const CellKey& before, const CellKey& after) {
  Changes changes;
  if (!fact.result().empty()) changes.push_back({before, fact.cohort(), -1});
  fact.set_cohort(cohort);
  fact.set_result(result);
  changes.push_back({after, cohort, +1});
  return changes;
}

// Counts the seat exactly while it is funded and not released.
Changes Mark(v1::SeatFact& fact, const std::string& cohort, bool funded, bool released) {
  const bool counted = fact.funded() && !fact.released();
  fact.set_cohort(cohort);
  fact.set_funded(fact.funded() || funded);
  fact.set_released(fact.released() || released);
  const bool counts = fact.funded() && !fact.released();
  if (counted == counts) return {};
  return {{{"seats", {"funded"}}, cohort, counts ? +1 : -1}};
}

Changes One(const std::string& table, const std::string& value, const std::string& cohort,
            int64_t delta = 1) {
  return {{{table, {value}}, cohort, delta}};
}

}  // namespace

Changes OpenCohort(const enrolment::v1::CohortOpened& event, v1::CohortFact& fact) {
  const int64_t delta = event.capacity() - fact.capacity();
  *fact.mutable_start_date() = event.start_date();
  *fact.mutable_end_date() = event.end_date();
  fact.set_year(event.start_date().year());
  fact.set_capacity(event.capacity());
  return One("seats", "opened", IdInSchool(event.cohort()), delta);
}

Changes Submit(const enrolment::v1::ApplicationSubmitted& event) {
  const std::string cohort = IdInSchool(event.cohort());
  return {{{"applications", {"submitted"}}, cohort, 1},
          {{"applications-by-age", {AgeOf(event.classes())}}, cohort, 1},
          {{"applications-by-gender", {GenderOf(event.classes())}}, cohort, 1},
          {{"applications-by-level", {LevelOf(event.classes())}}, cohort, 1},
          {{"applications-by-region", {RegionOf(event.classes())}}, cohort, 1}};
}

Changes Reject(const enrolment::v1::ApplicationRejected& event) {
  return One("applications", "rejected", IdInSchool(event.cohort()));
}

Changes Enrol(const enrolment::v1::LearnerEnrolled& event, v1::LearnerFact& fact) {
  Changes changes;
  CountLearner(fact, -1, changes);
  fact.set_candidate(event.candidate());
  fact.set_cohort(IdInSchool(event.cohort()));
  *fact.mutable_classes() = event.classes();
  fact.set_learner_state("in-training");
  CountLearner(fact, +1, changes);
  return changes;
}

Changes Leave(const LearnerLeft& event, v1::LearnerFact& fact) {
  return Move(fact, StateAfter(event.cause()));
}

Changes Finish(const enrolment::v1::LearnerFinished&, v1::LearnerFact& fact) {
  return Move(fact, "finished");
}

Changes CountOf(const v1::LearnerFact& fact) {
  Changes changes;
  CountLearner(fact, +1, changes);
  return changes;
}

Changes Seal(const enrolment::v1::AttendanceSheetSealed& event, v1::SheetFact& fact) {
  if (event.revision() <= fact.revision()) return {};
  int64_t due = 0, present = 0;
  for (const enrolment::v1::SealedPresence& entry : event.entries()) {
    due += entry.minutes_due();
    present += entry.minutes_present();
  }
  const std::string cohort = IdInSchool(event.cohort());
  const Changes changes = {
      {{"minutes", {"due"}}, cohort, due - fact.minutes_due()},
      {{"minutes", {"present"}}, cohort, present - fact.minutes_present()},
      {{"presence", {"entries"}}, cohort, event.entries_size() - fact.entries()}};
  fact.set_revision(event.revision());
  fact.set_entries(event.entries_size());
  fact.set_minutes_due(due);
  fact.set_minutes_present(present);
  return changes;
}

Changes Outcome(const enrolment::v1::OutcomeRecorded& event, v1::LearnerResult& fact) {
  const std::string months = absl::StrCat(event.months_after());
  const std::string situation = ValueOf(event.situation());
  fact.set_learner(event.learner());
  if (!FitsTable(*FindTable("outcomes"), {months, situation})) return {};
  return Replace(fact, IdInSchool(event.cohort()), situation, {"outcomes", {months, fact.result()}},
                 {"outcomes", {months, situation}});
}

// Which it is, the end of its name says: schools/nancy/learnerResults/ai-1.l7.outcome-3.
Changes CountOf(const v1::LearnerResult& fact) {
  static const std::string& end = *new std::string(".outcome-");
  if (fact.result().empty()) return {};
  const size_t outcome = fact.name().rfind(end);
  if (outcome == std::string::npos) return {{{"certificates", {fact.result()}}, fact.cohort(), 1}};
  const std::string months = fact.name().substr(outcome + end.size());
  return {{{"outcomes", {months, fact.result()}}, fact.cohort(), 1}};
}

Changes Release(const enrolment::v1::SeatReleased& event, v1::SeatFact& fact) {
  // Who left after the start used the seat: it stays funded.
  const bool released = event.cause() != enrolment::v1::SeatReleased::LEFT;
  return Mark(fact, IdInSchool(event.cohort()), false, released);
}

Changes Fund(const funding::v1::SeatFunded& event, v1::SeatFact& fact) {
  return Mark(fact, IdInSchool(event.cohort()), true, false);
}

Changes Post(const funding::v1::AttendanceSheetPosted& event) {
  return One("earnings", "earned", IdInSchool(event.cohort()), event.earned_cents());
}

Changes Invoice(const funding::v1::InvoiceIssued& event) {
  return {{{"invoices", {"issued"}}, "", 1},
          {{"invoices", {"total-cents"}}, "", event.total_cents()}};
}

Changes Certify(const curriculum::v1::CertificateAwarded& event, v1::LearnerResult& fact) {
  const std::string result = ValueOf(event.result());
  fact.set_learner(event.learner());
  if (!FitsTable(*FindTable("certificates"), {result})) return {};
  return Replace(fact, IdInSchool(event.cohort()), result, {"certificates", {fact.result()}},
                 {"certificates", {result}});
}

Changes SignContract(const partners::v1::ContractSigned& event) {
  return One("contracts", "signed", IdInSchool(event.cohort()));
}

Changes BreakContract(const partners::v1::ContractBroken& event) {
  return One("contracts", "broken", IdInSchool(event.cohort()));
}

std::string CellId(const Change& change) {
  std::vector<std::string> parts = {change.cell.table};
  if (!change.cohort.empty()) parts.push_back(change.cohort);
  parts.insert(parts.end(), change.cell.values.begin(), change.cell.values.end());
  return absl::StrJoin(parts, ".");
}

}  // namespace vivier::statistics
