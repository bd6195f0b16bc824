#include "services/enrolment/links/links.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/links/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/role_assignment.h"
#include "shared/security/secret.h"
#include "shared/security/tokens/token.h"
#include "shared/service/rights.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::AccessLink;

void Links::AddTo(rpc::Service& service) {
  service.Standard(links_)
      .On(*this, &Links::CreateAccessLink)
      .On(*this, &Links::RedeemAccessLink)
      .On(*this, &Links::DeleteAccessLink)
      .Tick(*this, &Links::ExpireAccessLink, links_, "expire_time");
}

absl::StatusOr<v1::CreateAccessLinkResponse> Links::CreateAccessLink(
    Call& call, const v1::CreateAccessLinkRequest& request) {
  AccessLink link = request.access_link();
  RETURN_IF_ERROR(CheckAccessLink(call.school(), link));
  if (!MayGive(call.caller(), call.school(), link)) return NotAllowed(link.resource());
  ASSIGN_OR_RETURN(std::string candidate, PersonOf(call, link));
  if (!link.candidate().empty() && link.candidate() != candidate)
    return InvalidField("access_link.candidate", "is not the person of access_link.resource");
  link.set_name(absl::StrCat(request.parent(), "/accessLinks/", request.access_link_id()));
  link.set_candidate(candidate);
  const absl::Time end = call.time() + LinkLife(link.purpose());
  *link.mutable_create_time() = ToTimestamp(call.time());
  *link.mutable_expire_time() = ToTimestamp(end);
  RETURN_IF_ERROR(links_.Insert(call, link));
  v1::CreateAccessLinkResponse response;
  response.set_candidate(candidate);
  response.set_secret(security::NewSecret());
  RETURN_IF_ERROR(rpc::GiveRights(call, rpc::SecretName(link.name()),
                                  security::PrincipalOf(response.secret()),
                                  {security::RoleUntil("secret:link", end)}));
  *response.mutable_access_link() = std::move(link);
  return response;
}

absl::StatusOr<std::string> Links::PersonOf(Call& call, const AccessLink& link) {
  if (link.purpose() == AccessLink::ANSWER_OFFER) {
    ASSIGN_OR_RETURN(v1::Application application,
                     selection_.applications().Get(call, link.resource()));
    return application.candidate();
  }
  if (link.purpose() == AccessLink::SIGN_PRESENCE) {
    ASSIGN_OR_RETURN(v1::PresenceEntry entry, presence_.entries().Get(call, link.resource()));
    ASSIGN_OR_RETURN(v1::Learner learner, learners_.rows().Get(call, entry.learner()));
    return learner.candidate();
  }
  const bool applies = link.purpose() == AccessLink::APPLY;
  if (applies) RETURN_IF_ERROR(cohorts_.rows().Get(call, link.resource()).status());
  if (applies && link.candidate().empty())
    return InvalidField("access_link.candidate", "is required to apply");
  ASSIGN_OR_RETURN(v1::Candidate candidate,
                   people_.candidates().Get(call, applies ? link.candidate() : link.resource()));
  return candidate.name();
}

// Who shows the secret is called by the link's name (rpc::Entitled). The secret's own right stays
// until the link is gone, so that a retry, whose answer was lost, still comes as far as that
// answer.
absl::StatusOr<v1::RedeemAccessLinkResponse> Links::RedeemAccessLink(
    Call& call, const v1::RedeemAccessLinkRequest&) {
  ASSIGN_OR_RETURN(std::optional<AccessLink> link, links_.Find(call, call.caller().subject));
  if (!link.has_value() || link->has_redeem_time()) return security::TokenRefused();
  const absl::Time end = call.time() + SessionLife(link->purpose());
  *link->mutable_redeem_time() = ToTimestamp(call.time());
  *link->mutable_expire_time() = ToTimestamp(end);
  RETURN_IF_ERROR(links_.Update(call, *link));
  v1::RedeemAccessLinkResponse response;
  response.set_token(security::NewSecret());
  *response.mutable_expire_time() = link->expire_time();
  response.set_purpose(link->purpose());
  response.set_resource(link->resource());
  response.set_candidate(link->candidate());
  // The session has its rights by the link's own name, the secret by another.
  RETURN_IF_ERROR(rpc::GiveRights(call, link->name(), security::PrincipalOf(response.token()),
                                  SessionRoles(*link, end)));
  return response;
}

absl::StatusOr<google::protobuf::Empty> Links::DeleteAccessLink(
    Call& call, const v1::DeleteAccessLinkRequest& request) {
  ASSIGN_OR_RETURN(AccessLink link, links_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(Forget(call, link));
  return google::protobuf::Empty();
}

absl::Status Links::ExpireAccessLink(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(AccessLink link, links_.Get(call, name));
  return ToTime(link.expire_time()) > call.time() ? absl::OkStatus() : Forget(call, link);
}

absl::Status Links::Forget(Call& call, const AccessLink& link) {
  RETURN_IF_ERROR(links_.Delete(call, link.name()));
  RETURN_IF_ERROR(rpc::EndRights(call, rpc::SecretName(link.name())));
  return link.has_redeem_time() ? rpc::EndRights(call, link.name()) : absl::OkStatus();
}

absl::Status Links::ForgetPerson(Call& call, const v1::PersonErased& event) {
  // Nothing limits how many links somebody makes for a person; all of them end with the person.
  std::vector<AccessLink> links, page;
  do {
    ASSIGN_OR_RETURN(
        page,
        links_.FirstOf(call, storage::kSelectRowsMax, "candidate = $2 AND name > $3 ORDER BY name",
                       {event.candidate(), links.empty() ? "" : links.back().name()}));
    links.insert(links.end(), page.begin(), page.end());
  } while (!page.empty());
  for (const AccessLink& link : links) RETURN_IF_ERROR(Forget(call, link));
  return absl::OkStatus();
}

absl::Status Links::CheckApplicant(Call& call, const std::string& candidate) {
  const std::string& caller = call.caller().subject;
  if (!absl::StartsWith(caller, absl::StrCat("schools/", call.school(), "/accessLinks/")))
    return absl::OkStatus();
  ASSIGN_OR_RETURN(std::optional<AccessLink> link, links_.Find(call, caller));
  return link.has_value() && link->candidate() == candidate ? absl::OkStatus()
                                                            : NotAllowed(candidate);
}

}  // namespace vivier::enrolment
