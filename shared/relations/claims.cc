#include "shared/relations/claims.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "shared/base/hash.h"
#include "shared/relations/sum.h"

namespace vivier::relations {
namespace {

using rpc::Breaches;
using rpc::Claims;

// What one service claims of a kind.
struct Said {
  bool partial = false;
  Claims claims;

  bool summed() const { return !claims.empty() && absl::StartsWith(claims.begin()->first, "#"); }
};
using ByService = std::map<std::string, Said>;

Claims SumUp(const Claims& claims) {
  std::map<std::string, Sum> sums;
  for (const auto& [subject, value] : claims)
    sums[absl::StrCat("#", Hex(Sha256(subject).substr(0, 1)))].Add(
        absl::StrCat(subject, "\n", value));
  return ToClaims(sums);
}

// In what the claims of one subject, by service, differ, "" where they do not. `all` are those who
// know every subject.
std::string Disagreement(const std::set<std::string>& all, const Claims& said) {
  const auto& [first, value] = *said.begin();
  if (said.size() == 1 && all.size() > 1 && all.count(first) > 0)
    return absl::StrCat("only ", first, " knows it, as ", value);
  for (const std::string& service : all)
    if (said.count(service) == 0)
      return absl::StrCat(service, " does not know it, ", first, " says ", value);
  for (const auto& [service, other] : said)
    if (other != value) return absl::StrCat(first, " says ", value, ", ", service, " says ", other);
  return "";
}

void CompareKind(const std::string& kind, const ByService& services, Breaches& breaches) {
  std::set<std::string> all;
  std::map<std::string, Claims> by_subject;  // each by service
  for (const auto& [service, said] : services) {
    if (!said.partial) all.insert(service);
    for (const auto& [subject, value] : said.claims) by_subject[subject][service] = value;
  }
  for (const auto& [subject, said] : by_subject) {
    ++breaches.checked;
    if (const std::string wrong = Disagreement(all, said); !wrong.empty())
      breaches.Add(absl::StartsWith(subject, "#") ? absl::StrCat(kind, "/", subject) : subject,
                   wrong);
  }
}

// Where one sums up, all do.
void SumUpAlike(ByService& services) {
  bool summed = false;
  for (const auto& [service, said] : services) summed = summed || said.summed();
  if (!summed) return;
  std::erase_if(services, [](const auto& entry) { return entry.second.partial; });
  for (auto& [service, said] : services)
    if (!said.summed()) said.claims = SumUp(said.claims);
}

}  // namespace

void AddClaims(const rpc::Claiming& claiming, const Claims& claims, const std::string& service,
               Detail detail, site::v1::VerifyInvariantsResponse& response) {
  const auto add = [&](const std::string& subject, const std::string& value) {
    site::v1::Claim& claim = *response.add_claims();
    claim.set_invariant(claiming.invariant);
    claim.set_kind(claiming.kind);
    claim.set_partial(claiming.knows == rpc::Knows::kSome);
    claim.set_service(service);
    claim.set_subject(subject);
    claim.set_value(value);
  };
  add("", "");  // so that a service that knows of nothing is still compared
  const bool sums = detail == Detail::kFitsAnAnswer && claims.size() > kClaimsMax;
  for (const auto& [subject, value] : sums ? SumUp(claims) : claims) add(subject, value);
}

std::map<std::string, Breaches> Compare(
    const google::protobuf::RepeatedPtrField<site::v1::Claim>& claims) {
  std::map<std::pair<std::string, std::string>, ByService> kinds;  // by invariant and kind
  for (const site::v1::Claim& claim : claims) {
    Said& said = kinds[{claim.invariant(), claim.kind()}][claim.service()];
    said.partial = claim.partial();
    if (!claim.subject().empty()) said.claims[claim.subject()] = claim.value();
  }
  std::map<std::string, Breaches> compared;
  for (auto& [invariant_and_kind, services] : kinds) {
    SumUpAlike(services);
    CompareKind(invariant_and_kind.second, services, compared[invariant_and_kind.first]);
  }
  return compared;
}

}  // namespace vivier::relations
