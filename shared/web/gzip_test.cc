#include "shared/web/gzip.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

TEST(Gzip, ExpandsWhatItPacked) {
  for (const std::string& plain :
       {std::string(), std::string("a"), std::string(100'000, 'x'), std::string(16 * 1024, 'y')}) {
    const std::string packed = Gzip(plain);
    const absl::StatusOr<std::string> expanded = Gunzip(packed, 100'000);
    ASSERT_TRUE(expanded.ok()) << expanded.status();
    EXPECT_EQ(*expanded, plain);
  }
}

TEST(Gzip, NeverExpandsBeyondItsBound) {
  const std::string packed = Gzip(std::string(10 << 20, 'x'));
  EXPECT_LT(packed.size(), 64U * 1024);
  EXPECT_EQ(ReasonOf(Gunzip(packed, 64 * 1024).status()), "REQUEST_TOO_LARGE");
  EXPECT_EQ(ReasonOf(Gunzip(Gzip(std::string(1001, 'x')), 1000).status()), "REQUEST_TOO_LARGE");
  EXPECT_TRUE(Gunzip(Gzip(std::string(1000, 'x')), 1000).ok());
}

TEST(Gzip, IsOneWholeStream) {
  const std::string packed = Gzip("some text that is packed");
  for (size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(Gunzip(packed.substr(0, size), 1000).ok()) << size;
  EXPECT_FALSE(Gunzip(packed + "x", 1000).ok());
  EXPECT_FALSE(Gunzip("no gzip", 1000).ok());
}

}  // namespace
}  // namespace vivier::web
