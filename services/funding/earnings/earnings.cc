#include "services/funding/earnings/earnings.h"

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"

namespace vivier::funding {
namespace {

using rpc::Call;

// I5; row by row it is ledger.h's CheckEarnings, and what they sum to.
std::string NotEarnedOnce() {
  return absl::StrCat(
      "SELECT MIN(name), 'not earned exactly once' FROM earnings WHERE school = $1 "
      "GROUP BY presence_entry, share HAVING SUM(1 - 2 * reversal) NOT IN (0, 1) "
      "UNION ALL SELECT name, 'parts do not make the price' FROM earnings "
      "WHERE school = $1 AND earned_cents + own_cents <> price_cents "
      "UNION ALL SELECT b.name, 'earned is not the sum of the earnings' FROM ",
      kEarnedOfBalances,
      " b LEFT JOIN (SELECT funding_agreement, SUM(earned_cents) AS cents FROM earnings "
      "WHERE school = $1 GROUP BY funding_agreement) e "
      "ON b.name = e.funding_agreement || '/balance' "
      "WHERE b.earned_cents <> COALESCE(e.cents, 0) "
      "UNION ALL SELECT p.presence_entry, 'delivered and not earned' FROM presence_postings p "
      "WHERE p.school = $1 AND p.minutes > 0 AND NOT EXISTS (SELECT 1 FROM earnings e "
      "WHERE e.school = p.school AND e.presence_entry = p.presence_entry AND e.reversal = 0) "
      "UNION ALL SELECT MIN(e.name), 'earned and not delivered' FROM earnings e "
      "LEFT JOIN presence_postings p ON p.school = e.school "
      "AND p.presence_entry = e.presence_entry AND p.minutes > 0 "
      "WHERE e.school = $1 AND p.name IS NULL GROUP BY e.presence_entry "
      "HAVING SUM(1 - 2 * e.reversal) > 0");
}

}  // namespace

void Earnings::AddTo(rpc::Service& service) {
  service.Standard(earnings_)
      .Standard(findings_)
      .Keeps(postings_)
      .React(*this, &Earnings::OnAttendanceSheetSealed)
      .Follows("I5", "earnings: name, earned_cents, own_cents, price_cents", NotEarnedOnce());
}

absl::StatusOr<std::vector<v1::Earning>> Earnings::Waiting(Call& call, const std::string& agreement,
                                                           const google::type::Date& until,
                                                           int count) {
  return earnings_.FirstOf(call, count,
                           "funding_agreement = $2 AND invoice = '' AND earned_cents <> 0 AND "
                           "date <= $3 ORDER BY date, name",
                           {agreement, DateText(until)});
}

absl::Status Earnings::PutOnInvoice(Call& call, const std::string& invoice, v1::Earning& earning) {
  earning.set_invoice(invoice);
  return earnings_.Update(call, earning);
}

}  // namespace vivier::funding
