#include "services/enrolment/people/invariants.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/enrolment/people/retention.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/service/time_zone.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {
namespace {

using rpc::Breaches;
using storage::Transaction;
using v1::KeptProof;

// What is due is done within seconds of a running site; a site that stood still does it first.
constexpr absl::Duration kOverdue = absl::Hours(48);

using Days = std::map<std::string, absl::CivilDay>;

// Until when the proof of each erased person is kept, by the erasures.
absl::StatusOr<Days> KeptUntil(Transaction& transaction) {
  Days days;
  std::vector<std::string> over;
  RETURN_IF_ERROR(relations::EachErasure(transaction, [&](const google::protobuf::Message& event) {
    if (event.GetDescriptor() == v1::ProofErased::descriptor())
      over.push_back(static_cast<const v1::ProofErased&>(event).candidate());
    if (event.GetDescriptor() != v1::PersonErased::descriptor()) return;
    const auto& erased = static_cast<const v1::PersonErased&>(event);
    if (!erased.kept().empty()) days[erased.candidate()] = LastDayOf(erased.kept());
  }));
  for (const std::string& candidate : over) days.erase(candidate);
  return days;
}

// Whether the day starts at that time where the school lives, as was known then: a time zone may
// have been announced since.
bool Starts(const rpc::TimeZones& zones, absl::CivilDay day, absl::Time time) {
  for (auto known = zones.begin();; ++known) {
    if (rpc::StartOf({zones.begin(), known}, day) == time) return true;
    if (known == zones.end()) return false;
  }
}

std::string WrongWith(const KeptProof& proof, absl::CivilDay until, const rpc::TimeZones& zones,
                      absl::Time last_write) {
  if (IdOf(proof.name()) != IdOf(proof.candidate())) return "is named like another person";
  if (ToCivil(proof.end_date()) != until) return "ends on another day than its erasure says";
  const absl::Time end = ToTime(proof.end_time());
  if (!Starts(zones, until + 1, end)) return "is due at another time than its day ends";
  return last_write > end + kOverdue ? "its period is over, and its key is kept" : "";
}

absl::StatusOr<Breaches> CheckProofs(Transaction& transaction) {
  ASSIGN_OR_RETURN(Days due, KeptUntil(transaction));
  ASSIGN_OR_RETURN(const rpc::TimeZones zones, rpc::TimeZonesOf(transaction));
  ASSIGN_OR_RETURN(const absl::Time last_write, relations::LastWrite(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(relations::Each<KeptProof>(transaction, [&](const KeptProof& proof) {
    ++breaches.checked;
    const auto until = due.find(proof.candidate());
    if (until == due.end()) return breaches.Add(proof.name(), "is kept by no erasure");
    const std::string wrong = WrongWith(proof, until->second, zones, last_write);
    if (!wrong.empty()) breaches.Add(proof.name(), wrong);
    due.erase(until);
  }));
  for (const auto& [candidate, day] : due)
    breaches.Add(candidate, "is erased, and nothing ends the proof that is kept");
  return breaches;
}

}  // namespace

void AddProofInvariants(rpc::Service& service) {
  service.Follows("I16", "kept_proofs: name, candidate, end_date, end_time", &CheckProofs);
}

}  // namespace vivier::enrolment
