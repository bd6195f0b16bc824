// login and logout: a person of this machine signs in at the school's issuer, docs/identity.md.
#include <iostream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/command/settings.h"
#include "shared/signin/browser.h"
#include "shared/signin/issuer.h"
#include "shared/signin/store.h"

namespace vivier::command {
namespace {

using signin::Client;

constexpr absl::Duration kPatience = absl::Minutes(10);

// The one that --issuer names, or the only one of the configuration.
absl::StatusOr<config::v1::Issuer> ChosenIssuer(const Line& line, const Settings& settings) {
  std::vector<std::string> names;
  for (const config::v1::Issuer& issuer : settings.config.issuers()) {
    if (issuer.issuer() == line.Text(cli::kIssuer)) return issuer;
    names.push_back(issuer.issuer());
  }
  if (names.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "NO_ISSUER",
                 absl::StrCat("the configuration of ", settings.data,
                              " trusts no issuer to sign in at (docs/identity.md)"),
                 {{"data", settings.data}});
  if (names.size() == 1 && !line.Has(cli::kIssuer)) return settings.config.issuers(0);
  return cli::Misuse(absl::StrCat("--issuer is to be ", absl::StrJoin(names, " or ")));
}

absl::StatusOr<signin::Tokens> ByDevice(const signin::Issuer& issuer) {
  ASSIGN_OR_RETURN(const signin::DeviceCode code, issuer.BeginDevice());
  std::cout << "Open " << code.address << "\nand confirm the code " << code.user_code << std::endl;
  return issuer.AwaitDevice(code, [](absl::Duration time) { absl::SleepFor(time); });
}

absl::StatusOr<signin::Tokens> ByBrowser(const signin::Issuer& issuer) {
  ASSIGN_OR_RETURN(signin::Loopback loopback, signin::Loopback::Open());
  const std::string state = signin::NewVerifier(), verifier = signin::NewVerifier();
  std::cout << "Open, in a browser of this machine, "
            << issuer.AuthorizationAddress(loopback.address(), state, signin::ChallengeOf(verifier))
            << std::endl;
  ASSIGN_OR_RETURN(const std::string code, loopback.AwaitCode(state, kPatience));
  return issuer.Exchange(code, loopback.address(), verifier);
}

// Whom the token speaks of, ISSUER#SUBJECT; "" where it is none that says so.
std::string PrincipalOf(const std::string& token) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  std::string payload;
  signin::Answer claims;
  if (parts.size() != 3 || !absl::WebSafeBase64Unescape(parts[1], &payload) ||
      !google::protobuf::util::JsonStringToMessage(payload, &claims.json).ok())
    return "";
  return absl::StrCat(claims.Text("iss"), "#", claims.Text("sub"));
}

absl::Status SignIn(const Line& line) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(const config::v1::Issuer trusted, ChosenIssuer(line, settings));
  const Client client = {trusted.issuer(), trusted.authority_file(), line.Text(cli::kClientId),
                         line.Text(cli::kScope), line.Text(cli::kResource)};
  ASSIGN_OR_RETURN(const signin::Issuer issuer, signin::Issuer::Discover(client));
  ASSIGN_OR_RETURN(const signin::Tokens tokens,
                   line.Is(cli::kBrowser) ? ByBrowser(issuer) : ByDevice(issuer));
  const std::string principal = PrincipalOf(tokens.access_token);
  if (principal.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "OPAQUE_TOKEN",
                 "the issuer gave an access token that is no JWT, which no service takes; "
                 "--resource may have to name what it is for (docs/identity.md)");
  if (!absl::StartsWith(principal, absl::StrCat(client.issuer, "#")))
    return Error(absl::StatusCode::kFailedPrecondition, "SIGN_IN_REFUSED",
                 absl::StrCat(client.issuer, " gave a token that another issuer signed"));
  ASSIGN_OR_RETURN(const std::string path, signin::Save({client, tokens}));
  std::cout << "Signed in as " << principal << "; kept in " << path << "\n";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> Login(const Line& line, Modules) {
  RETURN_IF_ERROR(SignIn(line));
  return 0;
}

absl::StatusOr<int> Logout(const Line& line, Modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(const config::v1::Issuer trusted, ChosenIssuer(line, settings));
  std::cout << (signin::Forget(trusted.issuer()) ? "Signed out of " : "Nobody was signed in at ")
            << trusted.issuer() << "\n";
  return 0;
}

}  // namespace vivier::command
