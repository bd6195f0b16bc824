#include "shared/base/file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier {
namespace {

std::string Text(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(WriteNamed, MakesFoldersAndReplaces) {
  const std::string folder = ::testing::TempDir() + "write-named/a/b";
  std::filesystem::remove_all(::testing::TempDir() + "write-named");
  const std::string path = folder + "/page.md", longer(10'000, 'x');
  ASSERT_TRUE(WriteNamed("DIR", path, longer).ok());
  EXPECT_EQ(Text(path), longer);
  ASSERT_TRUE(WriteNamed("DIR", path, std::string("\0\n", 2)).ok());
  EXPECT_EQ(Text(path), std::string("\0\n", 2));
}

TEST(WriteNamed, NamesTheFieldOfWhatCannotBe) {
  for (const std::string path : {"/dev/full", "/dev/null/page.md", "/proc"}) {
    const absl::Status refused = WriteNamed("FILE", path, "x");
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(path));
  }
}

}  // namespace
}  // namespace vivier
