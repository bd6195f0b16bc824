#include "services/statistics/network/sound.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/for_each.h"
#include "services/statistics/network/signatures.h"
#include "services/statistics/network/submission.h"
#include "services/statistics/network/totals.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/statistics/v1/totals.pb.h"

namespace vivier::statistics {

using rpc::Breaches;
using storage::Transaction;

absl::StatusOr<Breaches> CheckSubmissions(Transaction& transaction) {
  std::map<std::string, ByYear> sites;
  RETURN_IF_ERROR(ForEach<v1::SiteYear>(transaction, "siteYears", [&](const v1::SiteYear& row) {
    sites[row.site()][row.year()] = Read(row);
  }));
  Breaches breaches;
  RETURN_IF_ERROR(
      ForEach<v1::Submission>(transaction, "submissions", [&](const v1::Submission& submission) {
        ++breaches.checked;
        if (!IsSigned(submission)) breaches.Add(submission.name(), "bears a wrong signature");
        const YearCells cells = ToCells(std::exchange(sites[IdInSchool(submission.name())], {}));
        if (ContentHash(cells) != submission.content_hash() ||
            cells.size() != submission.cell_count())
          breaches.Add(submission.name(),
                       "the figures that count are not those that were accepted");
      }));
  for (const auto& [site, years] : sites)
    if (!years.empty())
      breaches.Add(absl::StrCat("schools/", transaction.school(), "/siteYears/", site),
                   "counts for a school without an accepted submission");
  return breaches;
}

absl::StatusOr<Breaches> CheckTotals(Transaction& transaction) {
  std::map<std::string, v1::Total> counted;  // by the id of a total
  absl::Status added;
  RETURN_IF_ERROR(ForEach<v1::SiteYear>(transaction, "siteYears", [&](const v1::SiteYear& row) {
    for (const std::string& scope : std::set<std::string>{"", row.scope()}) {
      v1::Total& total = counted[absl::StrCat(scope.empty() ? "all" : scope, ".", row.year())];
      total.set_scope(scope);
      total.set_year(row.year());
      added.Update(Add(row, Count::kAdd, total));
    }
  }));
  RETURN_IF_ERROR(added);
  Breaches breaches;
  RETURN_IF_ERROR(ForEach<v1::Total>(transaction, "totals", [&](const v1::Total& total) {
    ++breaches.checked;
    v1::Total recount = std::exchange(counted[IdInSchool(total.name())], {});
    recount.set_name(total.name());
    recount.set_etag(total.etag());
    if (recount.SerializeAsString() != total.SerializeAsString())
      breaches.Add(total.name(), "is not the sum of what counts of the schools");
  }));
  for (const auto& [id, total] : counted)
    if (total.schools() > 0)
      breaches.Add(absl::StrCat("schools/", transaction.school(), "/totals/", id),
                   "is missing, and schools count in it");
  return breaches;
}

}  // namespace vivier::statistics
