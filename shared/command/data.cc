// The commands on what lies in a data folder: migrate, check, verify, and clock.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "re2/re2.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/command/surroundings.h"
#include "shared/process/verify.h"
#include "shared/relations/relations.h"
#include "shared/site/certificates.h"
#include "shared/site/clock.h"

namespace vivier::command {
namespace {

// What is in flight between two services for longer is a finding.
constexpr absl::Duration kInFlightMax = absl::Seconds(60);
constexpr std::ptrdiff_t kAnchorsMax = 10'000;  // of a request
constexpr absl::Duration kLookAgain = absl::Milliseconds(200);

absl::Status MigrateData(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  return site::MigrateAll(settings.config, settings.data, modules);
}

absl::Status MakeKeys(const Line& line) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  RETURN_IF_ERROR(site::CreateKeys(settings.data));
  std::cout << settings.data << "/keys has the school's keys: keep a copy of school.key, and not "
            << "where the backups are\n";
  return absl::OkStatus();
}

absl::Status CheckData(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  RETURN_IF_ERROR(site::CheckCertificates(settings.config, "operator"));
  return Session::Open(settings, std::move(modules)).status();
}

void CopyDisk(const site::v1::VerifyInvariantsResponse& from,
              site::v1::VerifyInvariantsResponse& to) {
  for (const site::v1::InvariantReport& report : from.reports())
    if (report.invariant() == site::kDiskReport) *to.add_reports() = report;
}

// Looks until the services' logs stand alike, since only then their claims can be compared.
absl::StatusOr<site::v1::VerifyInvariantsResponse> VerifyAtRest(
    Session& session, site::v1::VerifyInvariantsRequest request) {
  const absl::Time start = absl::Now();
  request.set_every_claim(!session.running());  // nothing bounds the answer within one process
  std::optional<site::v1::VerifyInvariantsResponse> first;
  while (true) {
    ASSIGN_OR_RETURN(auto response, session.AskAll<site::v1::VerifyInvariantsResponse>(request));
    if (!first.has_value()) {
      first = response;
      request.clear_pages();  // one look at the disk is enough
      request.clear_deep();
    } else {
      CopyDisk(*first, response);
    }
    const bool at_rest = site::IsAtRest(response);
    if (!at_rest && session.running() && absl::Now() - start < kInFlightMax) {
      absl::SleepFor(kLookAgain);
      continue;
    }
    if (!session.running()) site::CompareCursors(response);
    if (!at_rest && session.running()) site::FindStuck(*first, response);
    if (at_rest || session.running()) {
      site::CompareClaims(response);
    } else {
      std::set<std::string> invariants;
      for (const site::v1::Claim& claim : response.claims()) invariants.insert(claim.invariant());
      response.clear_claims();
      for (const std::string& invariant : invariants)
        absl::PrintF(
            "%-4s site        not compared: events are on their way; verify again when the "
            "services run\n",
            invariant);
    }
    return response;
  }
}

// Those of a log in its order, the newest where they are more than a request may hold. All count: a
// database that went back to the past and grew again holds the last one, and not those before.
absl::StatusOr<std::vector<storage::Anchor>> ReadAnchors(const std::string& path) {
  std::vector<storage::Anchor> anchors;
  if (path.empty()) return anchors;
  std::ifstream log(path);
  if (!log.is_open()) return InvalidField("anchors", absl::StrCat(path, " cannot be read"));
  static const RE2& in_log = *new RE2(R"re("anchor":"([^"]*)")re");
  for (std::string line; std::getline(log, line);) {
    std::string text = line;
    if (absl::StrContains(line, '{') && !RE2::PartialMatch(line, in_log, &text)) continue;
    ASSIGN_OR_RETURN(anchors.emplace_back(), storage::ReadAnchor(text));
  }
  if (anchors.empty()) return InvalidField("anchors", absl::StrCat(path, " has none"));
  if (std::ssize(anchors) > kAnchorsMax)
    anchors.erase(anchors.begin(), anchors.end() - kAnchorsMax);
  return anchors;
}

// Where the anchors of one school contradict each other, or are of a service that was not asked.
// Prints each, and gives their number.
int64_t CheckAnchors(const std::vector<storage::Anchor>& anchors, const std::string& school,
                     const site::v1::VerifyInvariantsResponse& response) {
  std::set<std::string> asked;
  for (const site::v1::LogPosition& position : response.positions())
    asked.insert(position.service());
  std::map<std::string, storage::Anchor> last;
  std::map<std::string, std::string> wrong;
  for (const storage::Anchor& anchor : anchors) {
    if (anchor.school != school) continue;
    if (asked.count(anchor.service) == 0) wrong[anchor.service] = "was anchored, and is not here";
    const storage::Anchor& before = last[anchor.service];
    if (anchor.event.number < before.event.number || anchor.act.number < before.act.number ||
        anchor.reading.number < before.reading.number)
      wrong[anchor.service] = "went back to the past between two anchors";
    last[anchor.service] = anchor;
  }
  for (const auto& [service, why] : wrong) absl::PrintF("I12  site        %s %s\n", service, why);
  return static_cast<int64_t>(wrong.size());
}

void Print(const site::v1::InvariantReport& report) {
  absl::PrintF("%-4s %-11s %8d checked %6d broken", report.invariant(), report.service(),
               report.checked(), report.violations());
  if (!report.first_row().empty()) absl::PrintF("  %s:", report.first_row());
  if (!report.explanation().empty()) absl::PrintF(" %s", report.explanation());
  absl::PrintF("\n");
}

absl::StatusOr<int64_t> VerifyData(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  ASSIGN_OR_RETURN(const std::vector<storage::Anchor> anchors,
                   ReadAnchors(line.Text(cli::kAnchors)));
  for (const storage::Anchor& anchor : anchors)
    if (std::count(settings.config.schools().begin(), settings.config.schools().end(),
                   anchor.school) == 0)
      return InvalidField("anchors", absl::StrCat(anchor.school, " is no school of this site"));
  int64_t violations = 0;
  bool is_first = true;  // pages hold the rows of all schools: they are read once
  for (const std::string& school : settings.config.schools()) {
    site::v1::VerifyInvariantsRequest request;
    request.set_parent("schools/" + school);
    for (const storage::Anchor& anchor : anchors)
      if (anchor.school == school) request.add_anchors(storage::AnchorText(anchor));
    request.set_pages(is_first);
    request.set_deep(is_first && line.Is(cli::kDeep));
    is_first = false;
    ASSIGN_OR_RETURN(site::v1::VerifyInvariantsResponse response, VerifyAtRest(*session, request));
    for (const site::v1::InvariantReport& report : response.reports()) {
      Print(report);
      violations += report.violations();
    }
    violations += CheckAnchors(anchors, school, response);
  }
  return violations;
}

// What each column of each table follows from, and which invariant compares it.
void PrintRelations(const Modules& modules) {
  for (const site::Module& module : modules) {
    for (const relations::Line& row : relations::LinesOf(site::WithTheHouses(module.service))) {
      absl::PrintF("%-11s %-24s %-22s %-8s %s\n", module.name(), row.table, row.column,
                   row.invariant.empty() ? "-" : row.invariant,
                   row.from.empty() ? "nothing" : row.from);
    }
  }
}

// "1d12h" → 36 hours; the units of absl::ParseDuration, and days of 24 hours in front.
absl::StatusOr<absl::Duration> ReadDuration(absl::string_view text) {
  absl::Duration days = absl::ZeroDuration(), rest = absl::ZeroDuration();
  int32_t count = 0;
  if (const size_t day = text.find('d');
      day != text.npos && absl::SimpleAtoi(text.substr(0, day), &count)) {
    days = absl::Hours(24) * count;
    text.remove_prefix(day + 1);
  }
  const bool read = text.empty() ? days > absl::ZeroDuration() : absl::ParseDuration(text, &rest);
  if (read && days + rest > absl::ZeroDuration() && days + rest < absl::InfiniteDuration())
    return days + rest;
  return cli::Misuse("TIME is to be, after +, a duration such as 1d, 36h or 1d12h30m");
}

// By how much, or to when.
using Target = std::variant<absl::Duration, absl::Time>;

absl::StatusOr<Target> ReadTarget(absl::string_view text) {
  if (absl::ConsumePrefix(&text, "+")) {
    ASSIGN_OR_RETURN(const absl::Duration by, ReadDuration(text));
    return by;
  }
  absl::Time time;
  std::string wrong;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &wrong)) return time;
  return cli::Misuse(absl::StrCat("TIME is \"", text,
                                  "\", and is to be a time such as "
                                  "2027-09-01T08:00:00Z, or + and a duration"));
}

absl::Status Move(site::Clock& clock, const Target& target) {
  const auto* by = std::get_if<absl::Duration>(&target);
  return by == nullptr ? clock.MoveTo(std::get<absl::Time>(target)) : clock.MoveBy(*by);
}

void Show(const site::Clock& clock) {
  constexpr absl::Duration kDay = absl::Hours(24);
  absl::Duration rest;
  const int64_t days = absl::IDivDuration(clock.ahead(), kDay, &rest);
  std::cout << absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", clock.Now(), absl::UTCTimeZone())
            << (clock.ahead() == absl::ZeroDuration()
                    ? std::string("  the machine's")
                    : absl::StrCat("  ahead of the machine's by ", days, "d ",
                                   absl::FormatDuration(absl::Trunc(rest, absl::Seconds(1)))))
            << "\n";
}

absl::Status ShowOrMove(const Line& line) {
  const bool moves = !line.arguments().empty();
  absl::StatusOr<Target> target = absl::ZeroDuration();
  if (moves) target = ReadTarget(line.Argument(0));
  RETURN_IF_ERROR(target.status());
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  std::error_code error;
  if (!moves || !std::filesystem::is_directory(settings.data, error))
    RETURN_IF_ERROR(CheckIsSite(settings));
  ASSIGN_OR_RETURN(const std::unique_ptr<site::Clock> clock,
                   site::Clock::Open(settings.config, settings.data));
  if (moves) RETURN_IF_ERROR(Move(*clock, *target));
  Show(*clock);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> Migrate(const Line& line, Modules modules) {
  const size_t services = modules.size();
  RETURN_IF_ERROR(MigrateData(line, std::move(modules)));
  std::cout << line.Text(cli::kData) << ": the databases of " << services
            << " services have every migration\n";
  return 0;
}

absl::StatusOr<int> CreateKeys(const Line& line, Modules) {
  RETURN_IF_ERROR(MakeKeys(line));
  return 0;
}

absl::StatusOr<int> Check(const Line& line, Modules modules) {
  if (const std::vector<std::string> overdue = OverdueRules(); !overdue.empty())
    std::cerr << "warning: the review day is past of " << absl::StrJoin(overdue, ", ")
              << "; `vivier rules lint` says which rows\n";
  RETURN_IF_ERROR(CheckData(line, std::move(modules)));
  std::cout << line.Text(cli::kData)
            << ": configuration, keys and databases are as a start needs them\n";
  return 0;
}

absl::StatusOr<int> VerifyAll(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const int64_t violations, VerifyData(line, std::move(modules)));
  return violations == 0 ? 0 : 1;
}

absl::StatusOr<int> Verify(const Line& line, Modules modules) {
  if (line.arguments().empty()) return VerifyAll(line, std::move(modules));
  PrintRelations(modules);
  return 0;
}

absl::StatusOr<int> Clock(const Line& line, Modules) {
  RETURN_IF_ERROR(ShowOrMove(line));
  return 0;
}

}  // namespace vivier::command
