#include "shared/web/framing.h"

#include "absl/strings/escaping.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

absl::Status Malformed(absl::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST", what);
}

}  // namespace

std::string Framed(uint8_t flags, absl::string_view message) {
  const auto length = static_cast<uint32_t>(message.size());
  std::string frame;
  frame.reserve(kFrameHeadBytes + message.size());
  frame.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8)
    frame.push_back(static_cast<char>((length >> shift) & 0xFF));
  frame.append(message.data(), message.size());
  return frame;
}

absl::StatusOr<Frame> OneFrame(absl::string_view body) {
  if (body.size() < kFrameHeadBytes) return Malformed("the body ends before its message");
  const auto flags = static_cast<uint8_t>(body[0]);
  if ((flags & ~kCompressed) != 0) return Malformed("the message has flags that no request has");
  uint32_t length = 0;
  for (size_t i = 1; i < kFrameHeadBytes; ++i) length = length << 8 | static_cast<uint8_t>(body[i]);
  if (body.size() - kFrameHeadBytes != length)
    return Malformed("the body is not one message of the length that it says");
  return Frame{flags == kCompressed, body.substr(kFrameHeadBytes)};
}

absl::StatusOr<std::string> FromBase64Pieces(absl::string_view text) {
  constexpr size_t kGroup = 4;  // characters that stand for three bytes; padding ends a piece
  std::string bytes;
  bytes.reserve(text.size() / kGroup * 3);
  while (!text.empty()) {
    size_t end = text.find('=');
    end = end == absl::string_view::npos ? text.size() : (end / kGroup + 1) * kGroup;
    std::string piece;
    if (end > text.size() || end % kGroup != 0 ||
        !absl::Base64Unescape(text.substr(0, end), &piece))
      return Malformed("the body is no base64");
    bytes += piece;
    text.remove_prefix(end);
  }
  return bytes;
}

}  // namespace vivier::web
