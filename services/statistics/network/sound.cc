#include "services/statistics/network/sound.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/for_each.h"
#include "services/statistics/network/submission.h"
#include "shared/base/resource_name.h"

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

}  // namespace vivier::statistics
