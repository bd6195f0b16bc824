// The house's rules of style that no compiler sees, checked over our own files. Each rule says why
// it exists. Two tests: our files break none, and each rule finds the breach that is planted for
// it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

namespace vivier {
namespace {

// A rule forbids a pattern in the lines of the files whose path matches `files` and not `except`.
struct Rule {
  const char* name;
  const char* why;
  const char* files;
  const char* except;
  const char* forbidden;
};

// Code that runs in a transaction: handlers, reactions, ticks and rules.
#define SERVICE_CODE "services/[a-z]+/[a-z_]+\\.(h|cc)"
#define TESTS ".*_test\\.cc"

const Rule kRules[] = {
    {"GrpcInTransport",
     "everything else runs under TSan, and compiles in a third of the time, without gRPC",
     "(shared|services|tests)/.*\\.(h|cc)", "shared/transport/.*",
     "^#include ([<\"](grpc|grpcpp)/|.*\\.grpc\\.pb\\.h)"},
    {"NothingUnfinished", "what is not finished is not in the repository", ".*",
     "tests/tidy_test\\.cc|LICENSE", "\\b(TODO|FIXME|XXX)\\b"},
    {"NoMachinePath", "what works on one machine only does not work", ".*", "tests/tidy_test\\.cc",
     "/(work|home)/[a-z]"},
    {"NoException",
     "an error is a value that the caller sees; gRPC's threads would die of an exception",
     "(shared|services)/.*\\.(h|cc)", TESTS, "^[^/\"]*\\bthrow\\b"},
    {"RulesArePure", "a rule that reads nothing but its arguments can be a row of a test",
     "services/[a-z]+/rules\\.(h|cc)", "",
     "^#include "
     "[<\"](shared/(rpc|storage|follow|cache|transport)/|absl/time/"
     "clock|fstream|chrono|thread|random|mutex)"},
    {"NoClockInService", "call.time() is the only now: so a handler can be run again and simulated",
     SERVICE_CODE, TESTS "|services/portal/.*",
     "absl::Now\\(|system_clock|steady_clock|\\btime\\(nullptr\\)|std::j?thread\\b"},
    {"NoSleepInService", "a handler holds the school's only writer", SERVICE_CODE,
     TESTS "|services/portal/.*", "\\b(absl::SleepFor|sleep_for|usleep|nanosleep)\\("},
    {"NoForUpdate", "SQLite does not know it, and the head row's lock makes it useless",
     ".*\\.sql|(services|shared)/.*\\.(h|cc)", TESTS, "^(?i:[^/]*)\\bFOR UPDATE\\b"},
    {"OneSqlEquality", "only SQLite compares with two signs", ".*\\.sql", "", "=="},
    {"OneSqlTypes", "a column is TEXT, BIGINT or BYTEA on both engines", ".*\\.sql", "",
     "^[^-']*\\b[a-z_]+ "
     "(BOOLEAN|(BIG)?SERIAL|VARCHAR|CHAR|TIMESTAMP|TIMESTAMPTZ|DATE|JSONB?|REAL|DOUBLE|NUMERIC|"
     "BLOB|"
     "INTEGER|INT)\\b|AUTOINCREMENT"},
    {"OneSqlDialect", "these words mean something on one engine only", ".*\\.sql", "",
     "(?i)^[^-']*(\\b(DEFERRABLE|ILIKE|GLOB|INSERT OR|REPLACE "
     "INTO|CURRENT_TIMESTAMP|PRAGMA|EXCLUDE)\\b|::|\\bnow\\(\\))"},
    {"TypedNull", "PostgreSQL cannot tell the type of a parameter that is only compared with NULL",
     ".*\\.(sql|h|cc)", "tests/tidy_test\\.cc", "\\$[0-9]+ IS (NOT )?NULL"},
};

#undef SERVICE_CODE
#undef TESTS

constexpr size_t kLinesMax = 500;
constexpr size_t kProtoLinesMax =
    1000;  // a contract is mostly comments, and is read beside its rpcs
constexpr int kColumnsMax = 100;

using Findings = std::vector<std::string>;

void CheckLines(const Rule& rule, const std::string& path, const std::vector<std::string>& lines,
                Findings& findings) {
  if (!RE2::FullMatch(path, rule.files) || RE2::FullMatch(path, rule.except)) return;
  const RE2 forbidden(rule.forbidden);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (RE2::PartialMatch(lines[i], forbidden))
      findings.push_back(absl::StrCat(path, ":", i + 1, ": ", lines[i]));
  }
}

bool IsCode(const std::string& path) { return RE2::FullMatch(path, ".*\\.(h|cc|proto|sql)"); }

// Files that nobody finishes reading are files in which nobody finds a fault.
void CheckLength(const std::string& path, const std::vector<std::string>& lines,
                 Findings& findings) {
  if (!IsCode(path)) return;
  const size_t lines_max = absl::EndsWith(path, ".proto") ? kProtoLinesMax : kLinesMax;
  if (lines.size() > lines_max)
    findings.push_back(absl::StrCat(path, " has ", lines.size(), " lines"));
  for (size_t i = 0; i < lines.size(); ++i) {
    // A string or an address that cannot be broken may stand out; a continuation byte of UTF-8 is
    // no column.
    const auto columns =
        std::count_if(lines[i].begin(), lines[i].end(), [](char c) { return (c & 0xC0) != 0x80; });
    if (columns > kColumnsMax && !absl::StrContains(lines[i], "://")) {
      findings.push_back(absl::StrCat(path, ":", i + 1, " has ", columns, " columns"));
    }
  }
}

// The first lines of a header say what it is and who may call it from which thread; a reader begins
// there.
void CheckOpening(const std::string& path, const std::vector<std::string>& lines,
                  Findings& findings) {
  if (RE2::FullMatch(path, ".*\\.(h|proto)") && !absl::StartsWith(lines[0], "// ")) {
    findings.push_back(path + " does not begin with a comment");
  }
  if (RE2::FullMatch(path, ".*\\.sql") && !absl::StartsWith(lines[0], "-- ")) {
    findings.push_back(path + " does not begin with a comment");
  }
  if (absl::EndsWith(path, ".h") &&
      std::find(lines.begin(), lines.end(), "#pragma once") == lines.end()) {
    findings.push_back(path + " may be included twice");
  }
}

Findings CheckFile(const std::string& path, const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty() && lines.size() > 1) lines.pop_back();
  Findings findings;
  for (const Rule& rule : kRules) {
    Findings found;
    CheckLines(rule, path, lines, found);
    for (const std::string& finding : found)
      findings.push_back(absl::StrCat(rule.name, " (", rule.why, ") ", finding));
  }
  CheckLength(path, lines, findings);
  CheckOpening(path, lines, findings);
  return findings;
}

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Our own text files; what is vendored, built or installed is not ours.
std::vector<std::string> OurFiles(const std::filesystem::path& root) {
  static const auto& skipped =
      *new std::set<std::string>{".git", ".vivier", "node_modules", "google", "grpc"};
  std::vector<std::string> files;
  std::filesystem::recursive_directory_iterator entry(root), end;
  for (; entry != end; ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (skipped.count(name) > 0 || absl::StartsWith(name, "build"))) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && name != "package-lock.json") {
      files.push_back(entry->path().lexically_relative(root).generic_string());
    }
  }
  return files;
}

TEST(Tidy, OurFilesKeepTheRules) {
  const char* source = std::getenv("VIVIER_SOURCE");
  ASSERT_NE(source, nullptr) << "ctest sets VIVIER_SOURCE to the root of the repository";
  const std::vector<std::string> files = OurFiles(source);
  EXPECT_GT(files.size(), 50u) << "is " << source << " the repository?";
  Findings findings;
  for (const std::string& file : files) {
    const Findings found = CheckFile(file, Read(std::filesystem::path(source) / file));
    findings.insert(findings.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(findings.empty()) << absl::StrJoin(findings, "\n");
}

struct Planted {
  const char* path;
  const char* text;
  const char* finding;  // "" where there is none
};

const Planted kPlanted[] = {
    {"shared/rpc/a.cc", "#include <grpcpp/grpcpp.h>\n", "GrpcInTransport"},
    {"services/funding/a.cc", "#include \"x.grpc.pb.h\"\n", "GrpcInTransport"},
    {"shared/transport/a.cc", "#include <grpcpp/grpcpp.h>\n", ""},
    {"docs/a.md", "TODO: more\n", "NothingUnfinished"},
    {"deploy/a", "cd /home/me\n", "NoMachinePath"},
    {"shared/base/a.cc", "  throw 1;\n", "NoException"},
    {"shared/base/a.cc", "// never throw here\n", ""},
    {"services/funding/rules.cc", "#include \"shared/storage/log/table.h\"\n", "RulesArePure"},
    {"services/funding/rules.h", "// R.\n#pragma once\n#include \"shared/base/error.h\"\n", ""},
    {"services/funding/funding.cc", "auto now = absl::Now();\n", "NoClockInService"},
    {"services/funding/funding_test.cc", "auto now = absl::Now();\n", ""},
    {"services/funding/funding.cc", "absl::SleepFor(absl::Seconds(1));\n", "NoSleepInService"},
    {"services/funding/schema/001_a.sql", "-- A.\nSELECT 1 FOR UPDATE;\n", "NoForUpdate"},
    {"services/funding/schema/001_a.sql", "-- A.\nCHECK (a == 1)\n", "OneSqlEquality"},
    {"services/funding/schema/001_a.sql", "-- A.\n  open BOOLEAN,\n", "OneSqlTypes"},
    {"services/funding/schema/001_a.sql", "-- A.\n  start_date TEXT, -- a date\n  open BIGINT\n",
     ""},
    {"services/funding/schema/001_a.sql", "-- A.\nINSERT OR IGNORE\n", "OneSqlDialect"},
    {"services/funding/schema/001_a.sql", "-- A.\nx BIGINT DEFAULT now()\n", "OneSqlDialect"},
    {"shared/storage/a.cc", "\"$1 IS NULL\"\n", "TypedNull"},
    {"shared/storage/a.h", "#pragma once\n", "does not begin with a comment"},
    {"shared/storage/a.h", "// A.\n", "may be included twice"},
    {"services/funding/schema/001_a.sql", "CREATE TABLE a (b TEXT);\n",
     "does not begin with a comment"},
};

TEST(Tidy, EachRuleFindsItsPlantedBreach) {
  std::set<std::string> proved;
  for (const Planted& row : kPlanted) {
    const Findings findings = CheckFile(row.path, row.text);
    if (std::string(row.finding).empty()) {
      EXPECT_THAT(findings, testing::IsEmpty()) << row.text;
    } else {
      EXPECT_THAT(findings, testing::ElementsAre(testing::HasSubstr(row.finding))) << row.text;
      proved.insert(row.finding);
    }
  }
  for (const Rule& rule : kRules)
    EXPECT_EQ(proved.count(rule.name), 1u) << rule.name << " needs a row that breaks it";
}

TEST(Tidy, FindsWhatIsTooLong) {
  std::string text;
  for (size_t i = 0; i <= kLinesMax; ++i) text += "\n";
  EXPECT_THAT(CheckFile("shared/base/a.cc", text),
              testing::ElementsAre(testing::HasSubstr("501 lines")));
  EXPECT_THAT(CheckFile("shared/base/a.cc", std::string(101, 'x')),
              testing::ElementsAre(testing::HasSubstr("columns")));
  EXPECT_THAT(CheckFile("docs/a.md", text), testing::IsEmpty());
}

}  // namespace
}  // namespace vivier
