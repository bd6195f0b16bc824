#include "shared/site/portal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/rpc/metrics.h"
#include "shared/security/roles.h"
#include "shared/security/secret_file.h"
#include "shared/service/catalogue.h"
#include "shared/service/method.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"
#include "shared/web/portal/doors.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;

constexpr char kProcess[] = "portal";  // what its certificate is called

absl::Status AddRoute(const pb::MethodDescriptor* descriptor,
                      const std::shared_ptr<rpc::Channel>& channel, web::Routes& routes) {
  ASSIGN_OR_RETURN(const rpc::Method method, rpc::Describe(descriptor));
  routes[rpc::PathOf(*descriptor)] = {descriptor, method.request_bytes_max, channel,
                                      security::IsPublic(method.permission)};
  return absl::OkStatus();
}

absl::StatusOr<web::Routes> RoutesTo(const std::vector<Reachable>& services) {
  const pb::ServiceDescriptor& operations =
      *operations::v1::Operation::descriptor()->file()->service(0);
  web::Routes routes;
  for (const Reachable& service : services) {
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(service.name))
      RETURN_IF_ERROR(AddRoute(method, service.channel, routes));
    for (int i = 0; service.has_operations && i < operations.method_count(); ++i)
      RETURN_IF_ERROR(AddRoute(operations.method(i), service.channel, routes));
  }
  return routes;
}

// The key that encrypts sessions: 64 hexadecimal digits. In development it is made where it is
// missing; elsewhere all replicas have the one that the operator made.
absl::StatusOr<security::Key> SessionKey(const config::v1::Config& config,
                                         const std::string& data) {
  std::string file = config.web().session_key_file();
  if (file.empty()) {
    file = data + "/keys/web.key";
    RETURN_IF_ERROR(CreateKeys(data));
    const absl::Status created =
        security::CreateSecretFile(file, absl::BytesToHexString(security::Key::Random().bytes()));
    if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  }
  ASSIGN_OR_RETURN(const std::string text, security::ReadSecretFile(file));
  const absl::string_view digits = absl::StripAsciiWhitespace(text);
  if (digits.size() != 2 * security::Key::kSize ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit))
    return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
                 file + " is no key: 64 hexadecimal digits");
  return security::Key::FromBytes(absl::HexStringToBytes(digits));
}

// Those who act for nobody but themselves.
std::vector<std::string> RolesWithButtons() {
  std::vector<std::string> roles;
  for (const security::Grant& grant : security::RoleGrants())
    if (!security::ActsForOne(std::string(grant.holder))) roles.emplace_back(grant.holder);
  return roles;
}

// Null where nobody can sign in.
absl::StatusOr<std::shared_ptr<web::Doors>> OpenDoors(const config::v1::Config& config,
                                                      const Entrance& entrance,
                                                      const web::Routes& routes) {
  RETURN_IF_ERROR(web::CheckSignIn(config.web()));
  if (entrance.token == nullptr && !config.web().has_sign_in()) return nullptr;
  web::Doors::Options options;
  options.web = config.web();
  options.now = entrance.now;
  ASSIGN_OR_RETURN(options.key, SessionKey(config, entrance.data));
  options.schools = {config.schools().begin(), config.schools().end()};
  if (entrance.token != nullptr) {
    options.roles = RolesWithButtons();
    options.token_of_role = [token = entrance.token,
                             schools = options.schools](const std::string& role) {
      return token({role, security::Caller::Kind::kPerson, {role}, schools, ""});
    };
  }
  return std::make_shared<web::Doors>(std::move(options), routes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<web::Gateway>> StartGateway(const config::v1::Config& config,
                                                           const std::vector<Reachable>& services,
                                                           const Entrance& entrance) {
  ASSIGN_OR_RETURN(web::Routes routes, RoutesTo(services));
  web::Gateway::Options options;
  ASSIGN_OR_RETURN(const std::shared_ptr<web::Doors> doors, OpenDoors(config, entrance, routes));
  if (doors != nullptr) {
    options.beside = doors;
    options.authorization = [doors](const web::HttpRequest& request,
                                    const web::Gateway::Options::Told& told) {
      doors->Identify(request, told);
    };
  }
  options.server.address = config.web().listen_address();
  if (config.web().threads() > 0) options.server.threads = config.web().threads();
  options.allowed_origins = {config.web().allowed_origins().begin(),
                             config.web().allowed_origins().end()};
  ASSIGN_OR_RETURN(std::unique_ptr<web::Gateway> gateway,
                   web::Gateway::Start(std::move(options), std::move(routes)));
  Log(LogLevel::kInfo, "serving HTTP", {{"address", gateway->address()}});
  return gateway;
}

absl::StatusOr<std::unique_ptr<Portal>> Portal::Start(
    const config::v1::Config& config, const std::string& data,
    const std::function<bool(const std::string& service)>& has_operations) {
  if (config.web().listen_address().empty())
    return InvalidField("web.listen_address", "says where the portal listens");
  RETURN_IF_ERROR(CheckCertificates(config, kProcess));
  std::vector<Reachable> services;
  for (const config::v1::Peer& peer : config.peers())
    services.push_back(
        {peer.service(), has_operations(peer.service()),
         transport::Connect(
             {.target = peer.address(), .tls = DiallingTls(config, kProcess, peer.service())})});
  if (services.empty()) return InvalidField("peers", "say where the services are");
  auto portal = std::make_unique<Portal>();
  Entrance entrance{data, nullptr};
  if (config.development() && !data.empty()) {
    RETURN_IF_ERROR(CreateKeys(data));
    ASSIGN_OR_RETURN(portal->tokens_, Tokens::Load(config, data));
    entrance.token = [tokens = portal->tokens_.get()](const security::Caller& caller) {
      return tokens->ForDevelopment(caller);
    };
  }
  ASSIGN_OR_RETURN(portal->gateway_, StartGateway(config, services, entrance));
  if (!config.metrics_address().empty()) {
    ASSIGN_OR_RETURN(portal->metrics_, transport::MetricsEndpoint::Start(config.metrics_address()));
  }
  transport::ServerOptions plain;
  plain.address = config.health_address();
  if (!plain.address.empty()) {
    ASSIGN_OR_RETURN(portal->health_, transport::Server::Start(plain, {}));
  }
  return portal;
}

void Portal::Stop() {
  if (health_ != nullptr) health_->SetServing(false);
  gateway_->Stop();
  if (health_ != nullptr) health_->Shutdown();
}

}  // namespace vivier::site
