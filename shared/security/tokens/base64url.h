// base64url without padding (RFC 4648 §5), as tokens and their keys are written. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace vivier::security {

// nullopt unless `text` is the one canonical spelling of its bytes.
inline std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  // Abseil forgives padding, white space and stray last bits; encoding again shows whether it had
  // to.
  if (!absl::WebSafeBase64Unescape(text, &bytes) || absl::WebSafeBase64Escape(bytes) != text)
    return std::nullopt;
  return bytes;
}

}  // namespace vivier::security
