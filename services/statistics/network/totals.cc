#include "services/statistics/network/totals.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/find_or_make.h"
#include "services/statistics/cells/layout.h"
#include "services/statistics/network/sound.h"
#include "services/statistics/network/submission.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {
namespace {

using rpc::Call;

constexpr char kWholeNode[] = "all";  // the id of the scope ""

std::string TotalName(const std::string& school, const std::string& scope, int year) {
  return NameIn(school, "totals", absl::StrCat(scope.empty() ? kWholeNode : scope, ".", year));
}

// The totals that a row is part of.
std::set<std::string> ScopesOf(const v1::SiteYear& row) { return {"", row.scope()}; }

void Lay(v1::Total& total) {
  const Layout& layout = *Layout::Of(kDictionaryVersion);
  if (total.dictionary_version() != kDictionaryVersion) {
    const Layout* before = Layout::Of(total.dictionary_version());
    const Counts counts = Read(total);
    std::map<std::string, int64_t> schools;
    for (size_t i = 0; before != nullptr && i < before->tables().size(); ++i)
      schools[before->tables()[i]] = total.table_schools(static_cast<int>(i));
    total.clear_counts();
    total.clear_table_schools();
    for (size_t i = 0; i < layout.size(); ++i) {
      const auto known = counts.find(layout.at(i));
      total.add_counts(known == counts.end() ? 0 : known->second);
    }
    for (const std::string& table : layout.tables()) total.add_table_schools(schools[table]);
    total.set_dictionary_version(kDictionaryVersion);
  }
}

absl::Status Check(const v1::ComputeTotalRequest& request) {
  if (!request.site().empty() && !request.scope().empty())
    return InvalidField("site", "either a scope or a school, not both");
  for (const std::string& table : request.table_ids())
    if (FindTable(table) == nullptr) return InvalidField("table_ids", "no such table: " + table);
  return absl::OkStatus();
}

}  // namespace

Counts Read(const v1::Total& total) {
  const Layout* layout = Layout::Of(total.dictionary_version());
  return layout == nullptr ? Counts() : layout->Read(total.counts());
}

absl::Status Add(const v1::SiteYear& row, Count count, v1::Total& total) {
  Lay(total);
  const Layout& layout = *Layout::Of(kDictionaryVersion);
  const int sign = static_cast<int>(count);
  std::set<std::string> tables;
  for (const auto& [cell, value] : Read(row)) {
    const std::optional<size_t> position = layout.PositionOf(cell);
    if (!position.has_value()) return Internal("a cell is counted that is not declared");
    const int at = static_cast<int>(*position);
    total.set_counts(at, total.counts(at) + sign * value);
    if (value != 0) tables.insert(cell.table);
  }
  for (size_t i = 0; i < layout.tables().size(); ++i) {
    const int at = static_cast<int>(i);
    if (tables.count(layout.tables()[i]) > 0)
      total.set_table_schools(at, total.table_schools(at) + sign);
  }
  total.set_schools(total.schools() + sign);
  return absl::OkStatus();
}

void Totals::AddTo(rpc::Service& service) {
  service.Keeps(site_years_)
      .Keeps(totals_)
      .On(*this, &Totals::ComputeTotal)
      .Follows("I11",
               "totals: name, scope, year, dictionary_version, schools, counts, table_schools; "
               "site_years: scope, cells",
               CheckTotals);
}

absl::Status Totals::Replace(Call& call, const std::string& site, const ByYear& years) {
  ASSIGN_OR_RETURN(std::vector<v1::SiteYear> before, RowsOf(call, site));
  std::string scope;
  RETURN_IF_ERROR(scope_of.Run(call, site, scope));
  std::vector<v1::SiteYear> after;
  for (const auto& [year, counts] : years) {
    v1::SiteYear& row = after.emplace_back();
    row.set_name(NameIn(call.school(), "siteYears", absl::StrCat(site, ".", year)));
    row.set_site(site);
    row.set_year(year);
    row.set_scope(scope);
    Store(counts, row);
  }
  return StoreYears(call, std::move(before), after);
}

absl::Status Totals::Rescope(Call& call, const std::string& site) {
  ASSIGN_OR_RETURN(const ByYear years, Of(call, site));
  return Replace(call, site, years);
}

absl::StatusOr<std::vector<v1::SiteYear>> Totals::RowsOf(Call& call, const std::string& site) {
  return site_years_.Select(call, "site = $2 ORDER BY year", {site});
}

// Stores the rows that are to count and moves the totals by the difference.
absl::Status Totals::StoreYears(Call& call, std::vector<v1::SiteYear> before,
                                std::vector<v1::SiteYear>& after) {
  std::map<std::string, v1::Total> totals;
  const auto count = [&](const v1::SiteYear& row, Count sign) -> absl::Status {
    for (const std::string& scope : ScopesOf(row)) {
      const std::string name = TotalName(call.school(), scope, row.year());
      if (totals.count(name) == 0) {
        ASSIGN_OR_RETURN(totals[name], FindOrMake(call, totals_, name));
        totals[name].set_scope(scope);
        totals[name].set_year(row.year());
      }
      RETURN_IF_ERROR(Add(row, sign, totals[name]));
    }
    return absl::OkStatus();
  };
  std::map<std::string, std::string> etags;  // of the rows before, by name
  for (const v1::SiteYear& row : before) {
    RETURN_IF_ERROR(count(row, Count::kTakeAway));
    etags[row.name()] = row.etag();
  }
  for (v1::SiteYear& row : after) {
    RETURN_IF_ERROR(count(row, Count::kAdd));
    const auto known = etags.extract(row.name());
    if (!known.empty()) row.set_etag(known.mapped());
    RETURN_IF_ERROR(Put(call, site_years_, row));
  }
  for (const auto& [name, etag] : etags) RETURN_IF_ERROR(site_years_.Delete(call, name));
  for (auto& [name, total] : totals) {
    if (total.schools() > 0)
      RETURN_IF_ERROR(Put(call, totals_, total));
    else if (!total.etag().empty())
      RETURN_IF_ERROR(totals_.Delete(call, name));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Total> Totals::In(Call& call, int year, const std::string& scope) {
  return FindOrMake(call, totals_, TotalName(call.school(), scope, year));
}

absl::StatusOr<ByYear> Totals::Of(Call& call, const std::string& site) {
  ASSIGN_OR_RETURN(const std::vector<v1::SiteYear> rows, RowsOf(call, site));
  ByYear years;
  for (const v1::SiteYear& row : rows) years[row.year()] = Read(row);
  return years;
}

absl::StatusOr<v1::ComputeTotalResponse> Totals::ComputeTotal(
    Call& call, const v1::ComputeTotalRequest& request) {
  RETURN_IF_ERROR(Check(request));
  v1::ComputeTotalResponse response;
  Counts counts;
  if (request.site().empty()) {
    ASSIGN_OR_RETURN(const v1::Total total, In(call, request.year(), request.scope()));
    counts = Read(total);
    response.set_schools(total.schools());
  } else {
    const std::string id = absl::StrCat(request.site(), ".", request.year());
    ASSIGN_OR_RETURN(const std::optional<v1::SiteYear> row,
                     site_years_.Find(call, NameIn(call.school(), "siteYears", id)));
    if (row.has_value()) counts = Read(*row);
    response.set_schools(row.has_value() ? 1 : 0);
  }
  const std::set<std::string> tables(request.table_ids().begin(), request.table_ids().end());
  if (!tables.empty())
    std::erase_if(counts, [&](const auto& entry) { return tables.count(entry.first.table) == 0; });
  *response.mutable_cells() = ToCells({{request.year(), std::move(counts)}});
  return response;
}

}  // namespace vivier::statistics
