#include "shared/command/surroundings.h"

#include <netdb.h>
#include <sys/timex.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "shared/backup/store.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cache/redis.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/rotation/school_keys.h"
#include "shared/rules/compiled.h"
#include "shared/rules/lint.h"
#include "shared/security/certificate.h"
#include "shared/security/school_key.h"
#include "shared/security/secret_file.h"
#include "shared/security/tokens/key_document.h"
#include "shared/site/certificates.h"
#include "shared/site/site.h"
#include "shared/site/standing.h"
#include "shared/storage/engines/migrate.h"
#include "shared/transport/channel.h"

namespace vivier::command {
namespace {

using config::v1::Config;

constexpr char kHealthPath[] = "/grpc.health.v1.Health/Check";
constexpr absl::Duration kPatience = absl::Seconds(3);
// Renewal is due well before: half a year's and a month's certificates alike are renewed weeks
// ahead.
constexpr absl::Duration kCertificateLeft = absl::Hours(7 * 24);
// A nightly backup is a day old when the next one begins; of two nights without one somebody must
// hear.
constexpr absl::Duration kBackupWarn = absl::Hours(25), kBackupFail = absl::Hours(49);
constexpr absl::string_view kServiceKey = "service.key";  // a pair for tokens, which has no such id
constexpr double kDiskWarn = 0.10, kDiskFail = 0.03;

void Add(Findings& findings, Grade grade, const std::string& what, absl::string_view found,
         absl::string_view advice = "") {
  findings.push_back({grade, what, std::string(found), std::string(advice)});
}

void LookAtClock(Findings& findings) {
  timex state{};
  const bool synchronised = adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (synchronised) return Add(findings, Grade::kOk, "clock", "is synchronised");
  Add(findings, Grade::kWarn, "clock", "the kernel does not know it to be synchronised",
      "run chrony or systemd-timesyncd on the host; tokens and certificates need the right time");
}

void LookAtDisk(const Settings& settings, Findings& findings) {
  std::error_code error;
  const std::string& data = settings.data;
  const bool exists = std::filesystem::exists(data, error);
  if (const absl::Status site = CheckIsSite(settings); !site.ok())
    Add(findings, exists && settings.configured ? Grade::kWarn : Grade::kFail, "data",
        site.message(), "of a new school, `vivier migrate` makes it; else name the right --data");
  if (!exists) return;
  const std::filesystem::space_info space = std::filesystem::space(data, error);
  if (error)
    return Add(findings, Grade::kFail, "disk", error.message(), "mount the volume of " + data);
  const double share = static_cast<double>(space.available) / static_cast<double>(space.capacity);
  const std::string found = absl::StrFormat(
      "%.1f GiB, %.0f %%, are free", static_cast<double>(space.available) / (1 << 30), 100 * share);
  const Grade grade = share < kDiskFail   ? Grade::kFail
                      : share < kDiskWarn ? Grade::kWarn
                                          : Grade::kOk;
  Add(findings, grade, "disk", found,
      grade == Grade::kOk ? "" : "enlarge the volume, or move other files off it");
}

void LookAtKeys(const std::string& data, Findings& findings) {
  for (const absl::string_view name :
       {absl::string_view("school.key"), absl::string_view(security::kPreviousSchoolKeyFile),
        kServiceKey}) {
    const std::string file = absl::StrCat(data, "/keys/", name);
    std::error_code error;
    if (std::filesystem::status(file, error).type() == std::filesystem::file_type::not_found) {
      if (name == security::kPreviousSchoolKeyFile) continue;  // outside of rotations there is none
      Add(findings, Grade::kWarn, std::string(name), "does not exist",
          "the first start makes it; of a school with data, bring it back from where keys are "
          "kept");
    } else if (const absl::Status read = security::ReadSecretFile(file).status(); !read.ok()) {
      Add(findings, Grade::kFail, std::string(name), read.message(),
          "chmod 600, owned by who runs vivier");
    } else {
      const absl::StatusOr<security::SchoolKey> key = security::SchoolKey::Load(file);
      Add(findings, Grade::kOk, std::string(name),
          absl::StrCat("is there and private", key.ok() && name != kServiceKey
                                                   ? absl::StrCat(", its id is ", key->id())
                                                   : ""));
    }
  }
}

void LookAtChecksums(storage::Database& database, const std::string& service, Findings& findings) {
  const std::string what = service + " checksums";
  const auto ask = [&]() -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const auto connection, database.Connect(storage::Access::kRead));
    RETURN_IF_ERROR(connection->Begin(storage::Access::kRead));
    ASSIGN_OR_RETURN(const storage::Result setting,
                     connection->Query("SELECT current_setting('data_checksums')"));
    return std::get<std::string>(setting.rows[0][0]);
  };
  const absl::StatusOr<std::string> setting = ask();
  if (!setting.ok())
    return Add(findings, Grade::kFail, what, setting.status().message(), "start PostgreSQL");
  if (*setting == "on") return Add(findings, Grade::kOk, what, "PostgreSQL's pages have checksums");
  Add(findings, Grade::kWarn, what,
      "PostgreSQL's pages have no checksums: what its disk changes is not found",
      "stop PostgreSQL and run `pg_checksums --enable` on its folder");
}

void LookAtPages(storage::Database& database, const std::string& service, Findings& findings) {
  const std::string what = service + " pages";
  const absl::StatusOr<storage::StorageCheck> check = database.CheckStorage();
  if (!check.ok())
    return Add(findings, Grade::kFail, what, check.status().message(), "restore a backup");
  if (check->damaged.empty())
    return Add(findings, Grade::kOk, what,
               absl::StrCat("all ", check->checked, " are as they were written"));
  Add(findings, Grade::kFail, what,
      absl::StrCat(check->damaged.size(), " are damaged, the first: ", check->damaged[0]),
      "stop it and restore a backup: docs/backup.md");
}

// Whether the keys that are there open what the rows of the service are under.
void LookAtKeysOf(const Settings& settings, storage::Database& database, const std::string& service,
                  Findings& findings) {
  const auto keys = security::SchoolKey::OfFolder(settings.data + "/keys");
  if (!keys.ok()) return;  // said of the file
  const std::string what = service + " key";
  const auto needed = rotation::KeysNeeded(
      database, service, {settings.config.schools().begin(), settings.config.schools().end()},
      *keys);
  if (ReasonOf(needed.status()) == "SCHOOL_KEY")
    Add(findings, Grade::kFail, what, needed.status().message(),
        "fetch that file from where keys are kept; docs/keys.md says how to tell it");
  else if (needed.ok() && *needed != &keys->Alone())
    Add(findings, Grade::kWarn, what, "a rotation is under way: rows are under the key before",
        "restart what has not been, then `vivier rotate-keys`: docs/keys.md");
}

bool IsPeer(const Config& config, const std::string& service) {
  return std::any_of(config.peers().begin(), config.peers().end(),
                     [&](const config::v1::Peer& peer) { return peer.service() == service; });
}

void LookAtDatabase(const Settings& settings, const std::string& service, Findings& findings) {
  const bool embedded = settings.config.engine() == config::v1::SQLITE;
  std::error_code error;
  if (embedded &&
      !std::filesystem::exists(absl::StrCat(settings.data, "/db/", service, ".db"), error)) {
    if (IsPeer(settings.config, service))  // else it may run elsewhere, or nowhere
      Add(findings, Grade::kWarn, service, "has no database here",
          "the first start of the service makes it");
    return;
  }
  const auto database =
      storage::Database::Open(site::DatabaseUrl(settings.config, settings.data, service));
  const absl::StatusOr<std::vector<std::string>> pending =
      database.ok() ? storage::Pending(**database, service)
                    : absl::StatusOr<std::vector<std::string>>(database.status());
  if (!pending.ok())
    return Add(findings, Grade::kFail, service, pending.status().message(),
               embedded ? "restore a backup"
                        : "start PostgreSQL, or correct `postgres` of the configuration");
  if (pending->empty())
    Add(findings, Grade::kOk, service, "its database has every migration");
  else
    Add(findings, Grade::kWarn, service,
        absl::StrCat("its database lacks ", absl::StrJoin(*pending, ", ")), "run `vivier migrate`");
  if (pending->empty()) LookAtKeysOf(settings, **database, service, findings);
  if (embedded)
    LookAtPages(**database, service, findings);
  else
    LookAtChecksums(**database, service, findings);
}

absl::StatusOr<absl::Duration> AgeOfBackup(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::unique_ptr<backup::Store> store, backup::Store::OpenToRead(folder));
  ASSIGN_OR_RETURN(const backup::v1::Manifest newest, store->Read(store->Generations().back()));
  return absl::Now() - absl::FromUnixSeconds(newest.create_time().seconds());
}

void LookAtBackups(const std::string& folder, Findings& findings) {
  if (folder.empty())
    return Add(findings, Grade::kOk, "backup",
               "not looked at: `vivier doctor DIR` names its folder");
  const absl::StatusOr<absl::Duration> age = AgeOfBackup(folder);
  if (!age.ok())
    return Add(findings, Grade::kFail, "backup", age.status().message(), "see docs/backup.md");
  const Grade grade = *age > kBackupFail   ? Grade::kFail
                      : *age > kBackupWarn ? Grade::kWarn
                                           : Grade::kOk;
  Add(findings, grade, "backup",
      absl::StrFormat("the newest is %.1f hours old", absl::ToDoubleHours(*age)),
      grade == Grade::kOk ? "" : "find out why `vivier backup` does not run or fails");
}

void LookAtCertificate(const std::filesystem::path& file,
                       const absl::flat_hash_set<std::string>& revoked, Findings& findings) {
  std::stringstream pem;
  pem << std::ifstream(file).rdbuf();
  const std::string what = "certificate " + file.filename().string();
  const absl::StatusOr<absl::Time> expiry = security::ReadExpiry(pem.str());
  if (!expiry.ok())
    return Add(findings, Grade::kFail, what, "cannot be read",
               "make it anew: deploy/certificates, or your authority");
  const auto certificate = security::ReadCertificate(pem.str());
  if (certificate.ok() && revoked.contains(certificate->number))
    return Add(findings, Grade::kFail, what, "was revoked: nobody of the site takes it",
               "make a new one: deploy/certificates, or your authority");
  const absl::Duration left = *expiry - absl::Now();
  const std::string found =
      left < absl::ZeroDuration()
          ? absl::StrCat("ended on ", absl::FormatTime("%Y-%m-%d", *expiry, absl::UTCTimeZone()))
          : absl::StrFormat("is good for %.1f days", absl::ToDoubleHours(left) / 24);
  const Grade grade = left < absl::ZeroDuration() ? Grade::kFail
                      : left < kCertificateLeft   ? Grade::kWarn
                                                  : Grade::kOk;
  Add(findings, grade, what, found,
      grade == Grade::kOk ? "" : "renew it; a running service takes it up by itself");
}

void LookAtCertificates(const Config& config, Findings& findings) {
  if (config.certificates().empty()) {
    const Grade grade = config.development() ? Grade::kOk : Grade::kWarn;
    return Add(
        findings, grade, "certificates", "none: services talk in plain text",
        grade == Grade::kOk ? "" : "name a folder of `certificates`: docs/identity-of-services.md");
  }
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(config.certificates(), error))
    if (entry.path().extension() == ".pem" && entry.path().filename() != "revocations.pem")
      files.insert(entry.path());
  if (files.empty())
    return Add(findings, Grade::kFail, "certificates", "none in " + config.certificates(),
               "run deploy/certificates");
  const auto revoked = security::ReadRevocations(config.certificates() + "/revocations.pem");
  if (!revoked.ok())
    Add(findings, Grade::kFail, "certificate revocations.pem", revoked.status().message(),
        "put the list of your authority there: without one nobody is taken");
  for (const std::filesystem::path& file : files)
    LookAtCertificate(file, revoked.ok() ? *revoked : absl::flat_hash_set<std::string>(), findings);
}

void LookUp(const std::string& address, std::set<std::string>& known, Findings& findings) {
  const std::string host = HostOf(address);
  if (host.empty() || !known.insert(host).second) return;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (found != nullptr) freeaddrinfo(found);
  if (error == 0) return Add(findings, Grade::kOk, "name " + host, "is known");
  Add(findings, Grade::kFail, "name " + host, gai_strerror(error),
      "correct the name, or the DNS server of this machine");
}

void LookAtNames(const Config& config, Findings& findings) {
  std::set<std::string> known;
  for (const config::v1::Peer& peer : config.peers()) LookUp(peer.address(), known, findings);
  for (const config::v1::Parent& parent : config.parents())
    LookUp(parent.address(), known, findings);
  for (const config::v1::Issuer& issuer : config.issuers()) LookUp(issuer.jwks(), known, findings);
  LookUp(config.redis(), known, findings);
}

void LookAtRedis(const Config& config, Findings& findings) {
  const std::string &address = config.redis(), &password_file = config.redis_password_file();
  if (address.empty())
    return Add(findings, Grade::kOk, "redis", "none is configured, none is needed");
  if (!password_file.empty())
    if (const auto password = cache::ReadRedisPassword(password_file); !password.ok())
      return Add(findings, Grade::kFail, "redis", std::string(password.status().message()),
                 "make it anew with Redis's password, with mode 0600");
  Monitor monitor;
  bool ready = false;
  const cache::Redis redis({.address = address, .password_file = password_file},
                           {[](absl::string_view) {}, [] {},
                            [&] {
                              Monitor::Lock lock(monitor);
                              ready = true;
                            }});
  Monitor::Lock lock(monitor);
  if (lock.AwaitFor(kPatience, [&] { return ready; }))
    return Add(findings, Grade::kOk, "redis", "answers");
  Add(findings, Grade::kWarn, "redis",
      absl::StrCat("does not answer at ", address, ", or does not take the password"),
      "start it, or correct redis_password_file; without it the school works, and asks the owners "
      "of resources more often");
}

void LookAtIssuers(const Config& config, Findings& findings) {
  if (config.issuers().empty() && !config.development())
    Add(findings, Grade::kWarn, "issuers", "none is configured: no person can call",
        "see docs/identity.md");
  for (const config::v1::Issuer& issuer : config.issuers()) {
    const std::string what = "issuer " + issuer.issuer();
    const absl::Status read =
        security::ReadKeyDocument(issuer.jwks(), issuer.authority_file()).status();
    if (read.ok())
      Add(findings, Grade::kOk, what, "gives its keys");
    else
      Add(findings, Grade::kFail, what, read.message(),
          "correct `jwks` and `authority_file`, or let this machine reach the issuer");
  }
}

absl::Status Dial(const std::string& address, const std::optional<transport::Tls>& tls) {
  return transport::Connect({.target = address, .tls = tls, .retry = false})
      ->Call(kHealthPath, "", {kPatience, "", ""})
      .status();
}

// Who runs is dialled; who does not run is for `vivier status` to miss.
void LookAtPeers(const Settings& settings, Findings& findings) {
  if (ReadNotes(settings.data).empty())
    return Add(findings, Grade::kOk, "peers", "not dialled: nothing of this school runs here");
  for (const config::v1::Peer& peer : settings.config.peers()) {
    const absl::Status answer =
        Dial(peer.address(), site::DiallingTls(settings.config, "operator", peer.service()));
    if (answer.ok())
      Add(findings, Grade::kOk, "peer " + peer.service(), "answers");
    else
      Add(findings, Grade::kFail, "peer " + peer.service(),
          absl::StrCat(peer.address(), ": ", answer.message()),
          "start it, or correct its address under `peers`");
  }
}

void LookAtStanding(const Settings& settings, const config::v1::Parent& parent,
                    const std::string& school, const std::vector<site::Module>& modules,
                    Findings& findings) {
  const site::Standing standing = site::StandingAt(parent, school, settings.data, modules);
  const Grade grade = standing.state == site::Standing::kKnown      ? Grade::kOk
                      : standing.state == site::Standing::kNotKnown ? Grade::kFail
                                                                    : Grade::kWarn;
  Add(findings, grade, absl::StrCat("parent ", parent.name(), ", ", school), standing.found,
      standing.advice);
}

void LookAtParents(const Settings& settings, const std::vector<site::Module>& modules,
                   Findings& findings) {
  const Config& config = settings.config;
  for (const config::v1::Parent& parent : config.parents()) {
    const std::string what = "parent " + parent.name();
    for (const std::string& school : config.schools())
      LookAtStanding(settings, parent, school, modules, findings);
    const absl::Status answer = Dial(parent.address(), site::ParentTls(parent));
    if (answer.ok())
      Add(findings, Grade::kOk, what, "answers");
    else
      Add(findings, Grade::kWarn, what, absl::StrCat(parent.address(), ": ", answer.message()),
          "submissions wait until it answers; tell who keeps it when that lasts");
  }
}

void LookAtRules(Findings& findings) {
  const std::vector<std::string> overdue = OverdueRules();
  if (overdue.empty()) return Add(findings, Grade::kOk, "rules", "no review is due");
  Add(findings, Grade::kWarn, "rules",
      absl::StrCat("the review day is past of ", absl::StrJoin(overdue, ", ")),
      "`vivier rules lint` says which rows; docs/rules.md how to confirm them");
}

const char* NameOf(Grade grade) {
  switch (grade) {
    case Grade::kOk:
      return "OK";
    case Grade::kWarn:
      return "WARN";
    case Grade::kFail:
      return "FAIL";
  }
  return "FAIL";
}

}  // namespace

std::vector<std::string> OverdueRules() {
  const absl::CivilDay today = absl::ToCivilDay(absl::Now(), absl::LocalTimeZone());
  std::vector<std::string> keys;
  for (const rules::Compiled& compiled : rules::CompiledTables())
    if (!rules::OverdueReviews(compiled.table, today).empty()) keys.push_back(compiled.table.key);
  return keys;
}

std::string HostOf(const std::string& address) {
  absl::string_view rest = address;
  if (rest.empty() || absl::StartsWith(rest, "unix:") || absl::StartsWith(rest, "file:") ||
      absl::StartsWith(rest, "ipv4:") || absl::StartsWith(rest, "ipv6:"))
    return "";
  for (absl::string_view scheme : {"dns:///", "dns:", "https://", "http://"})
    if (absl::ConsumePrefix(&rest, scheme)) break;
  if (absl::ConsumePrefix(&rest, "[")) return std::string(rest.substr(0, rest.find(']')));
  return std::string(rest.substr(0, rest.find_first_of(":/")));
}

Findings LookAround(const Settings& settings, const std::vector<site::Module>& modules,
                    const std::string& backups) {
  Findings findings;
  LookAtClock(findings);
  LookAtDisk(settings, findings);
  LookAtKeys(settings.data, findings);
  LookAtRules(findings);
  for (const site::Module& module : modules) LookAtDatabase(settings, module.name(), findings);
  LookAtBackups(backups, findings);
  LookAtCertificates(settings.config, findings);
  LookAtNames(settings.config, findings);
  LookAtRedis(settings.config, findings);
  LookAtIssuers(settings.config, findings);
  LookAtPeers(settings, findings);
  LookAtParents(settings, modules, findings);
  return findings;
}

absl::StatusOr<int> Doctor(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  const Findings findings = LookAround(settings, modules, line.Argument(0));
  for (const Finding& finding : findings) {
    absl::PrintF("%-4s  %s: %s\n", NameOf(finding.grade), finding.what, finding.found);
    if (!finding.advice.empty()) absl::PrintF("      → %s\n", finding.advice);
  }
  const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.grade == Grade::kFail;
  });
  return failed ? 1 : 0;
}

}  // namespace vivier::command
