#include "shared/rpc/entry.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/rpc/shown_persons.h"
#include "shared/rpc/validate.h"
#include "shared/security/roles.h"
#include "shared/security/secret.h"
#include "shared/storage/rows/filter.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

constexpr char kNoToken[] = "TOKEN_MISSING";

// All of them are one caller: where calls wait, they take one turn together.
Entry::Token PublicToken(const std::set<std::string>& schools) {
  auto token = std::make_shared<security::VerifiedToken>();
  token->caller.subject = security::kPublic;
  token->caller.roles = {security::kPublic};
  token->caller.schools = {schools.begin(), schools.end()};
  return token;
}

bool AllowsAnywhere(const security::Caller& caller, const std::string& permission) {
  for (const std::string& school : caller.schools)
    if (security::Allows(caller, permission, school == "*" ? "" : school)) return true;
  return false;
}

// The token, "" when there is none.
absl::string_view BearerOf(const Peer& peer) {
  absl::string_view token = peer.authorization;
  const bool bearer =
      absl::ConsumePrefix(&token, "Bearer ") || absl::ConsumePrefix(&token, "bearer ");
  return bearer ? token : absl::string_view();
}

// A page token is bound to its filter, and keeps to what the narrowed list shows.
void Narrow(pb::Message& request, const std::vector<std::string>& only) {
  const pb::FieldDescriptor* filter = request.GetDescriptor()->FindFieldByName("filter");
  const pb::Reflection& reflection = *request.GetReflection();
  reflection.SetString(&request, filter,
                       storage::NarrowedTo("name", only, reflection.GetString(request, filter)));
}

}  // namespace

absl::Status Parse(absl::string_view bytes, pb::Message& request) {
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                 "the bytes are no message of this rpc");
  return absl::OkStatus();
}

int CountOnWire(absl::string_view bytes, int field) {
  pb::io::CodedInputStream wire(reinterpret_cast<const uint8_t*>(bytes.data()),
                                static_cast<int>(bytes.size()));
  int count = 0;
  while (const uint32_t tag = wire.ReadTag()) {
    count += pb::internal::WireFormatLite::GetTagFieldNumber(tag) == field;
    if (!pb::internal::WireFormatLite::SkipField(&wire, tag)) break;
  }
  return count;
}

Entry::Entry(Surroundings surroundings)
    : surroundings_(std::move(surroundings)), public_(PublicToken(surroundings_.schools)) {}

absl::StatusOr<Entry::Token> Entry::Authenticate(const Method& method, const Peer& peer) const {
  absl::StatusOr<Token> token = Authenticate(peer);
  if (token.ok() || ReasonOf(token.status()) != kNoToken) return token;
  if (security::IsPublic(method.permission)) return public_;
  return token;
}

absl::StatusOr<Entry::Token> Entry::Authenticate(const Peer& peer) const {
  const bool over_tls = surroundings_.tls && !peer.in_process;
  if (over_tls && peer.certificate_uri.empty())
    return Error(absl::StatusCode::kUnauthenticated, "CERTIFICATE_REFUSED",
                 "a good certificate is needed");
  if (over_tls && peer.authorization.empty()) return ServiceOf(peer);
  const absl::string_view token = BearerOf(peer);
  if (token.empty())
    return Error(absl::StatusCode::kUnauthenticated, kNoToken, "a bearer token is needed");
  if (security::IsSecret(token)) {
    auto bearer = std::make_shared<security::VerifiedToken>();
    bearer->caller.subject = security::PrincipalOf(token);
    return bearer;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const security::VerifiedToken> verified,
                   surroundings_.verifier->Verify(token, surroundings_.now()));
  if (over_tls && verified->caller.kind == security::Caller::Kind::kService)
    return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
                 "a service is known by its certificate");
  return verified;
}

std::optional<std::string> Entry::KnownShare(const Peer& peer) const {
  if (peer.authorization.empty() && !peer.certificate_uri.empty()) return "";
  const absl::string_view token = BearerOf(peer);
  if (token.empty()) return security::kPublic;
  const auto known = surroundings_.verifier->Known(token);
  if (known == nullptr) return std::nullopt;
  return std::string(security::ShareOf(known->caller));
}

// The transport takes only certificates of this site, and a site's services serve all of its
// schools.
Entry::Token Entry::ServiceOf(const Peer& peer) const {
  auto service = std::make_shared<security::VerifiedToken>();
  service->caller.subject = peer.certificate_uri;
  service->caller.kind = security::Caller::Kind::kService;
  service->caller.roles = {"service"};
  service->caller.schools = {surroundings_.schools.begin(), surroundings_.schools.end()};
  return service;
}

absl::Status Entry::Authorise(const security::Caller& caller, const std::string& permission,
                              const std::string& name) const {
  const std::string school(SchoolOf(name));
  // A name outside every school cannot be right; whoever may call the rpc at all hears what is
  // wrong with it.
  if (school.empty() && AllowsAnywhere(caller, permission)) return absl::OkStatus();
  if (surroundings_.schools.count(school) > 0 &&
      (security::Allows(caller, permission, school) || security::IsPublic(permission)))
    return absl::OkStatus();
  return NotAllowed(name);
}

absl::StatusOr<Entry::Token> Entry::Receive(const Method& method, absl::string_view bytes,
                                            const Peer& peer, pb::Message& request) const {
  ASSIGN_OR_RETURN(Token token, Authenticate(peer));
  return ReceiveFrom(std::move(token), method, bytes, request);
}

absl::StatusOr<Entry::Token> Entry::ReceiveFrom(Token token, const Method& method,
                                                absl::string_view bytes,
                                                pb::Message& request) const {
  RETURN_IF_ERROR(Parse(bytes, request));
  const std::string target = TextAt(request, method.target);
  // A secret says nothing of its school, so it is not judged where the request names none.
  if (target.empty() && security::IsPrincipalOfSecret(token->caller.subject))
    return InvalidField(PathText(method.target), "is required");
  std::vector<std::string> only;
  ASSIGN_OR_RETURN(const Rights rights, RightsAt(token->caller, target));
  const Token shown = token;  // without rights
  ASSIGN_OR_RETURN(token, Entitle(token, method, target, rights, only));
  RETURN_IF_ERROR(Authorise(token->caller, method.permission, target));
  RETURN_IF_ERROR(Validate(request));
  RETURN_IF_ERROR(MayRefer(method, shown->caller, rights, request));
  if (!only.empty()) Narrow(request, only);
  if (SchoolOf(target).empty()) return InvalidField(PathText(method.target), "names no school");
  return token;
}

absl::StatusOr<Rights> Entry::RightsAt(const security::Caller& caller,
                                       const std::string& name) const {
  const std::string school(SchoolOf(name));
  Rights rights;
  if (!NeedsRights(caller) || surroundings_.schools.count(school) == 0) return rights;
  RETURN_IF_ERROR(
      surroundings_.readers->Read(school, [&](storage::Transaction& snapshot) -> absl::Status {
        ASSIGN_OR_RETURN(rights, RightsOf(snapshot, caller.subject));
        return absl::OkStatus();
      }));
  return rights;
}

absl::Status Entry::MayRefer(const Method& method, const security::Caller& caller,
                             const Rights& rights, const pb::Message& request) const {
  if (!NeedsRights(caller) || method.names.empty()) return absl::OkStatus();
  const auto allows = [&](const std::string& permission, const std::string& name) {
    const std::optional<security::Caller> entitled =
        EntitledTo(caller, name, rights, surroundings_.call_time());
    return entitled.has_value() && security::Allows(*entitled, permission, SchoolOf(name));
  };
  const std::string school(SchoolOf(TextAt(request, method.target)));
  if (allows(method.permission, absl::StrCat("schools/", school))) return absl::OkStatus();
  for (const Reference& reference : method.names) {
    const pb::Descriptor* type = ResourceType(reference.type);
    const pb::MethodDescriptor* get = IsOfPerson(*type) ? MethodGetting(*type) : nullptr;
    if (get == nullptr) continue;
    for (const FoundText& named : TextsAt(request, reference.path))
      if (!allows(get->options().GetExtension(options::v1::permission), named.text))
        return NotAllowed(named.text);
  }
  return absl::OkStatus();
}

absl::StatusOr<Entry::Token> Entry::Entitle(const Token& token, const Method& method,
                                            const std::string& target, const Rights& rights,
                                            std::vector<std::string>& only) const {
  if (!NeedsRights(token->caller)) return token;
  std::optional<Entitlement> entitlement =
      Entitled(method, token->caller, target, rights, surroundings_.call_time());
  if (!entitlement.has_value())
    return surroundings_.verifier->Refuse("no rights follow from the secret", surroundings_.now());
  auto entitled = std::make_shared<security::VerifiedToken>(*token);
  entitled->caller = std::move(entitlement->caller);
  only = std::move(entitlement->only);
  return entitled;
}

}  // namespace vivier::rpc
