#include "services/partners/contract_law.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "shared/base/date.h"

namespace vivier::partners {
namespace {

using absl::CivilDay;
using v1::Contract;
using v1::Finding;

// The limits in force from a day on. Sources: Code du travail, articles beside each figure.
struct Limits {
  CivilDay from;
  int months_min, months_max;                      // L.6325-11
  int branch_months_max;                           // L.6325-12
  int priority_months_max;                         // L.6325-11, for the groups of L.6325-1-1
  int training_percent_min, training_percent_max;  // L.6325-13
  int training_minutes_min;                        // L.6325-13, 150 hours
  int tutor_years_min;                             // D.6325-6
  int tutees_max, employer_tutees_max;             // D.6325-9
};
const Limits kLimits[] = {
    {CivilDay(2019, 1, 1), 6, 12, 24, 36, 15, 25, 150 * 60, 2, 3, 2},
};

// The general minimum wage, gross a month for 35 hours a week, by the decrees that set it.
struct MinimumWage {
  CivilDay from;
  int64_t cents;
};
const MinimumWage kMinimumWages[] = {
    {CivilDay(2019, 1, 1), 152122},  {CivilDay(2020, 1, 1), 153942},
    {CivilDay(2021, 1, 1), 155458},  {CivilDay(2021, 10, 1), 158947},
    {CivilDay(2022, 1, 1), 160312},  {CivilDay(2022, 5, 1), 164558},
    {CivilDay(2022, 8, 1), 167895},  {CivilDay(2023, 1, 1), 170928},
    {CivilDay(2023, 5, 1), 174720},  {CivilDay(2024, 1, 1), 176692},
    {CivilDay(2024, 11, 1), 180180}, {CivilDay(2026, 1, 1), 182303},
};
constexpr int kFullTimeWeekMinutes = 35 * 60;

// Shares of the minimum wage (D.6325-14, D.6325-15) and of the branch's minimum (D.6325-18).
constexpr int kPercentUnder21 = 55, kPercentUnder21Level4 = 65;
constexpr int kPercentFrom21 = 70, kPercentFrom21Level4 = 80;
constexpr int kPercentOfBranchFrom26 = 85;

// The last row that is in force on `day`, null before the first.
template <class Row, size_t n>
const Row* InForceOn(const Row (&rows)[n], CivilDay day) {
  const Row* found = nullptr;
  for (const Row& row : rows)
    if (row.from <= day) found = &row;
  return found;
}

CivilDay Birthday(CivilDay birth, int years) {
  return CivilDay(birth.year() + years, birth.month(), birth.day());
}

// From when on the higher share is due: at once for who is 21 on the first day, else from the first
// of the month that follows the birthday.
CivilDay HigherShareFrom(CivilDay birth, CivilDay start) {
  const CivilDay birthday = Birthday(birth, 21);
  return birthday <= start ? start : CivilDay(absl::CivilMonth(birthday) + 1);
}

class Checker {
 public:
  Checker(const Contract& contract, const Circumstances& circumstances)
      : contract_(contract),
        circumstances_(circumstances),
        start_(ToCivil(contract.start_date())) {}

  std::vector<Finding> Run() {
    Dates();
    if (contract_.kind() != v1::PROFESSIONALISATION) return findings_;
    const Limits* limits = InForceOn(kLimits, start_);
    if (limits == nullptr) {
      Error("RULES_UNKNOWN", "Code du travail, L.6325-1",
            "no table of limits is in force on the contract's first day");
      return findings_;
    }
    Duration(*limits);
    Training(*limits);
    Beneficiary();
    Pay();
    TutorOf(*limits);
    Employer();
    return findings_;
  }

 private:
  void Add(Finding::Severity severity, const std::string& code, const std::string& article,
           const std::string& message) {
    Finding finding;
    finding.set_severity(severity);
    finding.set_code(code);
    finding.set_article(article);
    finding.set_message(message);
    findings_.push_back(finding);
  }
  void Error(const std::string& code, const std::string& article, const std::string& message) {
    Add(Finding::ERROR, code, article, message);
  }
  void Warn(const std::string& code, const std::string& article, const std::string& message) {
    Add(Finding::WARNING, code, article, message);
  }

  // The last day of the action: the term, or the end of the training phase of an open-ended
  // contract.
  std::optional<CivilDay> ActionEnd() const {
    if (contract_.has_end_date()) return ToCivil(contract_.end_date());
    if (contract_.has_action_end_date()) return ToCivil(contract_.action_end_date());
    return std::nullopt;
  }

  void Dates() {
    if (contract_.has_end_date() && ToCivil(contract_.end_date()) < start_)
      Error("TERM_BEFORE_START", "Code du travail, L.1242-7", "the last day is before the first");
    if (contract_.kind() == v1::FIXED_TERM && !contract_.has_end_date())
      Error("TERM_MISSING", "Code du travail, L.1242-7", "a fixed term needs its last day");
    if (contract_.kind() == v1::OPEN_ENDED && contract_.has_end_date())
      Error("TERM_OF_OPEN_ENDED", "Code du travail, L.1221-2",
            "an open-ended contract has no last day");
  }

  void Duration(const Limits& limits) {
    const std::optional<CivilDay> end = ActionEnd();
    if (!end.has_value()) {
      Error("ACTION_END_MISSING", "Code du travail, L.6325-11",
            "the last day of the professionalisation action is missing");
      return;
    }
    int months_max = limits.months_max;
    if (contract_.ground() == Contract::BRANCH_AGREEMENT) months_max = limits.branch_months_max;
    if (contract_.ground() == Contract::PRIORITY_GROUP) months_max = limits.priority_months_max;
    if (*end < AddMonths(start_, limits.months_min) - 1)
      Error("ACTION_TOO_SHORT", "Code du travail, L.6325-11",
            absl::StrCat("the action lasts less than ", limits.months_min, " months"));
    if (*end > AddMonths(start_, months_max) - 1)
      Error("ACTION_TOO_LONG", "Code du travail, L.6325-11 and L.6325-12",
            absl::StrCat("the action lasts more than the ", months_max,
                         " months that its ground allows"));
  }

  void Training(const Limits& limits) {
    const int64_t working = contract_.working_minutes();
    const int64_t training = contract_.training_minutes();
    if (working <= 0 || training > working) {
      Error("WORKING_TIME_WRONG", "Code du travail, L.6325-13",
            "the working time must be given and hold the training");
      return;
    }
    if (training < limits.training_minutes_min)
      Error("TRAINING_UNDER_MINIMUM", "Code du travail, L.6325-13",
            absl::StrCat(training / 60, " hours of training; at least ",
                         limits.training_minutes_min / 60, " are due"));
    if (training * 100 < working * limits.training_percent_min)
      Error("TRAINING_SHARE_TOO_LOW", "Code du travail, L.6325-13",
            absl::StrCat("training is less than ", limits.training_percent_min,
                         " % of the working time"));
    if (training * 100 > working * limits.training_percent_max &&
        contract_.ground() == Contract::GROUND_UNSPECIFIED)
      Error("TRAINING_SHARE_TOO_HIGH", "Code du travail, L.6325-13 and L.6325-14",
            absl::StrCat("training is more than ", limits.training_percent_max,
                         " % of the working time without a ground"));
  }

  void Beneficiary() {
    if (contract_.beneficiary() == Contract::BENEFICIARY_UNSPECIFIED) {
      Error("BENEFICIARY_MISSING", "Code du travail, L.6325-1",
            "why the learner may have such a contract is missing");
      return;
    }
    if (!contract_.has_birth_date()) return;  // a finding of Pay
    const CivilDay birth = ToCivil(contract_.birth_date());
    const bool from_26 = start_ >= Birthday(birth, 26);
    if (start_ < Birthday(birth, 16))
      Error("BENEFICIARY_AGE", "Code du travail, L.6325-1",
            "the learner is under 16 on the first day");
    if (contract_.beneficiary() == Contract::UNDER_26 && from_26)
      Error("BENEFICIARY_AGE", "Code du travail, L.6325-1",
            "the learner is 26 or older on the first day");
    if (contract_.beneficiary() == Contract::JOBSEEKER_FROM_26 && !from_26)
      Error("BENEFICIARY_AGE", "Code du travail, L.6325-1",
            "the learner is under 26 on the first day");
  }

  void Pay() {
    if (!contract_.has_birth_date()) {
      Error("BIRTH_DATE_MISSING", "Code du travail, L.6325-8", "the lowest pay depends on the age");
      return;
    }
    const CivilDay birth = ToCivil(contract_.birth_date());
    const std::optional<int64_t> lowest = LowestPayCents(contract_, birth, start_);
    if (!lowest.has_value()) return;  // no table: RULES_UNKNOWN was found
    if (contract_.gross_monthly_pay_cents() < *lowest) {
      Error("PAY_BELOW_MINIMUM", "Code du travail, L.6325-8, L.6325-9 and D.6325-14 to D.6325-18",
            absl::StrCat("the gross pay a month is ", contract_.gross_monthly_pay_cents(),
                         " cents; at least ", *lowest, " are due"));
    }
    const CivilDay higher = HigherShareFrom(birth, start_);
    if (higher > start_ && (!ActionEnd().has_value() || higher <= *ActionEnd())) {
      const int64_t later = LowestPayCents(contract_, birth, higher).value_or(*lowest);
      if (contract_.gross_monthly_pay_cents() < later)
        Warn("PAY_RISES_AT_21", "Code du travail, D.6325-14 and D.6325-15",
             absl::StrCat("from ", absl::FormatCivilTime(higher), " at least ", later,
                          " cents a month are due"));
    }
    const MinimumWage& newest = kMinimumWages[std::size(kMinimumWages) - 1];
    if (start_ >= AddMonths(newest.from, 12))
      Warn("MINIMUM_WAGE_MAY_BE_OLD", "Code du travail, L.3231-2",
           absl::StrCat("the newest minimum wage known here is of ",
                        absl::FormatCivilTime(newest.from)));
  }

  void TutorOf(const Limits& limits) {
    if (!circumstances_.tutor.has_value()) {
      Error("TUTOR_MISSING", "Code du travail, L.6325-3-1", "the employer must name a tutor");
      return;
    }
    const v1::Tutor& tutor = *circumstances_.tutor;
    if (tutor.company() != contract_.company())
      Error("TUTOR_OF_ANOTHER_COMPANY", "Code du travail, D.6325-6",
            "the tutor does not work for the employer");
    if (!tutor.employer() && !tutor.volunteer())
      Error("TUTOR_NOT_VOLUNTEER", "Code du travail, D.6325-6",
            "an employee is a tutor only if he agreed");
    if (tutor.experience_years() < limits.tutor_years_min)
      Error("TUTOR_EXPERIENCE", "Code du travail, D.6325-6",
            absl::StrCat(tutor.experience_years(), " years of related experience; at least ",
                         limits.tutor_years_min, " are due"));
    const int tutees_max = tutor.employer() ? limits.employer_tutees_max : limits.tutees_max;
    if (circumstances_.tutees + 1 > tutees_max)
      Error("TUTOR_LOAD", "Code du travail, D.6325-9",
            absl::StrCat("the tutor would follow ", circumstances_.tutees + 1,
                         " learners; at most ", tutees_max));
  }

  void Employer() {
    if (IsPublicAdministration(circumstances_.company))
      Warn("PUBLIC_EMPLOYER", "Code du travail, L.6325-1 with L.6331-1",
           "the State, local authorities and their administrative bodies conclude no such "
           "contracts: apprenticeship, "
           "or a "
           "decision of the employer's legal service");
    if (circumstances_.company.legal_category().empty())
      Warn("LEGAL_CATEGORY_UNKNOWN", "Code du travail, L.6325-1 with L.6331-1",
           "whether the employer is a public administration is not known");
  }

  const Contract& contract_;
  const Circumstances& circumstances_;
  const CivilDay start_;
  std::vector<Finding> findings_;
};

v1::Deadline MakeDeadline(const std::string& code, const std::string& article, CivilDay day,
                          const std::string& silence) {
  v1::Deadline deadline;
  deadline.set_code(code);
  deadline.set_article(article);
  *deadline.mutable_date() = ToDate(day);
  deadline.set_silence(silence);
  return deadline;
}

}  // namespace

std::vector<Finding> CheckLaw(const Contract& contract, const Circumstances& circumstances) {
  return Checker(contract, circumstances).Run();
}

std::vector<v1::Deadline> DeadlinesOf(const Contract& contract) {
  const CivilDay start = ToCivil(contract.start_date());
  std::vector<v1::Deadline> deadlines;
  if (contract.kind() == v1::PROFESSIONALISATION)
    deadlines.push_back(MakeDeadline("FILE_SENT", "Code du travail, D.6325-1", start + 5,
                                     "the file is late; the contract stands"));
  // Public holidays are not taken off, so the day is never later than the law's.
  if (contract.kind() == v1::APPRENTICESHIP)
    deadlines.push_back(MakeDeadline("FILE_SENT", "Code du travail, D.6224-1",
                                     AddWorkingDays(start, 5, WorkingWeek::kMondayToSaturday, {}),
                                     "the file is late; the contract stands"));
  if (deadlines.empty() || !contract.has_file_receipt_date()) return deadlines;
  const CivilDay answer = ToCivil(contract.file_receipt_date()) + 20;
  if (contract.kind() == v1::PROFESSIONALISATION)
    deadlines.push_back(MakeDeadline("FILE_ANSWERED", "Code du travail, D.6325-2", answer,
                                     "accepted and deposited"));
  else
    deadlines.push_back(
        MakeDeadline("FILE_ANSWERED", "Code du travail, D.6224-2", answer, "refused"));
  return deadlines;
}

std::optional<int64_t> LowestPayCents(const Contract& contract, CivilDay birth, CivilDay day) {
  const MinimumWage* wage = InForceOn(kMinimumWages, day);
  if (wage == nullptr) return std::nullopt;
  // Who turns 26 during the contract keeps the class of its first day.
  const bool from_26 = ToCivil(contract.start_date()) >= Birthday(birth, 26);
  int64_t hundredths = wage->cents * 100;
  if (from_26) {
    hundredths = std::max(hundredths, contract.branch_minimum_cents() * kPercentOfBranchFrom26);
  } else if (day >= HigherShareFrom(birth, ToCivil(contract.start_date()))) {
    hundredths =
        wage->cents * (contract.vocational_level_4() ? kPercentFrom21Level4 : kPercentFrom21);
  } else {
    hundredths =
        wage->cents * (contract.vocational_level_4() ? kPercentUnder21Level4 : kPercentUnder21);
  }
  // In proportion to the weekly working time, rounded up to the cent.
  const int64_t divisor = int64_t{100} * kFullTimeWeekMinutes;
  return (hundredths * contract.weekly_minutes() + divisor - 1) / divisor;
}

// Categories 71xx to 74xx of the register are bodies under administrative law: the State, local
// authorities, public hospitals and other administrative establishments. Commercial public bodies
// are 41xx.
bool IsPublicAdministration(const v1::Company& company) {
  return absl::StartsWith(company.legal_category(), "7");
}

}  // namespace vivier::partners
