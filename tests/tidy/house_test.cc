// Our files keep every rule of this folder. There is no list of exceptions: what breaks a rule is
// mended, or the rule is changed where its reason stands.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/tidy/folders.h"
#include "tests/tidy/shapes.h"
#include "tests/tidy/states.h"
#include "tests/tidy/tables.h"
#include "tests/tidy/text_rules.h"

namespace vivier::tidy {
namespace {

std::string LeftToDo(const Tree& tree) {
  std::string left;
  for (const Findings& findings :
       {CheckText(tree), CheckOpenings(tree), CheckLines(tree), CheckFunctions(tree),
        CheckClasses(tree), CheckUnits(tree), CheckFolders(tree, Storeys()), CheckPurity(tree),
        CheckTables(tree), CheckStates(tree)})
    absl::StrAppend(&left, Text(findings));
  return left;
}

std::string Repeated(size_t times, const std::string& text) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(Tidy, NothingIsLeftToDo) { EXPECT_EQ(LeftToDo(OurTree()), ""); }

// One breach for each guard among our own files, so that none of the guards is left out.
TEST(Tidy, APlantedBreachIsLeftToDo) {
  struct Planted {
    std::string rule;
    std::string path;
    std::string text;
  };
  const Planted kPlanted[] = {
      {"NoException", "shared/base/planted_text.cc", "  throw 1;\n"},
      {"FilesSayWhatTheyAre", "shared/base/planted_opening.h", "#pragma once\n"},
      {"LinesAreShort", "shared/base/planted_line.cc", std::string(kColumnsMax + 1, 'x')},
      {"FunctionsFitAScreen", "shared/base/planted_function.cc",
       absl::StrCat("void F() {\n", Repeated(kFunctionLinesMax, "  f();\n"), "}\n")},
      {"ClassesAreSmall", "shared/base/planted_class.cc",
       absl::StrCat("class A {\n", Repeated(kClassFunctionsMax + 1, "  int F();\n"), "};\n")},
      {"FoldersHaveAnOrder", "shared/base/planted_order.cc", "#include \"services/modules.h\"\n"},
      {"PureIsPure", "shared/base/planted_promise.h", "// P. Pure functions.\n#include <mutex>\n"},
      {"NoForeignTable", "services/partners/planted.cc", "\"SELECT 1 FROM invoices\"\n"},
  };
  Tree tree = OurTree();
  for (const Planted& row : kPlanted) tree[row.path] = row.text;
  for (size_t i = 0; i <= kFolderUnitsMax; ++i) tree[absl::StrCat("demo/planted", i, ".cc")] = "";
  const std::string left = LeftToDo(tree);
  for (const Planted& row : kPlanted)
    EXPECT_TRUE(absl::StrContains(left, absl::StrCat(row.rule, " ", row.path))) << left;
  EXPECT_TRUE(absl::StrContains(left, "FoldersAreSmall demo")) << left;
}

}  // namespace
}  // namespace vivier::tidy
