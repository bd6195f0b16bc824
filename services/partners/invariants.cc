#include "services/partners/invariants.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/relations.h"
#include "vivier/partners/v1/contracts.pb.h"
#include "vivier/partners/v1/events.pb.h"

namespace vivier::partners {
namespace {

using log::v1::LoggedEvent;
using relations::Each;
using relations::EachEvent;
using relations::IdSql;
using relations::If;
using relations::ParentSql;
using relations::Unlike;
using rpc::Breaches;
using rpc::Claims;
using rpc::Knows;
using storage::Transaction;
using v1::Contract;
using v1::ContractBroken;
using v1::ContractSigned;

// The names of what was done by an rpc.
std::string Done(const std::string& method) {
  return absl::StrCat(
      "SELECT resource AS name FROM audit_records WHERE school = $1 AND "
      "request_id <> '' AND method = 'vivier.partners.v1.",
      method, "'");
}

std::string OffersBroken() {
  return absl::StrCat(
      "SELECT COALESCE(o.name, c.name), 'its positions are not those that are counted' FROM "
      "(SELECT name, replace(name, '/jobOffers/', '/positionCounts/') AS count FROM job_offers "
      "WHERE school = $1 UNION SELECT replace(name, '/positionCounts/', '/jobOffers/'), name "
      "FROM position_counts WHERE school = $1) AS both_names "
      "LEFT JOIN job_offers o ON o.school = $1 AND o.name = both_names.name "
      "LEFT JOIN position_counts c ON c.school = $1 AND c.name = both_names.count "
      "LEFT JOIN (SELECT job_offer, COUNT(*) AS taken FROM hirings WHERE school = $1 AND "
      "state IN ('ACCEPTED', 'COMPLETED') GROUP BY job_offer) AS h ON h.job_offer = "
      "both_names.name "
      "WHERE o.positions IS DISTINCT FROM c.positions OR o.name IS NULL OR "
      "c.taken IS DISTINCT FROM COALESCE(h.taken, 0) UNION ALL "
      "SELECT o.name, 'its state is not what was done to it' FROM job_offers o "
      "LEFT JOIN position_counts c ON c.school = o.school "
      "AND c.name = replace(o.name, '/jobOffers/', '/positionCounts/') "
      "LEFT JOIN (SELECT DISTINCT subject AS name FROM events WHERE school = $1 AND "
      "type = 'vivier.partners.v1.JobOfferPublished') AS published ON published.name = o.name "
      "LEFT JOIN (",
      Done("JobOfferService.CloseJobOffer"),
      ") AS closed ON closed.name = o.name WHERE o.school = $1 AND o.state <> "
      "CASE WHEN closed.name IS NOT NULL THEN 'CLOSED' WHEN published.name IS NULL THEN 'DRAFT' "
      "WHEN c.taken = c.positions THEN 'FILLED' ELSE 'PUBLISHED' END");
}

std::string LearnersBroken() {
  return absl::StrCat(
      "SELECT p.name, 'is not named after its learner, or hired without a hiring' "
      "FROM learners_put_forward p LEFT JOIN (SELECT DISTINCT learner FROM hirings "
      "WHERE school = $1 AND state IN ('ACCEPTED', 'COMPLETED')) AS h ON h.learner = p.learner "
      "WHERE p.school = $1 AND (p.cohort <> ",
      ParentSql("p.learner"), " OR ", IdSql("p.name"), " <> ", IdSql("p.cohort"), " || '.' || ",
      IdSql("p.learner"), " OR (p.state = 'HIRED') <> (h.learner IS NOT NULL))");
}

std::string HiringsBroken() {
  return absl::StrCat(
      "SELECT h.name, 'is of nobody who was put forward' FROM hirings h "
      "LEFT JOIN learners_put_forward p ON p.school = h.school AND p.learner = h.learner "
      "WHERE h.school = $1 AND (p.name IS NULL OR p.cohort <> h.cohort) UNION ALL "
      "SELECT name, 'was never accepted' FROM (SELECT name FROM hirings WHERE school = $1 AND "
      "state IN ('ACCEPTED', 'BROKEN', 'COMPLETED') EXCEPT ",
      Done("HiringService.AcceptHiring"),
      ") AS unaccepted UNION ALL SELECT name, 'was answered' FROM (SELECT name FROM hirings "
      "WHERE school = $1 AND state IN ('PROPOSED', 'WITHDRAWN') INTERSECT SELECT name FROM (",
      Done("HiringService.AcceptHiring"), " UNION ", Done("HiringService.DeclineHiring"),
      ") AS answers) AS answered UNION ALL ",
      Unlike("SELECT name FROM hirings WHERE school = $1 AND state = 'DECLINED'",
             Done("HiringService.DeclineHiring"), "declined is not what was answered"),
      " UNION ALL ",
      Unlike("SELECT name, state FROM hirings WHERE school = $1 AND state IN "
             "('BROKEN', 'COMPLETED')",
             "SELECT hiring AS name, state FROM contracts WHERE school = $1 AND state IN "
             "('BROKEN', 'COMPLETED')",
             "did not end as its contract"));
}

std::string ContractsBroken() {
  return absl::StrCat(
      Unlike("SELECT name FROM contracts WHERE school = $1 AND state <> 'DRAFT'",
             Done("ContractService.SignContract"), "signed is not what was done"),
      " UNION ALL ",
      Unlike("SELECT name FROM contracts WHERE school = $1 AND state = 'BROKEN'",
             Done("ContractService.BreakContract"), "broken is not what was done"),
      " UNION ALL ",
      Unlike("SELECT name FROM contracts WHERE school = $1 AND file_receipt_date IS NOT NULL",
             absl::StrCat("SELECT DISTINCT name FROM (", Done("ContractService.RecordFileReceipt"),
                          ") AS receipts"),
             "its file was received, or was not"),
      " UNION ALL SELECT name, 'its term or its break does not go with its state' FROM contracts "
      "WHERE school = $1 AND ((state = 'BROKEN') <> (broken_date IS NOT NULL) OR "
      "(state = 'SIGNED' AND end_date IS NOT NULL) <> (term_time IS NOT NULL))");
}

struct Told {
  std::map<std::string, ContractSigned> contracts;
  std::map<std::string, ContractBroken> breaks;
};

absl::StatusOr<Told> ContractsIn(Transaction& transaction) {
  Told told;
  RETURN_IF_ERROR(EachEvent<ContractSigned>(
      transaction, [&told](const auto& event) { told.contracts[event.contract()] = event; }));
  RETURN_IF_ERROR(EachEvent<ContractBroken>(
      transaction, [&told](const auto& event) { told.breaks[event.contract()] = event; }));
  return told;
}

bool IsSame(bool has, const google::type::Date& one, bool other_has,
            const google::type::Date& other) {
  return has == other_has && (!has || ToCivil(one) == ToCivil(other));
}

bool IsAsTold(const Contract& contract, const Told& told) {
  const auto event = told.contracts.find(contract.name());
  if (event == told.contracts.end()) return false;
  const ContractSigned& told_signed = event->second;
  const auto broken = told.breaks.find(contract.name());
  const bool is_broken = broken != told.breaks.end();
  return contract.learner() == told_signed.learner() && contract.cohort() == told_signed.cohort() &&
         contract.company() == told_signed.company() && contract.kind() == told_signed.kind() &&
         ToCivil(contract.start_date()) == ToCivil(told_signed.start_date()) &&
         IsSame(contract.has_end_date(), contract.end_date(), told_signed.has_end_date(),
                told_signed.end_date()) &&
         IsSame(contract.has_broken_date(), contract.broken_date(), is_broken,
                is_broken ? broken->second.date() : google::type::Date());
}

// A signed contract never changes.
absl::StatusOr<Breaches> CheckContracts(Transaction& transaction) {
  ASSIGN_OR_RETURN(Told told, ContractsIn(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(Each<Contract>(transaction, [&](const Contract& contract) {
    if (contract.state() == Contract::DRAFT) return;
    ++breaches.checked;
    if (!IsAsTold(contract, told)) breaches.Add(contract.name(), "is not what was signed");
    told.contracts.erase(contract.name());
  }));
  for (const auto& [name, event] : told.contracts) breaches.Add(name, "was signed and is gone");
  return breaches;
}

// What enrolment keeps of a learner's contracts: the end of the newest one of fixed term.
absl::StatusOr<Claims> EndsIn(Transaction& transaction) {
  Claims ends;
  RETURN_IF_ERROR(
      relations::EachLogged(transaction, [&ends](const LoggedEvent& logged) -> absl::Status {
        RETURN_IF_ERROR(If<ContractSigned>(logged, [&ends](const auto& event) {
          if (event.has_end_date()) ends[event.learner()] = DateText(event.end_date());
        }));
        return If<ContractBroken>(logged, [&ends](const auto& event) {
          if (ends.count(event.learner()) > 0) ends[event.learner()] = DateText(event.date());
        });
      }));
  return ends;
}

void AddClaims(rpc::Service& service) {
  const auto counted = [](const char* step, const char* states) {
    return absl::StrCat("SELECT 'contracts.' || ", IdSql("cohort"), " || '.", step,
                        "', CAST(COUNT(*) AS TEXT) FROM contracts WHERE school = $1 AND state ",
                        states, " GROUP BY cohort");
  };
  service
      .Claim("I17", "contracts", Knows::kAll, "contracts: name, learner",
             "SELECT name, learner FROM contracts WHERE school = $1")
      .Claim("I17", "learners", Knows::kSome, "learners_put_forward: learner",
             "SELECT learner, cohort FROM learners_put_forward WHERE school = $1")
      .Claim("I17", "learners who finished", Knows::kAll,
             "learners_put_forward: name, learner, cohort",
             "SELECT learner, cohort FROM learners_put_forward WHERE school = $1")
      .Claim("I17", "ends of contracts", Knows::kAll, "contracts: end_date, broken_date", &EndsIn)
      .Claim("I17", "counts of contracts", Knows::kAll, "",
             absl::StrCat(counted("signed", "<> 'DRAFT'"), " UNION ALL ",
                          counted("broken", "= 'BROKEN'")));
}

}  // namespace

void AddJoinedInvariants(rpc::Service& service) {
  service
      .Follows("I16", "job_offers: positions, state; position_counts: name, positions, taken",
               OffersBroken())
      .Follows("I16", "learners_put_forward: name, learner, cohort, state", LearnersBroken())
      .Follows("I16", "hirings: learner, cohort, state", HiringsBroken())
      .Follows("I16", "contracts: state, broken_date", ContractsBroken())
      .Follows("I16",
               "contracts: learner, cohort, company, kind, start_date, end_date, broken_date",
               &CheckContracts);
  AddClaims(service);
}

}  // namespace vivier::partners
