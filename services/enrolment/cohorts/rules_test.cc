#include "services/enrolment/cohorts/rules.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using absl::CivilDay;
using v1::Cohort;

const CivilDay kStart(2027, 3, 1), kEnd(2027, 9, 30);

Cohort CohortIn(Cohort::State state) {
  Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.set_state(state);
  cohort.set_programme_revision("schools/nancy/programmes/ai/revisions/1");
  *cohort.mutable_start_date() = ToDate(kStart);
  *cohort.mutable_end_date() = ToDate(kEnd);
  return cohort;
}

google::type::Date NoDate() {
  google::type::Date date;
  date.set_year(2027);
  date.set_month(2);
  date.set_day(30);
  return date;
}

// The field that the refusal names, or "".
std::string FieldOf(const absl::Status& status) {
  for (const auto& [key, value] : MetadataOf(status))
    if (key == "field") return value;
  return "";
}

TEST(CheckCohortChange, FollowsTheTable) {
  const auto nothing = [](Cohort&) {};
  const auto title = [](Cohort& cohort) { cohort.set_title("another"); };
  const auto programme = [](Cohort& cohort) { cohort.set_programme_revision("another"); };
  const auto start = [](Cohort& cohort) { *cohort.mutable_start_date() = ToDate(kStart + 1); };
  const auto end = [](Cohort& cohort) { *cohort.mutable_end_date() = ToDate(kEnd + 1); };
  const auto one_day = [](Cohort& cohort) { *cohort.mutable_end_date() = cohort.start_date(); };
  const auto before_start = [](Cohort& cohort) { *cohort.mutable_end_date() = ToDate(kStart - 1); };
  const auto no_start = [](Cohort& cohort) { *cohort.mutable_start_date() = NoDate(); };
  const auto no_end = [](Cohort& cohort) { cohort.clear_end_date(); };
  const struct {
    Cohort::State before;  // unspecified for a cohort that is made
    void (*change)(Cohort&);
    std::string reason, field;
  } rows[] = {
      {Cohort::STATE_UNSPECIFIED, nothing, "", ""},
      {Cohort::STATE_UNSPECIFIED, one_day, "", ""},
      {Cohort::STATE_UNSPECIFIED, before_start, "INVALID_FIELD", "cohort.end_date"},
      {Cohort::STATE_UNSPECIFIED, no_start, "INVALID_FIELD", "cohort.start_date"},
      {Cohort::STATE_UNSPECIFIED, no_end, "INVALID_FIELD", "cohort.end_date"},
      {Cohort::DRAFT, programme, "", ""},
      {Cohort::DRAFT, start, "", ""},
      {Cohort::DRAFT, before_start, "INVALID_FIELD", "cohort.end_date"},
      {Cohort::OPEN, title, "", ""},
      {Cohort::OPEN, start, "", ""},
      {Cohort::OPEN, programme, "COHORT_OPEN", ""},
      {Cohort::RUNNING, title, "", ""},
      {Cohort::RUNNING, end, "", ""},
      {Cohort::RUNNING, start, "COHORT_STARTED", ""},
      {Cohort::RUNNING, programme, "COHORT_OPEN", ""},
      {Cohort::FINISHED, nothing, "COHORT_FINISHED", ""},
      {Cohort::FINISHED, title, "COHORT_FINISHED", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(&row - rows);
    const Cohort before = CohortIn(row.before);
    Cohort after = before;
    row.change(after);
    const bool made = row.before == Cohort::STATE_UNSPECIFIED;
    const absl::Status status = CheckCohortChange(made ? nullptr : &before, after);
    EXPECT_EQ(ReasonOf(status), row.reason);
    EXPECT_EQ(FieldOf(status), row.field);
  }
}

}  // namespace
}  // namespace vivier::enrolment
