#include <algorithm>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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

std::vector<std::string> IssuersOf(const config::v1::Config& config) {
  std::vector<std::string> issuers;
  for (const config::v1::Issuer& issuer : config.issuers()) issuers.push_back(issuer.issuer());
  return issuers;
}

// A slip would make somebody director who never comes, and who comes would stay shut out.
absl::Status CheckSubject(const std::string& subject, const config::v1::Config& config) {
  const std::vector<std::string> issuers = IssuersOf(config);
  const std::string issuer = subject.substr(0, subject.find('#'));
  const std::string trusted =
      issuers.empty() ? "; the configuration names no issuer yet (docs/identity.md)"
                      : absl::StrCat("; the configuration trusts ", absl::StrJoin(issuers, ", "));
  if (issuer.size() + 1 >= subject.size() || issuer.empty())
    return cli::Misuse(absl::StrCat("SUBJECT is \"", subject,
                                    "\", and is to be ISSUER#SUBJECT: who vouches, and by what "
                                    "name",
                                    trusted));
  if (issuers.empty() || std::count(issuers.begin(), issuers.end(), issuer) > 0)
    return absl::OkStatus();
  return cli::Misuse(absl::StrCat("nobody trusts the issuer \"", issuer, "\"", trusted));
}

absl::Status Grant(const Line& line, Modules modules) {
  const std::string subject = line.Argument(0);
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  RETURN_IF_ERROR(CheckSubject(subject, settings.config));
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  for (const std::string& school : settings.config.schools()) {
    ASSIGN_OR_RETURN(Membership made,
                     session->AskAsOperator<Membership>("access", RequestFor(school, subject)));
    std::cout << made.name() << ": " << subject << " is director of schools/" << school << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> GrantAdmin(const Line& line, Modules modules) {
  RETURN_IF_ERROR(Grant(line, std::move(modules)));
  return 0;
}

}  // namespace vivier::command
