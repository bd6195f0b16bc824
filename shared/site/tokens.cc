#include "shared/site/tokens.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/certificate.h"
#include "shared/security/school_key.h"
#include "shared/security/tokens/key_document.h"

namespace vivier::site {
namespace {

constexpr char kAudience[] = "vivier";
constexpr size_t kIssuerSizeMax = 200;  // it stands in front of each of its subjects
constexpr absl::Duration kServiceTokenLife = absl::Hours(1);
constexpr absl::Duration kDevelopmentTokenLife = absl::Hours(12);

std::string KindText(security::Caller::Kind kind) {
  if (kind == security::Caller::Kind::kService) return "service";
  return kind == security::Caller::Kind::kPartner ? "partner" : "person";
}

uint32_t Seconds(absl::Time time) { return static_cast<uint32_t>(absl::ToUnixSeconds(time)); }

std::string Issuer(const config::v1::Config& config) {
  return absl::StrCat("vivier:", config.network());
}

bool IsIssuer(const std::string& name) {
  return !name.empty() && name.size() <= kIssuerSizeMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '#';
         });
}

absl::Status CheckIssuers(const config::v1::Config& config) {
  std::set<std::string> known = {Issuer(config)};
  for (int i = 0; i < config.issuers_size(); ++i) {
    const config::v1::Issuer& issuer = config.issuers(i);
    const std::string field = absl::StrCat("issuers[", i, "]");
    if (!IsIssuer(issuer.issuer()))
      return InvalidField(field + ".issuer",
                          "is up to 200 visible characters of ASCII without \"#\"");
    if (!known.insert(issuer.issuer()).second)
      return InvalidField(field + ".issuer", "is trusted already");
    if (issuer.audience().empty()) return InvalidField(field + ".audience", "is required");
    RETURN_IF_ERROR(security::CheckKeyAddress(field + ".jwks", issuer.jwks()));
    if (!issuer.authority_file().empty() && access(issuer.authority_file().c_str(), R_OK) != 0)
      return InvalidField(field + ".authority_file", "cannot be read");
  }
  return absl::OkStatus();
}

std::string KeyFile(const std::string& data, absl::string_view name) {
  return absl::StrCat(data, "/keys/", name);
}

}  // namespace

absl::Status CreateKeys(const std::string& data) {
  std::error_code error;
  std::filesystem::create_directories(data + "/keys", error);
  if (error)
    return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
                 absl::StrCat(data, "/keys: ", error.message()));
  std::filesystem::permissions(data + "/keys", std::filesystem::perms::owner_all, error);
  for (const char* name : {"service.key", "development.key"})
    RETURN_IF_ERROR(security::TokenIssuer::FromFile(KeyFile(data, name), true).status());
  if (std::filesystem::exists(KeyFile(data, "school.key"))) return absl::OkStatus();
  const absl::Status created = security::CreateSchoolKey(KeyFile(data, "school.key"));
  return absl::IsAlreadyExists(created) ? absl::OkStatus()
                                        : created;  // another process of the site was faster
}

absl::StatusOr<std::unique_ptr<Tokens>> Tokens::Load(const config::v1::Config& config,
                                                     const std::string& data,
                                                     std::function<absl::Time()> now) {
  RETURN_IF_ERROR(CheckIssuers(config));
  ASSIGN_OR_RETURN(security::TokenIssuer services,
                   security::TokenIssuer::FromFile(KeyFile(data, "service.key")));
  std::unique_ptr<security::TokenIssuer> development;
  if (config.development()) {
    ASSIGN_OR_RETURN(security::TokenIssuer issuer,
                     security::TokenIssuer::FromFile(KeyFile(data, "development.key")));
    development = std::make_unique<security::TokenIssuer>(std::move(issuer));
  }
  return std::unique_ptr<Tokens>(
      new Tokens(config, std::move(services), std::move(development), std::move(now)));
}

Tokens::Tokens(config::v1::Config config, security::TokenIssuer services,
               std::unique_ptr<security::TokenIssuer> development, std::function<absl::Time()> now)
    : config_(std::move(config)),
      now_(std::move(now)),
      services_(std::move(services)),
      development_(std::move(development)) {
  security::KeySet keys = services_.keys();
  if (development_ != nullptr) keys.merge(development_->keys());
  std::vector<security::TrustedIssuer> trusted = {
      {Issuer(config_), kAudience, std::move(keys), false}};
  std::vector<security::KeyFetcher::Source> sources;
  for (const config::v1::Issuer& issuer : config_.issuers()) {
    trusted.push_back({issuer.issuer(), issuer.audience(), {}, true});
    sources.push_back({issuer.issuer(), issuer.jwks(), issuer.authority_file()});
  }
  fetcher_ =
      std::make_unique<security::KeyFetcher>(std::move(sources), security::KeyFetcher::Options());
  security::TokenVerifier::Options options;
  options.fetcher = fetcher_.get();
  verifier_ = std::make_unique<security::TokenVerifier>(std::move(trusted), options);
}

void Tokens::StartFetching() {
  fetcher_->Start([this](const std::string& issuer, security::KeySet keys) {
    verifier_->SetKeys(issuer, std::move(keys));
  });
}

std::string Tokens::Issue(const security::TokenIssuer& issuer, const security::Caller& caller,
                          absl::Duration life) const {
  const absl::Time now = now_();
  security::v1::TokenClaims claims;
  claims.set_iss(Issuer(config_));
  claims.add_aud(kAudience);
  claims.set_sub(caller.subject);
  claims.set_iat(Seconds(now));
  claims.set_exp(Seconds(now + life));
  claims.set_kind(KindText(caller.kind));
  for (const std::string& role : caller.roles) claims.add_roles(role);
  for (const std::string& school : caller.schools) claims.add_schools(school);
  claims.set_partner(caller.acts_for);
  return absl::StrCat("Bearer ", issuer.Issue(claims));
}

std::string Tokens::OfService(const std::string& service) {
  Monitor::Lock lock(monitor_);
  Issued& issued = issued_[service];
  if (now_() < issued.renew) return issued.header;
  // Whoever takes a token of this site's key serves no other site's schools; a list of a thousand
  // would be longer than a token may be.
  const security::Caller caller{security::SiteUri(config_.network(), config_.schools(0)) + service,
                                security::Caller::Kind::kService,
                                {"service"},
                                {"*"},
                                ""};
  issued = {Issue(services_, caller, kServiceTokenLife), now_() + kServiceTokenLife / 2};
  return issued.header;
}

absl::Status NotInDevelopment() {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_ALLOWED",
               "development tokens are issued only where the configuration says development: true; "
               "elsewhere people sign in with `vivier login`, and programs show a --token-file");
}

absl::StatusOr<std::string> Tokens::ForDevelopment(const security::Caller& caller) {
  if (development_ == nullptr) return NotInDevelopment();
  return Issue(*development_, caller, kDevelopmentTokenLife);
}

}  // namespace vivier::site
