// What all schools of a node count together, kept by the transaction that accepts a submission, so
// that a query reads one row however many schools there are. Stateless besides its tables, hence
// thread-safe.
//
//   siteYears   what counts of one school and year
//   totals      their sum by scope and year: a dense vector over the dictionary (layout.h), how
//               many schools it adds up, and how many of them count something in each table
//
// The scope "" is the whole node and has every school. A school may stand in one more, which the
// parts above tell by a hook: its region. Scopes of regions add up to the node.
#pragma once

#include <string>
#include <vector>

#include "services/statistics/cells/tables.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/facts.pb.h"
#include "vivier/statistics/v1/totals.pb.h"

namespace vivier::statistics {

class Totals {
 public:
  // Puts its rpcs and invariants into the service.
  void AddTo(rpc::Service& service);

  // Counts these years of the school in place of what counted of it; none ends it.
  absl::Status Replace(rpc::Call& call, const std::string& site, const ByYear& years);
  // Counts what counts of the school anew: its scope is another.
  absl::Status Rescope(rpc::Call& call, const std::string& site);

  // The total of a scope and year, one row; an empty one where no school counts.
  absl::StatusOr<v1::Total> In(rpc::Call& call, int year, const std::string& scope = "");
  // What counts of one school.
  absl::StatusOr<ByYear> Of(rpc::Call& call, const std::string& site);

  // Asks for the scope of a school, which the second argument takes; it stays "" where nobody knows
  // one. Small letters, digits and hyphens.
  rpc::Hook<const std::string&, std::string&> scope_of;

 private:
  absl::StatusOr<v1::ComputeTotalResponse> ComputeTotal(rpc::Call& call,
                                                        const v1::ComputeTotalRequest& request);
  absl::StatusOr<std::vector<v1::SiteYear>> RowsOf(rpc::Call& call, const std::string& site);
  absl::Status StoreYears(rpc::Call& call, std::vector<v1::SiteYear> before,
                          std::vector<v1::SiteYear>& after);

  storage::Table<v1::SiteYear> site_years_;
  storage::Table<v1::Total> totals_;
};

// The cells of a total that are not 0.
Counts Read(const v1::Total& total);

// Adds what counts of a school in one year to a total, or takes it away.
enum class Count { kAdd = 1, kTakeAway = -1 };
absl::Status Add(const v1::SiteYear& row, Count count, v1::Total& total);

}  // namespace vivier::statistics
