#include "tests/support/certificates.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "shared/security/certificate.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;

// By the books that deploy/certificates keeps, so that the authority knows the number.
constexpr char kSign[] = R"(set -e; cd '$0/authority'; umask 077
printf '$3' > names.conf
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=curriculum \
  -keyout '$0/$4.key' \
  -out request.pem
openssl ca -batch -config books.conf -notext -extfile names.conf -startdate $1 -enddate $2 \
  -in request.pem \
  -out '$0/$4.pem'
)";

void Run(const std::string& script) {
  std::string file = (fs::temp_directory_path() / "vivier-script-XXXXXX").string();
  close(mkstemp(file.data()));
  std::ofstream(file) << script;
  const int status = std::system(absl::StrCat("bash ", file, " >", file, ".log 2>&1").c_str());
  if (status != 0) {
    std::ifstream log(file + ".log");
    std::fprintf(stderr, "FAILED: %s\n%s\n", script.c_str(),
                 std::string(std::istreambuf_iterator(log), {}).c_str());
    std::exit(EXIT_FAILURE);
  }
  fs::remove(file);
  fs::remove(file + ".log");
}

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y%m%d%H%M%SZ", time, absl::UTCTimeZone());
}

}  // namespace

Certificates::Certificates(const std::string& network, const std::string& school,
                           absl::Duration life)
    : network_(network), school_(school) {
  directory_ = (fs::temp_directory_path() / "vivier-certificates-XXXXXX").string();
  if (mkdtemp(directory_.data()) == nullptr) std::abort();
  Renew(life);
}

Certificates::~Certificates() {
  std::error_code error;
  fs::remove_all(directory_, error);
}

void Certificates::Script(const std::vector<std::string>& arguments) {
  const char* source = std::getenv("VIVIER_SOURCE");
  Run(absl::Substitute("exec '$0/deploy/certificates' '$1' $2\n", source == nullptr ? "." : source,
                       directory_, absl::StrJoin(arguments, " ")));
}

void Certificates::Renew(absl::Duration life, const std::vector<std::string>& services) {
  std::vector<std::string> arguments = services;
  arguments.insert(arguments.end(), {"--network", network_, "--school", school_, "--seconds",
                                     absl::StrCat(absl::ToInt64Seconds(life))});
  Script(arguments);
}

void Certificates::Revoke(const std::string& service) { Script({"--revoke", service}); }

void Certificates::Trust(const Certificates& other) {
  for (const char* name : {"authorities.pem", "revocations.pem"}) {
    const std::string fresh = absl::StrCat(directory_, "/", name);
    std::ofstream(fresh) << std::ifstream(absl::StrCat(folder(), "/", name)).rdbuf()
                         << std::ifstream(absl::StrCat(other.folder(), "/", name)).rdbuf();
    fs::rename(fresh, absl::StrCat(folder(), "/", name));
  }
}

transport::Tls Certificates::Sign(const std::string& names, absl::Duration begin,
                                  absl::Duration end) {
  const std::string name = absl::StrCat("signed-", ++signed_);
  const absl::Time now = absl::Now();
  const std::string extension =
      names.empty() ? "keyUsage = digitalSignature" : "subjectAltName = " + names;
  Run(absl::Substitute(kSign, directory_, Utc(now + begin), Utc(now + end), extension, name));
  transport::Tls tls;
  tls.certificate = absl::StrCat(directory_, "/", name, ".pem");
  tls.key = absl::StrCat(directory_, "/", name, ".key");
  tls.authorities = folder() + "/authorities.pem";
  tls.revocations = folder() + "/revocations.pem";
  tls.peers = {security::SiteUri(network_, school_)};
  return tls;
}

}  // namespace vivier::testing
