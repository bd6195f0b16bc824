// What is counted is what is there, and each limit finds what is over it.
#include "tests/tidy/shapes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vivier::tidy {
namespace {

std::string Lines(size_t count, const std::string& line) {
  std::string text;
  for (size_t i = 0; i < count; ++i) absl::StrAppend(&text, line, "\n");
  return text;
}

constexpr char kText[] = R"text(
#define OPEN {
namespace a {
struct Point {
  int x = F(1);
  std::function<void(int)> told;
};
const int kTable[] = {G(1), {2}};
const auto kLambda = [](int x) { return x; };
enum class Kind { kOne, kTwo };
// A comment with a brace {
template <class M>
class Table : public Base<M> {
 public:
  explicit Table(int x) : x_(x), y_{0} {}
  ~Table() override;
  Table& operator=(const Table&) = default;
  int x() const { return x_; }
  [[nodiscard]] static std::map<int, int> Make(const char* text = "{(");
  void Walk(
      const std::function<void()>& visit) const {
    for (;;) {
      visit();
    }
  }
  virtual void Store() = 0;
  bool operator==(const Table& other) const { return x_ == other.x_; }

 private:
  struct Row {
    int Length() const;
  };
  using F = void (*)(int);
  int x_ = Make(R"({)");
  int y_ ABSL_GUARDED_BY(mutex_) = 0;
};
char Brace() { return '{'; }
std::vector<std::pair<int, int>> Point::Find(
    int x) {
  return {};
}
TEST(Point, Finds) {
  EXPECT_TRUE(true);
}
}  // namespace a
)text";

TEST(Shapes, AreCounted) {
  std::vector<std::string> functions, classes;
  const Shapes shapes = ShapesOf(kText);
  for (const Function& each : shapes.functions)
    functions.push_back(absl::StrCat(each.name, " ", each.lines));
  for (const Class& each : shapes.classes)
    classes.push_back(absl::StrCat(each.name, " ", each.functions));
  EXPECT_THAT(functions, testing::ElementsAre("Table::Table 1", "Table::x 1", "Table::Walk 6",
                                              "Table::operator== 1", "Brace 1", "Point::Find 4",
                                              "TEST(Point, Finds) 3"));
  EXPECT_THAT(classes, testing::ElementsAre("Point 0", "Row 1", "Table 4"));
}

TEST(Shapes, OfAFunction) {
  const auto text = [](size_t lines) {
    return absl::StrCat("void F() {\n", Lines(lines - 2, "  G();"), "}\n");
  };
  EXPECT_EQ(Text(CheckFunctions({{"shared/base/a.cc", text(60)}})), "");
  EXPECT_EQ(Text(CheckFunctions({{"shared/base/a.cc", text(61)}})),
            "FunctionsFitAScreen shared/base/a.cc:F: has 61 lines\n");
}

TEST(Shapes, OfAClass) {
  const auto text = [](size_t functions) {
    return absl::StrCat("class A {\n  A();\n", Lines(functions, "  int F(int x = 1) const;"),
                        "};\n");
  };
  EXPECT_EQ(Text(CheckClasses({{"shared/base/a.h", text(20)}})), "");
  EXPECT_EQ(Text(CheckClasses({{"shared/base/a.h", text(21)}})),
            "ClassesAreSmall shared/base/a.h:A: has 21 functions\n");
}

TEST(Shapes, OfAFolder) {
  Tree tree;
  for (int i = 0; i < 15; ++i) {
    for (const char* end : {".h", ".cc", "_test.cc", "_long_test.cc"})
      tree[absl::StrCat("shared/base/u", i, end)] = "";
  }
  tree["shared/base/README.md"] = "";
  tree["shared/base/below/x.h"] = "";
  EXPECT_EQ(Text(CheckUnits(tree)), "");
  tree["shared/base/x_test.cc"] = "";
  EXPECT_EQ(Text(CheckUnits(tree)), "FoldersAreSmall shared/base: has 16 units\n");
}

TEST(Shapes, OfAFileAndItsLines) {
  EXPECT_EQ(Text(CheckLines({{"shared/base/a.cc", Lines(500, "")}})), "");
  EXPECT_EQ(Text(CheckLines({{"shared/base/a.cc", Lines(501, "")}})),
            "FilesAreShort shared/base/a.cc: has 501 lines\n");
  EXPECT_EQ(Text(CheckLines({{"protos/vivier/a.proto", Lines(1001, "")}})),
            "FilesAreShort protos/vivier/a.proto: has 1001 lines\n");
  EXPECT_EQ(Text(CheckLines({{"docs/a.md", Lines(501, std::string(200, 'x'))}})), "");
  for (const char* path : {"a/a.h", "a/a.cc", "a/a.proto", "a/a.sql"}) {
    EXPECT_EQ(Text(CheckLines({{path, std::string(100, 'x')}})), "");
    EXPECT_EQ(Text(CheckLines({{path, std::string(101, 'x')}})),
              absl::StrCat("LinesAreShort ", path, ": line 1 has 101 columns\n"));
  }
  EXPECT_EQ(Text(CheckLines({{"a/a.h", Lines(1, absl::StrCat(std::string(98, 'x'), "é─"))}})), "");
  EXPECT_EQ(Text(CheckLines({{"a/a.h", absl::StrCat("// https://", std::string(99, 'x'))}})), "");
}

}  // namespace
}  // namespace vivier::tidy
