#include "services/funding/view/own_earnings.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/service/list_page.h"

namespace vivier::funding {

using rpc::Call;

namespace {

// Invoices that one page looks into: each is a statement.
constexpr int kInvoicesMax = 100;

}  // namespace

// A page that is being filled, and where the next one begins.
class OwnEarnings::Page {
 public:
  Page(Call& call, const std::string& funder, const v1::ListEarningsRequest& request)
      : funder(funder),
        request(request),
        key_(call.unit().transaction().school_key()),
        size_(rpc::PageSizeOf(request.page_size())),
        query_(ChainHash("", {"earnings of a funder", funder, request.filter()})) {}

  // Where this page begins, by its token: "INVOICE EARNING", or EARNING before the first invoice.
  absl::StatusOr<Place> Begin() const {
    ASSIGN_OR_RETURN(const std::string after,
                     storage::ReadPageToken(key_, request.page_token(), request.parent(), query_));
    const std::vector<std::string> parts = absl::StrSplit(after, absl::MaxSplits(' ', 1));
    return parts.size() == 1 ? Place{"", after} : Place{parts[0], parts[1]};
  }

  int room() const { return size_ - response_.earnings_size(); }

  void Add(const std::string& invoice, v1::Earning& earning) {
    last_ = {invoice, earning.name()};
    *response_.add_earnings() = std::move(earning);
  }

  void Skip(const std::string& invoice) { last_ = {invoice, ""}; }

  v1::ListEarningsResponse End(bool more) {
    if (more)
      response_.set_next_page_token(storage::PageTokenAfter(
          key_,
          last_.invoice.empty() ? last_.earning : absl::StrCat(last_.invoice, " ", last_.earning),
          query_));
    return std::move(response_);
  }

  const std::string& funder;
  const v1::ListEarningsRequest& request;

 private:
  const security::SchoolKey* const key_;
  const int size_;
  const std::string query_;
  Place last_;
  v1::ListEarningsResponse response_;
};

absl::StatusOr<bool> OwnEarnings::AddAt(Call& call, const Place& place, Page& page) const {
  const bool waits = place.invoice.empty();
  std::vector<storage::Value> parameters = {waits ? page.funder : place.invoice, place.earning};
  ASSIGN_OR_RETURN(const std::string shown,
                   rpc::Filtered(earnings_.rows().schema(),
                                 waits ? "funder = $2 AND invoice = '' AND name > $3"
                                       : "invoice = $2 AND invoice <> '' AND name > $3",
                                 page.request.filter(), parameters));
  const int room = page.room();
  ASSIGN_OR_RETURN(std::vector<v1::Earning> found,
                   earnings_.rows().FirstOf(call, room + 1, shown + " ORDER BY name", parameters));
  const bool more = found.size() > static_cast<size_t>(room);
  if (more) found.pop_back();
  for (v1::Earning& earning : found) page.Add(place.invoice, earning);
  return more;
}

absl::StatusOr<v1::ListEarningsResponse> OwnEarnings::List(
    Call& call, const std::string& funder, const v1::ListEarningsRequest& request) const {
  RETURN_IF_ERROR(rpc::InItsOwnOrder(request));
  Page page(call, funder, request);
  ASSIGN_OR_RETURN(const Place begin, page.Begin());
  ASSIGN_OR_RETURN(bool more, AddAt(call, begin, page));
  if (more) return page.End(true);
  ASSIGN_OR_RETURN(
      std::vector<v1::Invoice> invoices,
      invoices_.rows().FirstOf(call, kInvoicesMax + 1,
                               "funder = $2 AND state <> 'DRAFT' AND name > $3 ORDER BY name",
                               {funder, begin.invoice}));
  const bool beyond = invoices.size() > kInvoicesMax;
  if (beyond) invoices.pop_back();
  for (const v1::Invoice& invoice : invoices) {
    // A full page ends before this invoice, which has lines.
    if (page.room() == 0) return page.End(true);
    page.Skip(invoice.name());
    ASSIGN_OR_RETURN(more, AddAt(call, {invoice.name(), ""}, page));
    if (more) return page.End(true);
  }
  return page.End(beyond);
}

}  // namespace vivier::funding
