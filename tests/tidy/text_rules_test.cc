// Each rule of text finds the breach that is planted for it.
#include "tests/tidy/text_rules.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace vivier::tidy {
namespace {

struct Planted {
  const char* path;
  const char* text;
  const char* rule;  // "" where none is broken
};

const Planted kPlanted[] = {
    {"shared/rpc/a.cc", "#include <grpcpp/grpcpp.h>\n", "GrpcInTransport"},
    {"services/funding/a.cc", "#include \"x.grpc.pb.h\"\n", "GrpcInTransport"},
    {"shared/rpc/a.cc", "#include \"grpc/grpc.h\"\n", "GrpcInTransport"},
    {"shared/rpc/a.cc", "#include \"grpc/health/v1/health.pb.h\"\n", ""},
    {"shared/transport/a.cc", "#include <grpcpp/grpcpp.h>\n", ""},
    {"docs/a.md", "TODO: more\n", "NothingUnfinished"},
    {"deploy/a", "cd /home/me\n", "NoMachinePath"},
    {"shared/base/a.cc", "  throw 1;\n", "NoException"},
    {"shared/base/a.cc", "// never throw here\n", ""},
    {"services/funding/funding.cc", "auto now = absl::Now();\n", "NoClockInService"},
    {"services/funding/money/a.cc", "auto now = absl::Now();\n", "NoClockInService"},
    {"services/funding/money/a.cc", "std::thread thread;\n", "NoClockInService"},
    {"services/funding/money/a.cc", "#include \"shared/transport/channel.h\"\n",
     "NoChannelInService"},
    {"services/funding/funding_test.cc", "auto now = absl::Now();\n", ""},
    {"services/funding/funding.cc", "absl::SleepFor(absl::Seconds(1));\n", "NoSleepInService"},
    {"services/funding/money/a.cc", "absl::SleepFor(absl::Seconds(1));\n", "NoSleepInService"},
    {"services/main.cc", "absl::Now();\n", ""},
    {"services/funding/schema/001_a.sql", "-- A.\nSELECT 1 FOR UPDATE;\n", "NoForUpdate"},
    {"services/funding/schema/001_a.sql", "-- A.\nCHECK (a == 1)\n", "OneSqlEquality"},
    {"services/funding/schema/001_a.sql", "-- A.\n  open BOOLEAN,\n", "OneSqlTypes"},
    {"services/funding/schema/001_a.sql", "-- A.\n  start_date TEXT, -- a date\n  open BIGINT\n",
     ""},
    {"services/funding/schema/001_a.sql", "-- A.\nINSERT OR IGNORE\n", "OneSqlDialect"},
    {"services/funding/schema/001_a.sql", "-- A.\nx BIGINT DEFAULT now()\n", "OneSqlDialect"},
    {"services/funding/plans/a.cc", "\"shares LIKE $2 ORDER BY name\"\n", "NoLike"},
    {"services/funding/plans/a.cc", "// No LIKE here.\n", ""},
    {"shared/storage/a.cc", "\"$1 IS NULL\"\n", "TypedNull"},
    {"shared/storage/a.h", "#pragma once\n", "FilesSayWhatTheyAre"},
    {"shared/storage/a.h", "// A.\n", "FilesSayWhatTheyAre"},
    {"services/funding/schema/001_a.sql", "CREATE TABLE a (b TEXT);\n", "FilesSayWhatTheyAre"},
};

TEST(TextRules, EachFindsItsPlantedBreach) {
  std::set<std::string> proved;
  for (const Planted& row : kPlanted) {
    const Tree tree = {{row.path, row.text}};
    Findings findings = CheckText(tree);
    for (const Finding& finding : CheckOpenings(tree)) findings.push_back(finding);
    if (std::string(row.rule).empty()) {
      EXPECT_EQ(Text(findings), "") << row.text;
    } else {
      ASSERT_EQ(findings.size(), 1u) << row.text << Text(findings);
      EXPECT_EQ(findings[0].rule, row.rule) << row.text;
      proved.insert(row.rule);
    }
  }
  for (const TextRule& rule : TextRules())
    EXPECT_EQ(proved.count(rule.name), 1u) << rule.name << " needs a row that breaks it";
}

}  // namespace
}  // namespace vivier::tidy
