#include "services/partners/contracts/contract_law.h"

#include <algorithm>
#include <string>

#include "shared/base/date.h"
#include "shared/rules/compiled.h"
#include "shared/rules/condition.h"
#include "shared/rules/decide.h"
#include "shared/rules/enum.h"

namespace vivier::partners {
namespace {

using absl::CivilDay;
using v1::Contract;
using v1::Finding;

using rules::Facts;
using rules::Named;
using rules::Value;

// The tables that a contract is judged by.
struct Law {
  const rules::Table& term = rules::Need("R-contract-term");
  const rules::Table& pro = rules::Need("R-contract-pro");
  const rules::Table& pay = rules::Need("R-contract-pay");
  const rules::Table& wage = rules::Need("R-minwage");
  const rules::Table& tutor = rules::Need("R-tutor");
  const rules::Table& employer = rules::Need("R-contract-employer");
  const rules::Table& clock = rules::Need("R-contract-clock");
  const rules::Parameter& monthly_wage = rules::NeedParameter(wage, "monthly");
  const rules::Parameter& full_time_hours = rules::NeedParameter(wage, "full_time_hours");
  const rules::Decision& share = rules::Need(pay, "share");
};

const Law& TheLaw() {
  static const Law& law = *new Law();
  return law;
}

Value GroundOf(const Contract& contract) {
  const Value ground = Named(contract.ground());
  return ground.known() ? ground : Value::Text("NONE");
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

// The whole months from `start` to the eve of `next`.
int WholeMonths(CivilDay start, CivilDay next) {
  const int months = static_cast<int>(absl::CivilMonth(next) - absl::CivilMonth(start));
  return AddMonths(start, months) <= next ? months : months - 1;
}

class Checker {
 public:
  Checker(const Contract& contract, const Circumstances& circumstances)
      : contract_(contract),
        circumstances_(circumstances),
        start_(ToCivil(contract.start_date())) {}

  std::vector<Finding> Run() {
    Term();
    if (contract_.kind() != v1::PROFESSIONALISATION) return findings_;
    if (!law_.pro.valid.Contains(rules::NumberOf(start_))) {
      AddUnknown();
      return findings_;
    }
    Action();
    Pay();
    Tutor();
    Employer();
    return findings_;
  }

 private:
  // What each decision of the table finds, in the table's order.
  void Ask(const rules::Table& table, const Facts& facts) {
    for (const rules::Decision& decision : table.decisions)
      if (const rules::Answer answer = rules::Decide(table, decision, facts, start_);
          answer.Get("finding").known())
        Add(answer, facts);
  }

  void Add(const rules::Answer& answer, const Facts& facts) {
    Finding finding;
    finding.set_severity(answer.Get("severity").text() == "ERROR" ? Finding::ERROR
                                                                  : Finding::WARNING);
    finding.set_code(answer.Get("finding").text());
    finding.set_article(answer.Get("article").text());
    finding.set_message(rules::Fill(answer, "message", facts, start_));
    finding.set_rule(answer.table->key);
    finding.set_rule_hash(answer.table->hash);
    findings_.push_back(std::move(finding));
  }

  void AddUnknown() {
    Finding finding;
    finding.set_severity(Finding::ERROR);
    finding.set_code("RULES_UNKNOWN");
    finding.set_article("Code du travail, L.6325-1");
    finding.set_message("no table of limits is in force on the contract's first day");
    finding.set_rule(law_.pro.key);
    finding.set_rule_hash(law_.pro.hash);
    findings_.push_back(std::move(finding));
  }

  // The last day of the action: the term, or the end of the training phase of an open-ended
  // contract.
  std::optional<CivilDay> ActionEnd() const {
    if (contract_.has_end_date()) return ToCivil(contract_.end_date());
    if (contract_.has_action_end_date()) return ToCivil(contract_.action_end_date());
    return std::nullopt;
  }

  void Term() {
    const bool has_term = contract_.has_end_date();
    Ask(law_.term, Facts(law_.term)
                       .With("kind", Named(contract_.kind()))
                       .With("has_term", Value::Boolean(has_term))
                       .With("ends_before_start",
                             Value::Boolean(has_term && ToCivil(contract_.end_date()) < start_)));
  }

  void Action() {
    Facts facts(law_.pro);
    facts.With("ground", GroundOf(contract_)).With("beneficiary", Named(contract_.beneficiary()));
    if (const std::optional<CivilDay> end = ActionEnd(); end.has_value()) {
      const int months = WholeMonths(start_, *end + 1);
      const bool full = AddMonths(start_, months) == *end + 1;
      facts.With("whole_months", Value::Integer(months))
          .With("begun_months", Value::Integer(full ? months : months + 1));
    }
    if (contract_.has_birth_date())  // else a finding of Pay
      facts.With("age", Value::Integer(AgeOn(ToCivil(contract_.birth_date()), start_)));
    SetTraining(facts);
    Ask(law_.pro, facts);
  }

  void SetTraining(Facts& facts) const {
    const int64_t working = contract_.working_minutes();
    const int64_t training = contract_.training_minutes();
    const bool right = working > 0 && training <= working;
    facts.With("working_time_right", Value::Boolean(right));
    if (!right) return;
    facts.With("training_hours", Value::Integer(training / 60))
        .With("training_percent", Value::Integer(training * 100 / working))
        .With("training_percent_up", Value::Integer((training * 100 + working - 1) / working));
  }

  void Pay() {
    Facts facts(law_.pay);
    facts.With("birth_date_known", Value::Boolean(contract_.has_birth_date()));
    if (contract_.has_birth_date()) SetPay(ToCivil(contract_.birth_date()), facts);
    Ask(law_.pay, facts);
    if (contract_.has_birth_date()) Wage();
  }

  void SetPay(CivilDay birth, Facts& facts) const {
    const std::optional<int64_t> lowest = LowestPayCents(contract_, birth, start_);
    if (!lowest.has_value()) return;
    const int64_t pay = contract_.gross_monthly_pay_cents();
    facts.With("pay_cents", Value::Integer(pay))
        .With("lowest_cents", Value::Integer(*lowest))
        .With("missing_cents", Value::Integer(*lowest - pay));
    const CivilDay rise = HigherShareFrom(birth, start_);
    if (rise <= start_ || (ActionEnd().has_value() && rise > *ActionEnd())) return;
    const int64_t later = LowestPayCents(contract_, birth, rise).value_or(*lowest);
    facts.With("rise_day", Value::Date(rise))
        .With("rise_cents", Value::Integer(later))
        .With("rise_missing", Value::Integer(later - pay));
  }

  void Wage() {
    const CivilDay newest = CivilDay(1970, 1, 1) + law_.monthly_wage.versions.back().valid.from;
    Ask(law_.wage, Facts(law_.wage)
                       .With("newest_day", Value::Date(newest))
                       .With("newest_months", Value::Integer(WholeMonths(newest, start_))));
  }

  void Tutor() {
    Facts facts(law_.tutor);
    facts.With("tutor", Value::Boolean(circumstances_.tutor.has_value()));
    if (circumstances_.tutor.has_value()) {
      const v1::Tutor& tutor = *circumstances_.tutor;
      facts.With("same_company", Value::Boolean(tutor.company() == contract_.company()))
          .With("employer", Value::Boolean(tutor.employer()))
          .With("volunteer", Value::Boolean(tutor.volunteer()))
          .With("experience_years", Value::Integer(tutor.experience_years()))
          .With("learners", Value::Integer(circumstances_.tutees + 1));
    }
    Ask(law_.tutor, facts);
  }

  void Employer() {
    Facts facts(law_.employer);
    const std::string& category = circumstances_.company.legal_category();
    if (!category.empty()) facts.With("legal_category", Value::Text(category));
    Ask(law_.employer, facts);
  }

  const Law& law_ = TheLaw();
  const Contract& contract_;
  const Circumstances& circumstances_;
  const CivilDay start_;
  std::vector<Finding> findings_;
};

// Appends what the decision says of the contract, its days counted from `from`. Public holidays are
// not taken off, so the day is never later than the law's.
void AddDeadline(const Contract& contract, absl::string_view decision, CivilDay from,
                 std::vector<v1::Deadline>& deadlines) {
  const rules::Table& clock = TheLaw().clock;
  const rules::Answer answer = rules::Decide(
      clock, rules::Need(clock, decision), Facts(clock).With("kind", Named(contract.kind())), from);
  if (!answer) return;
  const int days = static_cast<int>(answer.Get("days").number());
  v1::Deadline& deadline = deadlines.emplace_back();
  deadline.set_code(answer.Get("deadline").text());
  deadline.set_article(answer.Get("article").text());
  *deadline.mutable_date() =
      ToDate(answer.Get("count").text() == "WORKING"
                 ? AddWorkingDays(from, days, WorkingWeek::kMondayToSaturday, {})
                 : from + days);
  deadline.set_silence(answer.Get("silence").text());
}

}  // namespace

std::vector<Finding> CheckLaw(const Contract& contract, const Circumstances& circumstances) {
  return Checker(contract, circumstances).Run();
}

std::vector<v1::Deadline> DeadlinesOf(const Contract& contract) {
  std::vector<v1::Deadline> deadlines;
  AddDeadline(contract, "sent", ToCivil(contract.start_date()), deadlines);
  if (contract.has_file_receipt_date())
    AddDeadline(contract, "answered", ToCivil(contract.file_receipt_date()), deadlines);
  return deadlines;
}

std::optional<int64_t> LowestPayCents(const Contract& contract, CivilDay birth, CivilDay day) {
  const Law& law = TheLaw();
  const CivilDay start = ToCivil(contract.start_date());
  const Value* wage = rules::ValueOn(law.monthly_wage, rules::NumberOf(day));
  const Value* hours = rules::ValueOn(law.full_time_hours, rules::NumberOf(day));
  const rules::Answer share =
      rules::Decide(law.pay, law.share,
                    Facts(law.pay)
                        .With("age", Value::Integer(AgeOn(birth, start)))
                        .With("higher_share", Value::Boolean(day >= HigherShareFrom(birth, start)))
                        .With("level_4", Value::Boolean(contract.vocational_level_4())),
                    day);
  if (wage == nullptr || hours == nullptr || !share) return std::nullopt;
  const int64_t hundredths =
      std::max(wage->cents() * share.Get("percent_of_minimum").number(),
               contract.branch_minimum_cents() * share.Get("percent_of_branch").number());
  // In proportion to the weekly working time, rounded up to the cent.
  const int64_t divisor = int64_t{100} * hours->number() * 60;
  return (hundredths * contract.weekly_minutes() + divisor - 1) / divisor;
}

}  // namespace vivier::partners
