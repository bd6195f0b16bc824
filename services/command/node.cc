// node create: the Kubernetes overlay of a node above schools, docs/node.md.
#include <filesystem>
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "re2/re2.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/process/vitals.h"
#include "shared/signin/issuer.h"

namespace vivier::command {
namespace {

namespace fs = std::filesystem;

constexpr char kHost[] = "[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?";

// Where the portal finds the Secret portal-keys (k8s/components/sign-in).
constexpr char kPortalKeys[] = "/portal-keys";

struct NewNode {
  std::string name, folder, address, network, image;
  std::string postgres;                     // "" for one in the cluster
  std::string parent_name, parent_address;  // "" where it is the uppermost
  std::string issuer;
  signin::Endpoints endpoints;
};

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

absl::Status Need(const Line& line, const cli::Option& option, const std::string& pattern,
                  const std::string& expected) {
  const std::string value = line.Text(option);
  if (value.empty())
    return cli::Misuse(absl::StrCat(cli::Shown(option), " is missing: ", expected));
  if (RE2::FullMatch(value, pattern)) return absl::OkStatus();
  return cli::Misuse(
      absl::StrCat(cli::Shown(option), " is \"", value, "\", and is to be ", expected));
}

absl::Status CheckWords(const Line& line) {
  const std::string name = line.Argument(1);
  if (!RE2::FullMatch(name, "[a-z][a-z0-9-]{0,40}"))
    return cli::Misuse(absl::StrCat("NAME is \"", name,
                                    "\", and is to be lower case, digits and hyphens, at most 41, "
                                    "as in schools/NAME"));
  RETURN_IF_ERROR(
      Need(line, cli::kAddress, kHost, "the name that outsiders call it by, france.example"));
  RETURN_IF_ERROR(Need(line, cli::kIssuer, "https?://[^\\s#\"]+",
                       "who vouches for its people, https://id.example/realms/france"));
  RETURN_IF_ERROR(Need(line, cli::kNetwork, "[a-z][a-z0-9-]*", "lower case, digits and hyphens"));
  RETURN_IF_ERROR(Need(line, cli::kImage, "[A-Za-z0-9][A-Za-z0-9./:_-]*",
                       "where the images are, registry.example"));
  if (!line.Has(cli::kParent)) return absl::OkStatus();
  return Need(line, cli::kParent, absl::StrCat("schools/[a-z][a-z0-9-]*=", kHost),
              "the node above and its address, schools/europe=europe.example:443");
}

std::string WithPort(const std::string& address) {
  return absl::StrContains(address, ':') ? address : absl::StrCat(address, ":443");
}

absl::StatusOr<NewNode> Described(const Line& line) {
  RETURN_IF_ERROR(CheckWords(line));
  NewNode node;
  node.name = line.Argument(1);
  node.folder = line.Argument(2);
  node.address = line.Text(cli::kAddress);
  node.network = line.Text(cli::kNetwork);
  node.image = std::string(absl::StripSuffix(line.Text(cli::kImage), "/"));
  node.postgres = line.Text(cli::kPostgres);
  node.issuer = line.Text(cli::kIssuer);
  const std::pair<std::string, std::string> parent =
      absl::StrSplit(line.Text(cli::kParent), absl::MaxSplits('=', 1));
  node.parent_name = parent.first;
  node.parent_address = parent.second;
  std::error_code error;
  if (fs::exists(node.folder, error)) return AlreadyExists(node.folder);
  ASSIGN_OR_RETURN(const signin::Issuer issuer, signin::Issuer::Discover({.issuer = node.issuer}));
  node.endpoints = issuer.endpoints();
  if (node.endpoints.authorization.empty() || node.endpoints.keys.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "OTHER_ISSUER",
                 absl::StrCat("the discovery document of ", node.issuer,
                              " has no authorization_endpoint or no jwks_uri: nobody could sign "
                              "in with a browser"),
                 {{"issuer", node.issuer}});
  return node;
}

std::string Kustomization(const NewNode& node) {
  std::vector<std::string> components = {"network-policies",
                                         "certificates",
                                         "backup",
                                         node.postgres.empty() ? "postgres" : "postgres-outside",
                                         "edge",
                                         "sign-in"};
  if (!node.parent_name.empty()) components.push_back("parent");
  components.insert(components.end(), {"monitoring", "parent-node"});
  return absl::Substitute(
      R"(# The node $0, above schools: who may do what there, and the figures. Written by
# `vivier node create` (docs/node.md). Components are applied in this order.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: vivier-$0
resources: [../../base]
components:
  - ../../components/$1
configMapGenerator:
  - {name: configuration, behavior: merge, files: [site.textproto]}
images:
  - {name: vivier, newName: $2/vivier, newTag: $3}
  - {name: edge, newName: $2/vivier-edge, newTag: $3}
)",
      node.name, absl::StrJoin(components, "\n  - ../../components/"), node.image, site::Version());
}

// The first two lines name the certificates, in this order (k8s/components/certificates).
std::string SiteText(const NewNode& node) {
  std::string text =
      absl::Substitute("schools: $0\nnetwork: $1\n", Quoted(node.name), Quoted(node.network));
  if (!node.postgres.empty()) absl::StrAppend(&text, "postgres: ", Quoted(node.postgres), "\n");
  absl::StrAppend(
      &text, absl::Substitute(R"(issuers { issuer: $0 audience: "vivier" jwks: $1 }
web {
  session_key_file: "$2/web.key"
  sign_in {
    authorization_endpoint: $3
    token_endpoint: $4
    client_id: "portal" client_secret_file: "$2/client.secret"
    redirect_url: $5
    scope: "openid offline_access"
  }
}
)",
                              Quoted(node.issuer), Quoted(node.endpoints.keys), kPortalKeys,
                              Quoted(node.endpoints.authorization), Quoted(node.endpoints.token),
                              Quoted(absl::StrCat("https://", node.address, "/-/signed-in"))));
  if (node.parent_name.empty()) return text;
  return absl::StrCat(
      text, absl::Substitute("parents {\n  name: $0\n  address: $1\n  join_codes: "
                             "\"/parent-codes\"\n  certificates: \"/parent\"\n}\n",
                             Quoted(node.parent_name),
                             Quoted(absl::StrCat("dns:///", WithPort(node.parent_address)))));
}

}  // namespace

absl::StatusOr<int> Node(const Line& line, Modules) {
  ASSIGN_OR_RETURN(const NewNode node, Described(line));
  RETURN_IF_ERROR(WriteNamed("DIR", node.folder + "/kustomization.yaml", Kustomization(node)));
  RETURN_IF_ERROR(WriteNamed("DIR", node.folder + "/site.textproto", SiteText(node)));
  std::cout << "Wrote " << node.folder << ": schools/" << node.name << " at https://"
            << node.address << "\nNext, as docs/node.md says: a client \"portal\" at "
            << node.issuer << " that comes back to https://" << node.address
            << "/-/signed-in, the secrets, the first head.\n";
  return 0;
}

}  // namespace vivier::command
