// The program that schools run is hardened; a program that was built without one of the flags is
// found out.
#include "tests/hardening/hardening.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vivier::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// With a frame of several pages, a small array, and a copy into it.
constexpr char kProgram[] = R"text(
#include <cstdio>
#include <cstring>
int main(int count, char** words) {
  char large[40000], small[16];
  if (std::fgets(large, sizeof(large), stdin) == nullptr) return 1;
  std::strcpy(small, words[0]);
  return std::printf("%s %c", small, large[count]) > 0 ? 0 : 1;
}
)text";
constexpr char kHardened[] =
    "-O2 -fPIE -pie -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE "
    "-D_FORTIFY_SOURCE=3 -Wl,-z,relro,-z,now,-z,noexecstack";

std::string Contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// What a program lacks that was compiled with these flags, the later ones undoing the earlier.
std::vector<std::string> MissingWith(const std::string& flags) {
  std::string folder = (std::filesystem::temp_directory_path() / "vivier-elf-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/program.cc") << kProgram;
  const std::string command = absl::StrCat("c++ ", kHardened, " ", flags, " -o ", folder,
                                           "/program ", folder, "/program.cc");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  const std::vector<std::string> missing = MissingHardening(Contents(folder + "/program"));
  std::filesystem::remove_all(folder);
  return missing;
}

TEST(Hardening, OurProgramHasAll) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' builds are not hardened";
#endif
  const char* path = std::getenv("VIVIER_BINARY");
  ASSERT_NE(path, nullptr);
  EXPECT_THAT(MissingHardening(Contents(path)), IsEmpty());
}

TEST(Hardening, EachFlagThatIsMissingIsFound) {
  EXPECT_THAT(MissingWith(""), IsEmpty());
  EXPECT_THAT(MissingWith("-fno-pie -no-pie"), ElementsAre("PIE"));
  EXPECT_THAT(MissingWith("-Wl,-z,norelro"), ElementsAre("RELRO"));
  EXPECT_THAT(MissingWith("-Wl,-z,lazy"), ElementsAre("BIND_NOW"));
  EXPECT_THAT(MissingWith("-Wl,-z,execstack"), ElementsAre("non-executable stack"));
  EXPECT_THAT(MissingWith("-fno-stack-protector"), ElementsAre("stack protector"));
  EXPECT_THAT(MissingWith("-U_FORTIFY_SOURCE"), ElementsAre("FORTIFY"));
  EXPECT_THAT(MissingWith("-fno-stack-clash-protection"), ElementsAre("stack clash protection"));
}

TEST(Hardening, WhatIsNoProgramIsSaidToBeNone) {
  EXPECT_THAT(MissingHardening("#!/bin/sh\n"), ElementsAre("an ELF file"));
  EXPECT_THAT(MissingHardening(""), ElementsAre("an ELF file"));
}

}  // namespace
}  // namespace vivier::testing
