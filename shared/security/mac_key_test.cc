#include "shared/security/mac_key.h"

#include <numeric>

#include "gtest/gtest.h"
#include "shared/base/hash.h"

namespace vivier::security {
namespace {

// 00 01 02 …
std::string Counting(size_t size) {
  std::string bytes(size, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

const MacKey& PaperKey() {
  static const MacKey key(*Key::FromBytes(Counting(Key::kSize)));
  return key;
}

// The first vectors of 128 bits of the authors' reference implementation.
TEST(MacKey, GivesTheCodesOfItsAuthors) {
  EXPECT_EQ(Hex(PaperKey().Of("")), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(Hex(PaperKey().Of(Counting(1))), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(Hex(PaperKey().Of(Counting(15))), "5493e99933b0a8117e08ec0f97cfc3d9");
}

TEST(MacKey, ACodeIsANumberOfItsBytes) {
  EXPECT_EQ(MacNumber(Counting(kMacSize)),
            absl::MakeUint128(0x0f0e0d0c0b0a0908, 0x0706050403020100));
}

TEST(MacKey, AnotherKeyGivesAnotherCode) {
  EXPECT_NE(MacKey(Key::Random()).Of("text"), PaperKey().Of("text"));
}

}  // namespace
}  // namespace vivier::security
