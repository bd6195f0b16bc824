#include "tests/tidy/text_rules.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace vivier::tidy {
namespace {

// Code that runs in a transaction: handlers, reactions, ticks and rules.
#define SERVICE_CODE "services/[a-z]+/[a-z_/]+\\.(h|cc)"
#define TESTS ".*_test\\.cc"

const TextRule kRules[] = {
    {"GrpcInTransport",
     "everything else runs under TSan, and compiles in a third of the time, without gRPC",
     "(shared|services|tests)/.*\\.(h|cc)", "shared/transport/.*",
     // Messages of gRPC's own protos, "grpc/….pb.h", need none of it.
     "^#include (<(grpc|grpcpp)/|\"(grpc|grpcpp)/.*([^b]|[^p]b|[^.]pb)\\.h|.*\\.grpc\\.pb\\.h)"},
    {"NothingUnfinished", "what is not finished is not in the repository", ".*",
     "tests/tidy/text_rules.*\\.cc|LICENSE", "\\b(TODO|FIXME|XXX)\\b"},
    {"NoMachinePath", "what works on one machine only does not work", ".*",
     "tests/tidy/text_rules.*\\.cc", "/(work|home)/[a-z]"},
    {"NoException",
     "an error is a value that the caller sees; gRPC's threads would die of an exception",
     "(shared|services)/.*\\.(h|cc)", TESTS, "^[^/\"]*\\bthrow\\b"},
    {"NoClockInService", "call.time() is the only now: so a handler can be run again and simulated",
     SERVICE_CODE, TESTS "|services/command/.*",
     "absl::Now\\(|system_clock|steady_clock|\\btime\\(nullptr\\)|std::j?thread\\b"},
    {"NoSleepInService", "a handler holds the school's only writer", SERVICE_CODE,
     TESTS "|services/command/.*", "\\b(absl::SleepFor|sleep_for|usleep|nanosleep)\\("},
    {"NoChannelInService", "a call to elsewhere would hold the writer for as long as it takes",
     SERVICE_CODE, TESTS "|services/command/.*",
     "^#include [<\"](shared/(transport|site)/|shared/service/channel)|\\brpc::Channel\\b"},
    {"NoForUpdate", "SQLite does not know it, and the head row's lock makes it useless",
     ".*\\.sql|(services|shared)/.*\\.(h|cc)", TESTS "|shared/storage/log/unit\\.cc",
     "^(?i:[^/]*)\\bFOR UPDATE\\b"},
    {"OneSqlEquality", "only SQLite compares with two signs", ".*\\.sql", "", "=="},
    {"OneSqlTypes", "a column is TEXT, BIGINT or BYTEA on both engines", ".*\\.sql", "",
     "^[^-']*\\b[a-z_]+ "
     "(BOOLEAN|(BIG)?SERIAL|VARCHAR|CHAR|TIMESTAMP|TIMESTAMPTZ|DATE|JSONB?|REAL|DOUBLE|NUMERIC|"
     "BLOB|"
     "INTEGER|INT)\\b|AUTOINCREMENT"},
    {"OneSqlDialect", "these words mean something on one engine only", ".*\\.sql", "",
     "(?i)^[^-']*(\\b(DEFERRABLE|ILIKE|GLOB|INSERT OR|REPLACE "
     "INTO|CURRENT_TIMESTAMP|PRAGMA|EXCLUDE)\\b|::|\\bnow\\(\\))"},
    {"NoLike",
     "no index reaches into a text: a list that is searched has `searched_by`, and names a range",
     "(services|shared)/.*\\.(sql|h|cc)", TESTS "|shared/backup/tables\\.cc", "^[^/]*\\bLIKE\\b"},
    {"TypedNull", "PostgreSQL cannot tell the type of a parameter that is only compared with NULL",
     ".*\\.(sql|h|cc)", "tests/tidy/text_rules.*\\.cc", "\\$[0-9]+ IS (NOT )?NULL"},
};

#undef SERVICE_CODE
#undef TESTS

}  // namespace

absl::Span<const TextRule> TextRules() { return kRules; }

Findings CheckText(const Tree& tree) {
  Findings findings;
  for (const TextRule& rule : kRules) {
    const RE2 files(rule.files), except(rule.except), forbidden(rule.forbidden);
    // Looks over a whole text at once, which is quicker; finds whatever a line of it has.
    const RE2 suspected(absl::StrCat("(?m)", rule.forbidden));
    for (const auto& [path, text] : tree) {
      if (!RE2::FullMatch(path, files) || RE2::FullMatch(path, except)) continue;
      if (!RE2::PartialMatch(text, suspected)) continue;
      const std::vector<std::string> lines = LinesOf(text);
      for (size_t i = 0; i < lines.size(); ++i) {
        if (RE2::PartialMatch(lines[i], forbidden))
          findings.push_back(
              {rule.name, path, absl::StrCat(i + 1, ": ", lines[i], " (", rule.why, ")")});
      }
    }
  }
  return findings;
}

Findings CheckOpenings(const Tree& tree) {
  Findings findings;
  const auto find = [&findings](const std::string& path, const char* what) {
    findings.push_back({"FilesSayWhatTheyAre", path, what});
  };
  static const RE2& once = *new RE2("(?m)^#pragma once$");
  for (const auto& [path, text] : tree) {
    const bool sql = absl::EndsWith(path, ".sql");
    if (!sql && !absl::EndsWith(path, ".h") && !absl::EndsWith(path, ".proto")) continue;
    if (!absl::StartsWith(text, sql ? "-- " : "// ")) find(path, "does not begin with a comment");
    if (absl::EndsWith(path, ".h") && !RE2::PartialMatch(text, once))
      find(path, "may be included twice");
  }
  return findings;
}

}  // namespace vivier::tidy
