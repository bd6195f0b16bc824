#include "shared/site/certificates.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/certificate.h"
#include "shared/security/secret_file.h"

namespace vivier::site {
namespace {

using config::v1::Config;
using transport::Tls;

std::string SiteOf(const Config& config) {
  return security::SiteUri(config.network(), config.schools(0));
}

Tls FilesOf(const std::string& folder, const std::string& process) {
  Tls tls;
  tls.certificate = absl::StrCat(folder, "/", process, ".pem");
  tls.key = absl::StrCat(folder, "/", process, ".key");
  tls.authorities = folder + "/authorities.pem";
  tls.revocations = folder + "/revocations.pem";
  return tls;
}

absl::Status FileError(const std::string& file, absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_FILE",
               absl::StrCat(file, ": ", why));
}

absl::Status CheckName(const std::string& file, const std::string& expected) {
  std::ifstream stream(file);
  if (!stream) return FileError(file, "cannot be read");
  std::stringstream pem;
  pem << stream.rdbuf();
  const absl::StatusOr<security::Certificate> certificate = security::ReadCertificate(pem.str());
  if (!certificate.ok()) return FileError(file, certificate.status().message());
  if (certificate->uri != expected)
    return FileError(file,
                     absl::StrCat("is named ", certificate->uri, "; this process is ", expected));
  return absl::OkStatus();
}

}  // namespace

std::optional<Tls> ServingTls(const Config& config, const std::string& process) {
  if (config.certificates().empty()) return std::nullopt;
  Tls tls = FilesOf(config.certificates(), process);
  tls.peers = {SiteOf(config)};
  return tls;
}

std::optional<Tls> DiallingTls(const Config& config, const std::string& process,
                               const std::string& service) {
  std::optional<Tls> tls = ServingTls(config, process);
  if (tls) tls->peers = {SiteOf(config) + service, SiteOf(config) + "all"};
  return tls;
}

std::optional<Tls> ParentTls(const config::v1::Parent& parent) {
  if (parent.certificates().empty()) return std::nullopt;
  Tls tls = FilesOf(parent.certificates(), "member");
  if (!std::filesystem::exists(tls.certificate)) tls.certificate = tls.key = "";
  return tls;
}

absl::Status CheckCertificates(const Config& config, const std::string& process) {
  const std::optional<Tls> tls = ServingTls(config, process);
  if (!tls) return absl::OkStatus();
  RETURN_IF_ERROR(CheckName(tls->certificate, SiteOf(config) + process));
  RETURN_IF_ERROR(security::ReadSecretFile(tls->key).status());
  std::vector<std::string> authorities = {tls->authorities};
  for (const config::v1::Parent& parent : config.parents())
    if (const std::optional<Tls> above = ParentTls(parent))
      authorities.push_back(above->authorities);
  for (const std::string& file : authorities)
    if (!std::ifstream(file)) return FileError(file, "cannot be read");
  return security::ReadRevocations(tls->revocations).status();
}

}  // namespace vivier::site
