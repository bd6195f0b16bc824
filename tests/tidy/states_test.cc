// The guard of state machines finds what is planted.
#include "tests/tidy/states.h"

#include "gtest/gtest.h"

namespace vivier::tidy {
namespace {

constexpr char kHeader[] = "services/funding/invoices/states.h";
constexpr char kReadme[] = "services/funding/README.md";
constexpr char kTest[] = "services/funding/invoices/states_test.cc";

const Tree kKept = {
    {"protos/vivier/funding/v1/invoices.proto",
     "message Invoice {\n  // Where.\n  enum State {\n    DRAFT = 1;\n  }\n}\n"
     "message Payment {\n  string name = 1;\n}\n"},
    {"protos/vivier/site/v1/site.proto", "message Erasure {\n  enum State {\n  }\n}\n"},
    {kHeader,
     "// The states.\n//\n//   Invoice  new ─CreateInvoice▶ DRAFT\n"
     "Transition<v1::Invoice::State> kRows[];\n"},
    {kReadme, "An invoice:\n\n```\nInvoice  new ─CreateInvoice▶ DRAFT\n```\n"},
    {kTest, "ReadDiagram(text, \"Invoice\")\n"},
};

std::string Without(const std::string& path, const std::string& text) {
  Tree tree = kKept;
  std::string& changed = tree[path];
  const size_t at = changed.find(text);
  EXPECT_NE(at, std::string::npos);
  changed.erase(at, text.size());
  return Text(CheckStates(tree));
}

TEST(States, FindNothingWhereEachIsDrawn) { EXPECT_EQ(Text(CheckStates(kKept)), ""); }

TEST(States, FindWhatIsNotDrawnOrNotCompared) {
  constexpr char kNoRows[] =
      "StatesAreDrawn services/funding:Invoice: no header has its rows and "
      "its diagram\n";
  EXPECT_EQ(Without(kHeader, "Transition<v1::Invoice::State>"), kNoRows);
  EXPECT_EQ(Without(kHeader, "//   Invoice  new"), kNoRows);
  constexpr char kNoTest[] =
      "StatesAreDrawn services/funding:Invoice: no test beside "
      "services/funding/invoices/states.h compares its diagram\n";
  EXPECT_EQ(Without(kTest, "\"Invoice\""), kNoTest);
  EXPECT_EQ(Without(kTest, "ReadDiagram("), kNoTest);
}

TEST(States, FindWhatAReadmeDrawsOtherwise) {
  Tree tree = kKept;
  tree[kReadme] = "```\nInvoice  new ─CreateInvoice▶ DRAFT ─IssueInvoice▶ ISSUED\n```\n";
  EXPECT_EQ(Text(CheckStates(tree)),
            "ReadmesDrawTheSame services/funding/README.md:Invoice: DRAFT IssueInvoice ISSUED\n");
}

}  // namespace
}  // namespace vivier::tidy
