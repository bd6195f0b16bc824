#include "shared/backup/erased.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;

class ErasedTest : public ::testing::Test {
 protected:
  ErasedTest() {
    std::string pattern = (fs::temp_directory_path() / "vivier-erased-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/data");
  }
  ~ErasedTest() override { fs::remove_all(folder_); }

  void Append(const std::string& place, const std::string& text) const {
    std::ofstream(folder_ + place + "/enrolment", std::ios::app) << text;
  }
  std::string Read(const std::string& place) const {
    std::ostringstream text;
    text << std::ifstream(folder_ + place + "/enrolment").rdbuf();
    return text.str();
  }
  void Merge(const std::string& from, const std::string& to) const {
    EXPECT_EQ(MergeErased(folder_ + from, folder_ + to), absl::OkStatus());
  }

  std::string folder_;
};

TEST_F(ErasedTest, AddsWhatIsMissingAndOnceOnly) {
  Append("/data", "nancy T {\"a\":1}\nnancy T {\"b\":2}\n");
  Merge("/data", "/backup");
  Merge("/data", "/backup");
  EXPECT_EQ(Read("/backup"), "\nnancy T {\"a\":1}\nnancy T {\"b\":2}\n");
  Append("/data", "nancy T {\"c\":3}\n");
  Merge("/data", "/backup");
  EXPECT_EQ(Read("/backup"), "\nnancy T {\"a\":1}\nnancy T {\"b\":2}\n\nnancy T {\"c\":3}\n");
}

// An older list in place never takes anybody off the newer one, and what a crash has cut is nobody.
TEST_F(ErasedTest, NeverTakesAway) {
  Append("/data", "nancy T {\"a\":1}\n");
  Merge("/data", "/backup");
  fs::create_directories(folder_ + "/elsewhere");
  Append("/elsewhere", "nancy T {\"z\":9}\nnancy T {\"cut");
  Merge("/backup", "/elsewhere");
  EXPECT_EQ(Read("/elsewhere"), "nancy T {\"z\":9}\nnancy T {\"cut\nnancy T {\"a\":1}\n");
  Merge("/elsewhere", "/backup");
  EXPECT_EQ(Read("/backup"), "\nnancy T {\"a\":1}\n\nnancy T {\"z\":9}\n");
  Merge("/nowhere", "/backup");
}

}  // namespace
}  // namespace vivier::backup
