#include "shared/web/framing.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace vivier::web {
namespace {

TEST(Framing, IsReadAsItWasWritten) {
  for (const std::string& message : {std::string(), std::string("a"), std::string(70'000, '\0')}) {
    const std::string framed = Framed(kPlain, message);
    EXPECT_EQ(framed.size(), message.size() + kFrameHeadBytes);
    const absl::StatusOr<Frame> frame = OneFrame(framed);
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->message, message);
    EXPECT_FALSE(frame->compressed);
  }
  EXPECT_EQ(Framed(kTrailers, "ab"), std::string("\x80\0\0\0\x02"
                                                 "ab",
                                                 7));
  EXPECT_TRUE(OneFrame(Framed(kCompressed, "x"))->compressed);
}

TEST(Framing, IsOneMessageAndNothingElse) {
  const std::string whole = Framed(kPlain, "abc");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(OneFrame(whole.substr(0, size)).ok()) << size;
  EXPECT_FALSE(OneFrame(whole + "x").ok());
  EXPECT_FALSE(OneFrame(whole + whole).ok());
  EXPECT_FALSE(OneFrame(std::string("\0\xff\xff\xff\xff"
                                    "abc",
                                    8))
                   .ok());
  for (const int flags : {2, 3, 4, 0x80, 0xff})
    EXPECT_FALSE(OneFrame(Framed(static_cast<uint8_t>(flags), "abc")).ok()) << flags;
}

TEST(Framing, ReadsPiecesOfBase64) {
  const auto text = [](const std::string& bytes) { return absl::Base64Escape(bytes); };
  EXPECT_EQ(*FromBase64Pieces(""), "");
  for (const std::string& first : std::vector<std::string>{"", "a", "ab", "abc", "abcd"})
    for (const std::string& second : std::vector<std::string>{"", "x", "xy", "xyz"})
      EXPECT_EQ(*FromBase64Pieces(text(first) + text(second)), first + second);
  for (const char* wrong :
       {"a", "ab", "abc", "=", "====", "YQ=", "YQ=x", "YQ==YQ=", "Y!==", "YQ== "})
    EXPECT_FALSE(FromBase64Pieces(wrong).ok()) << wrong;
}

}  // namespace
}  // namespace vivier::web
