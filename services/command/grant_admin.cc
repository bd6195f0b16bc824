#include <iostream>

#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/access/v1/access.pb.h"

namespace vivier::command {
namespace {

using access::v1::CreateMembershipRequest;
using access::v1::Membership;

// Named after the principal, so that it meets no membership that people named.
CreateMembershipRequest RequestFor(const std::string& school, const std::string& subject) {
  CreateMembershipRequest request;
  request.set_parent("schools/" + school);
  request.set_membership_id("admin-" + Hex(Sha256(subject)).substr(0, 16));
  request.mutable_membership()->set_subject(subject);
  request.mutable_membership()->add_roles()->set_role("school_director");
  request.set_request_id(TimeOrderedUuid());
  return request;
}

absl::Status Grant(const std::string& subject, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings());
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  for (const std::string& school : settings.config.schools()) {
    ASSIGN_OR_RETURN(Membership made,
                     session->AskAsOperator<Membership>("access", RequestFor(school, subject)));
    std::cout << made.name() << ": " << subject << " is director of schools/" << school << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

int GrantAdmin(const Arguments& arguments, Modules modules) {
  if (arguments.size() != 1)
    return Refuse(InvalidField("subject", "give one principal, ISSUER#SUBJECT"));
  const absl::Status status = Grant(arguments[0], std::move(modules));
  return status.ok() ? 0 : Refuse(status);
}

}  // namespace vivier::command
