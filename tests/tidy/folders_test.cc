// The guards of folders and of purity find what is planted.
#include "tests/tidy/folders.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier::tidy {
namespace {

const std::vector<std::string> kPlanted = {
    "shared/base",
    "shared/log",
    "services/funding/money",
    "services/funding/bills",
    "services/partners",
    "services/policy",
    "demo",
    "services",
    "tests/support",
    "tests",
};

// A file in each folder, so that none lacks code.
Tree Kept() {
  Tree tree;
  for (const std::string& folder : kPlanted) tree[folder + "/kept.cc"] = "";
  return tree;
}

struct Row {
  const char* path;
  const char* included;
  const char* refusal;  // "" where it may
};

const Row kRows[] = {
    {"shared/log/a.cc", "shared/base/a.h", ""},
    {"shared/log/a.cc", "shared/log/b.h", ""},
    {"shared/base/a.cc", "shared/log/a.h", "shared/log stands above shared/base"},
    {"shared/base/a.h", "services/modules.h", "services stands above shared/base"},
    {"shared/log/a.cc", "vivier/funding/v1/resources.pb.h", "the trade stays out of shared/"},
    {"shared/log/a.cc", "vivier/site/v1/site.pb.h", ""},
    {"shared/log/a_test.cc", "vivier/funding/v1/resources.pb.h", ""},
    {"services/funding/bills/a.cc", "services/funding/money/a.h", ""},
    {"services/funding/money/a.cc", "services/funding/bills/a.h",
     "services/funding/bills stands above services/funding/money"},
    {"services/partners/a.cc", "services/funding/money/a.h", "services never include each other"},
    {"services/partners/a_test.cc", "services/funding/money/a.h",
     "services never include each other"},
    {"services/policy/a.cc", "services/partners/a.h", ""},
    {"services/modules.cc", "services/partners/a.h", ""},
    {"services/main.cc", "tests/support/world.h", "tests/support stands above services"},
    {"services/partners/a_test.cc", "tests/support/world.h", ""},
    {"shared/base/a_test.cc", "services/modules.h", ""},
    {"shared/base/a_test.cc", "tests/a.h", "tests stands above shared/base"},
    {"tests/a_test.cc", "demo/a.h", ""},
};

TEST(Folders, HaveAnOrder) {
  for (const Row& row : kRows) {
    Tree tree = Kept();
    tree[row.path] = absl::StrCat("#include \"", row.included, "\"\n");
    const std::string finding =
        absl::StrCat("FoldersHaveAnOrder ", row.path, ": ", row.refusal, ": ", row.included, "\n");
    EXPECT_EQ(Text(CheckFolders(tree, kPlanted)), *row.refusal == 0 ? "" : finding) << row.path;
  }
}

TEST(Folders, AreAllNamed) {
  Tree tree = Kept();
  tree["shared/new/a.h"] = "";
  tree.erase("demo/kept.cc");
  EXPECT_EQ(Text(CheckFolders(tree, kPlanted)),
            "FolderIsNamed shared/new: has no line among the storeys\n"
            "FolderIsNamed demo: has a line among the storeys and no code\n");
}

TEST(Purity, IsKeptByAUnitThatPromisesIt) {
  const char* const promises[] = {"// R. Pure functions, thread-safe.\n", "// R. Pure; safe.\n",
                                  "// R: pure functions\n// over tables.\n",
                                  "// R. Pure\n// functions.\n"};
  for (const char* includes :
       {"#include \"shared/storage/log/table.h\"\n", "#include \"shared/service/call.h\"\n",
        "#include \"absl/time/clock.h\"\n", "#include <mutex>\n", "#include <fstream>\n",
        "#include \"shared/base/random.h\"\n", "#include \"shared/log/log.h\"\n"}) {
    const std::string path = "services/funding/money/prices";
    for (const char* promise : promises) {
      EXPECT_NE(Text(CheckPurity({{path + ".h", absl::StrCat(promise, includes)}})), "") << promise;
      EXPECT_NE(Text(CheckPurity({{path + ".h", promise}, {path + ".cc", includes}})), "")
          << includes;
      EXPECT_NE(Text(CheckPurity({{path + ".h", absl::StrCat(promise, "#include \"a/b.h\"\n")},
                                  {"a/b.h", includes}})),
                "")
          << includes << " of a header of ours";
    }
    EXPECT_EQ(Text(CheckPurity({{path + ".h", absl::StrCat("// A store.\n", includes)}})), "");
  }
  EXPECT_EQ(Text(CheckPurity({{"a/b.h", absl::StrCat(promises[0], "#include <string>\n",
                                                     "#include \"absl/time/time.h\"\n",
                                                     "#include \"shared/base/error.h\"\n")}})),
            "");
}

}  // namespace
}  // namespace vivier::tidy
