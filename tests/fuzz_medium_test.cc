// Each reader of bytes that others wrote, for five seconds on what is made of its kept corpus; and
// that such a run finds a crash where one is planted.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kCrashed = 77;
constexpr const char* kTargets[] = {"xml",        "csv",    "applications", "token",   "jwks",
                                    "page_token", "filter", "textproto",    "request", "redis",
                                    "stored",     "rules",  "http",         "uploads", "names"};

class FuzzTest : public ::testing::TestWithParam<const char*> {
 protected:
  int Fuzz(std::vector<std::string> arguments, std::string& said) {
    const std::string program = absl::StrCat(std::getenv("VIVIER_BINARY"), "-fuzz");
    arguments.insert(arguments.begin(), GetParam());
    arguments.push_back(
        absl::StrCat("--corpus=", std::getenv("VIVIER_SOURCE"), "/tests/fuzz/corpus"));
    const int status = RunToEnd(arguments, &said, absl::Minutes(1), program);
    std::cout << said;
    return status;
  }
};
INSTANTIATE_TEST_SUITE_P(Targets, FuzzTest, ::testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(FuzzTest, StandsAnything) {
  std::string said;
  EXPECT_EQ(Fuzz({"--seconds=5"}, said), 0) << said;
}

TEST_P(FuzzTest, FindsAPlantedCrash) {
  std::string said;
  EXPECT_EQ(Fuzz({"--seconds=20", "--plant"}, said), kCrashed) << said;
  EXPECT_THAT(said, ::testing::HasSubstr("the planted crash"));
  const size_t path = said.find("/");
  ASSERT_NE(path, said.npos);
  fs::remove(said.substr(path, said.find('\n', path) - path));
}

}  // namespace
}  // namespace vivier::testing
