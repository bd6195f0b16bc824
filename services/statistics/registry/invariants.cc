#include "services/statistics/registry/invariants.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "vivier/statistics/v1/registry.pb.h"

namespace vivier::statistics {
namespace {

using rpc::Breaches;
using storage::Transaction;
using v1::SchoolRecord;

using Pairs = std::set<std::pair<std::string, std::string>>;  // who ended, who goes on

void Compare(const Pairs& said, const Pairs& known, const char* why, Breaches& breaches) {
  for (const auto& pair : said)
    if (!known.contains(pair)) breaches.Add(pair.first, why);
}

// Each successor names its predecessor and ends later, or not at all; a legal entity is the
// SIRET's.
absl::StatusOr<Breaches> CheckRecords(Transaction& transaction) {
  std::map<std::string, absl::CivilDay> closed;
  Pairs by_successors, by_predecessors;
  Breaches breaches;
  RETURN_IF_ERROR(relations::Each<SchoolRecord>(transaction, [&](const SchoolRecord& record) {
    ++breaches.checked;
    if (record.has_closing_date()) closed[record.name()] = ToCivil(record.closing_date());
    for (const std::string& name : record.successors()) by_successors.insert({record.name(), name});
    for (const std::string& name : record.predecessors())
      by_predecessors.insert({name, record.name()});
    if (!record.siret().empty() && record.legal_entity() != record.siret().substr(0, 9))
      breaches.Add(record.name(), "its legal entity is not that of its SIRET");
  }));
  Compare(by_successors, by_predecessors, "a school that goes on does not name it", breaches);
  Compare(by_predecessors, by_successors, "does not name a school that names it", breaches);
  for (const auto& [ended, goes_on] : by_successors) {
    auto first = closed.find(ended), second = closed.find(goes_on);
    if (first == closed.end() || (second != closed.end() && second->second <= first->second))
      breaches.Add(ended, "ended no earlier than a school that goes on in its place");
  }
  return breaches;
}

}  // namespace

void AddRegistryInvariants(rpc::Service& service) {
  service.Follows("I16", "school_records: legal_entity, successors, predecessors", &CheckRecords);
}

}  // namespace vivier::statistics
