// The sums that a told story satisfies, whatever its numbers.
#include "absl/strings/str_join.h"
#include "demo/figures.h"

namespace vivier::demo {
namespace {

// Σ left (= or ≤) Σ right, each a list of figures.
struct Sum {
  std::string what;
  std::vector<std::string> left;
  bool at_most;  // ≤ instead of =
  std::vector<std::string> right;
};

std::vector<Sum> SumsWithin() {
  return {
      {"accepted and refused rows are the file's",
       {"rows.accepted", "rows.unchanged", "rows.refused"},
       false,
       {"rows.file"}},
      {"each accepted row is an application",
       {"rows.accepted", "rows.unchanged"},
       false,
       {"applications.total"}},
      {"who is not ranked is rejected",
       {"applications.ranked", "applications.rejected"},
       false,
       {"applications.total"}},
      {"every ranked application is somewhere",
       {"applications.shortlisted", "applications.waitlisted", "applications.funding_pending",
        "applications.awaiting_funding", "applications.admitted", "applications.accepted",
        "applications.withdrawn", "applications.declined", "applications.expired",
        "applications.not_fundable", "applications.left"},
       false,
       {"applications.ranked"}},
      {"seats are never exceeded", {"seats.held", "seats.taken"}, true, {"seats.capacity"}},
      {"who is admitted takes a seat",
       {"applications.admitted", "applications.accepted"},
       false,
       {"seats.taken"}},
      {"who waits for money holds a seat",
       {"applications.funding_pending", "applications.awaiting_funding"},
       false,
       {"seats.held"}},
      {"who started is in training, finished or left",
       {"learners.in_training", "learners.finished", "learners.left"},
       false,
       {"learners.started"}},
      {"who was enrolled started or never came",
       {"learners.started", "learners.no_show"},
       false,
       {"learners.total"}},
      {"every sheet is sealed", {"sheets.sealed"}, false, {"sheets.total"}},
      {"each correction is sealed again",
       {"sheets.total", "presence.corrections"},
       false,
       {"sheets.seals"}},
      {"certificates are of those who finished",
       {"certificates.total"},
       true,
       {"learners.finished"}},
      {"contracts are of those who finished", {"contracts.signed"}, true, {"learners.finished"}},
      {"each contract takes a position", {"contracts.signed"}, false, {"job_offers.taken"}},
      {"positions are never exceeded", {"job_offers.taken"}, true, {"job_offers.positions"}},
      {"the invoice is the sum of its lines",
       {"invoice.lines_cents"},
       false,
       {"invoice.total_cents"}},
      {"the invoice has its lines", {"invoice.lines"}, false, {"invoice.line_count"}},
  };
}

// What one service knows of another.
std::vector<Sum> SumsBetween() {
  const auto indicator = [](const std::string& id, const char* part) {
    return "indicators." + id + "." + part;
  };
  return {
      {"each enrolled learner's money was reserved",
       {"reservations.confirmed", "reservations.released", "reservations.reserved"},
       false,
       {"learners.total"}},
      {"every proven minute is posted", {"earnings.minutes"}, false, {"presence.minutes_present"}},
      {"enrolment knows every certificate", {"learners.judged"}, false, {"certificates.total"}},
      {"enrolment knows every contract", {"outcomes.after_0_months"}, false, {"contracts.signed"}},
      {"statistics counts applications",
       {indicator("admission-rate", "denominator")},
       false,
       {"applications.total"}},
      {"statistics counts who was enrolled",
       {indicator("admission-rate", "numerator")},
       false,
       {"learners.total"}},
      {"statistics counts who finished",
       {indicator("completion-rate", "numerator")},
       false,
       {"learners.finished"}},
      {"statistics counts who started",
       {indicator("completion-rate", "denominator")},
       false,
       {"learners.started"}},
      {"statistics counts minutes present",
       {indicator("attendance-rate", "numerator")},
       false,
       {"presence.minutes_present"}},
      {"statistics counts minutes due",
       {indicator("attendance-rate", "denominator")},
       false,
       {"presence.minutes_due"}},
      {"statistics counts certificates",
       {indicator("certification-rate-presented", "denominator")},
       false,
       {"certificates.total"}},
      {"statistics counts full titles",
       {indicator("certification-rate-presented", "numerator")},
       false,
       {"certificates.full"}},
      {"statistics counts contracts",
       {indicator("contract-break-rate", "denominator")},
       false,
       {"contracts.signed"}},
      {"statistics counts seats",
       {indicator("fill-rate-opened", "denominator")},
       false,
       {"seats.capacity"}},
  };
}

std::vector<Sum> SumsOfAgreement(const std::string& funder) {
  const auto of = [&funder](const char* figure) {
    return absl::StrCat("agreements.", funder, ".", figure);
  };
  return {
      {funder + ": the ceiling is never exceeded",
       {of("reserved_cents"), of("earned_cents")},
       true,
       {of("ceiling_cents")}},
      {funder + ": earned is the journal's",
       {of("earned_cents")},
       false,
       {of("journal_earned_cents")}},
      {funder + ": reserved is the journal's",
       {of("reserved_cents")},
       false,
       {of("journal_reserved_cents")}},
      {funder + ": earned is the half-days'", {of("earned_cents")}, false, {of("earnings_cents")}},
      {funder + ": no more is invoiced than earned",
       {of("invoiced_cents")},
       true,
       {of("earned_cents")}},
  };
}

int64_t Total(const Figures& figures, const std::vector<std::string>& names) {
  int64_t total = 0;
  for (const std::string& name : names) total += figures.At(name);
  return total;
}

std::string Side(const Figures& figures, const std::vector<std::string>& names) {
  return absl::StrJoin(names, " + ", [&](std::string* out, const std::string& name) {
    absl::StrAppend(out, name, " ", figures.At(name));
  });
}

}  // namespace

std::vector<std::string> BrokenSums(const v1::Story& story, const Figures& figures) {
  std::vector<Sum> sums = SumsWithin();
  for (Sum& sum : SumsBetween()) sums.push_back(std::move(sum));
  for (const v1::FundingShare& share : story.funding())
    for (Sum& sum : SumsOfAgreement(share.id())) sums.push_back(std::move(sum));
  sums.push_back({"the funder's balance has the invoice",
                  {absl::StrCat("agreements.", story.billing().funder_id(), ".invoiced_cents")},
                  false,
                  {"invoice.total_cents"}});
  std::vector<std::string> broken;
  for (const Sum& sum : sums) {
    const int64_t left = Total(figures, sum.left), right = Total(figures, sum.right);
    if (sum.at_most ? left <= right : left == right) continue;
    broken.push_back(absl::StrCat(sum.what, ": ", Side(figures, sum.left),
                                  sum.at_most ? " is more than " : " is not ",
                                  Side(figures, sum.right)));
  }
  return broken;
}

}  // namespace vivier::demo
