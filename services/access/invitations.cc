#include "services/access/invitations.h"

#include "absl/strings/str_cat.h"
#include "services/access/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/security/role_assignment.h"
#include "shared/security/secret.h"
#include "shared/service/rights.h"

namespace vivier::access {

using rpc::Call;
using v1::Invitation;

void Invitations::AddTo(rpc::Service& service) {
  service.Standard(invitations_)
      .On(*this, &Invitations::CreateInvitation)
      .On(*this, &Invitations::DeleteInvitation)
      .On(*this, &Invitations::AcceptInvitation)
      .Tick(*this, &Invitations::ExpireInvitation, invitations_, "expire_time");
}

absl::StatusOr<v1::CreateInvitationResponse> Invitations::CreateInvitation(
    Call& call, const v1::CreateInvitationRequest& request) {
  Invitation invitation = request.invitation();
  RETURN_IF_ERROR(CheckRoles(call.school(), "invitation", invitation.roles()));
  RETURN_IF_ERROR(own_roles_.Resolve(call, "invitation", invitation.roles()).status());
  invitation.set_name(absl::StrCat(request.parent(), "/invitations/", request.invitation_id()));
  const absl::Time end = call.time() + kInvitationLife;
  *invitation.mutable_create_time() = ToTimestamp(call.time());
  *invitation.mutable_expire_time() = ToTimestamp(end);
  RETURN_IF_ERROR(invitations_.Insert(call, invitation));
  v1::CreateInvitationResponse response;
  response.set_name(invitation.name());
  response.set_secret(security::NewSecret());
  *response.mutable_expire_time() = invitation.expire_time();
  // A role that gives nothing: it takes an identity as well.
  RETURN_IF_ERROR(rpc::GiveRights(call, rpc::SecretName(invitation.name()),
                                  security::PrincipalOf(response.secret()),
                                  {security::RoleUntil("secret:invitation", end)}));
  return response;
}

absl::StatusOr<google::protobuf::Empty> Invitations::DeleteInvitation(
    Call& call, const v1::DeleteInvitationRequest& request) {
  ASSIGN_OR_RETURN(Invitation invitation, invitations_.Get(call, request.name(), request.etag()));
  RETURN_IF_ERROR(Forget(call, invitation));
  return google::protobuf::Empty();
}

// The caller is who their issuer says, and the secret is what they were sent: it takes both.
absl::StatusOr<v1::Membership> Invitations::AcceptInvitation(
    Call& call, const v1::AcceptInvitationRequest& request) {
  ASSIGN_OR_RETURN(
      const rpc::Rights rights,
      rpc::RightsOf(call.unit().transaction(), security::PrincipalOf(request.secret())));
  const std::string name = rpc::ResourceOfSecret(rights.membership);
  ASSIGN_OR_RETURN(std::optional<Invitation> invitation, invitations_.Find(call, name));
  if (!invitation.has_value() || ToTime(invitation->expire_time()) <= call.time())
    return NotInvited(call, request.parent());
  v1::Membership membership;
  membership.set_name(absl::StrCat(request.parent(), "/memberships/", IdOf(invitation->name())));
  membership.set_subject(call.caller().subject);
  membership.set_display_name(invitation->display_name());
  *membership.mutable_roles() = invitation->roles();
  RETURN_IF_ERROR(memberships_.Add(call, membership));
  RETURN_IF_ERROR(Forget(call, *invitation));
  return membership;
}

// Nothing is kept of a secret that was used: of their own membership alone somebody is told.
absl::Status Invitations::NotInvited(Call& call, const std::string& school) {
  ASSIGN_OR_RETURN(const std::optional<v1::Membership> own,
                   memberships_.Of(call, call.caller().subject));
  if (!own.has_value()) return NotAllowed(school);
  const std::string since =
      absl::FormatTime(absl::RFC3339_sec, ToTime(own->create_time()), absl::UTCTimeZone());
  return Error(absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS",
               absl::StrCat("you are a member of ", school, " already, since ", since,
                            "; an invitation is accepted once"),
               {{"resource", own->name()}, {"since", since}});
}

absl::Status Invitations::ExpireInvitation(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Invitation invitation, invitations_.Get(call, name));
  return ToTime(invitation.expire_time()) > call.time() ? absl::OkStatus()
                                                        : Forget(call, invitation);
}

absl::Status Invitations::Forget(Call& call, const Invitation& invitation) {
  RETURN_IF_ERROR(invitations_.Delete(call, invitation.name()));
  return rpc::EndRights(call, rpc::SecretName(invitation.name()));
}

}  // namespace vivier::access
