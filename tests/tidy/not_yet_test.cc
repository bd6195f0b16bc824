// Our files keep every rule of this folder, but for what not_yet.cc names.
#include "tests/tidy/not_yet.h"

#include "gtest/gtest.h"
#include "tests/tidy/folders.h"
#include "tests/tidy/shapes.h"
#include "tests/tidy/tables.h"
#include "tests/tidy/text_rules.h"

namespace vivier::tidy {
namespace {

TEST(Tidy, OurFilesKeepEveryRule) {
  const Tree& tree = OurTree();
  Findings all;
  for (const Findings& findings :
       {CheckText(tree), CheckOpenings(tree), CheckLines(tree), CheckFunctions(tree),
        CheckClasses(tree), CheckUnits(tree), CheckFolders(tree, Storeys()), CheckPurity(tree),
        CheckTables(tree)})
    all.insert(all.end(), findings.begin(), findings.end());
  EXPECT_EQ(Text(Unexcused(all, NotYetList())), "");
}

TEST(Tidy, ALineExcusesItsFindingAndNoOther) {
  const NotYet list[] = {{"LinesAreShort", "a.cc", "wrap"}};
  EXPECT_EQ(Text(Unexcused({{"LinesAreShort", "a.cc", "x"}}, list)), "");
  EXPECT_EQ(Text(Unexcused({{"LinesAreShort", "a.cc", "x"}, {"LinesAreShort", "b.cc", "x"}}, list)),
            "LinesAreShort b.cc: x\n");
  EXPECT_EQ(Text(Unexcused({{"LinesAreShort", "a.cc", "x"}, {"FilesAreShort", "a.cc", "x"}}, list)),
            "FilesAreShort a.cc: x\n");
}

TEST(Tidy, ALineThatExcusesNothingIsAFinding) {
  const NotYet list[] = {{"LinesAreShort", "a.cc", "wrap"}};
  EXPECT_EQ(Text(Unexcused({}, list)), "LinesAreShort a.cc: is kept now: take its line away\n");
}

}  // namespace
}  // namespace vivier::tidy
