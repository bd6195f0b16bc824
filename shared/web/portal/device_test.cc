#include "shared/web/portal/device.h"

#include "gtest/gtest.h"

namespace vivier::web {
namespace {

TEST(Device, IsTwoWords) {
  const std::pair<const char*, const char*> rows[] = {
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
       "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
       "Edge, Windows"},
      {"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
       "Mobile Safari/537.36",
       "Chrome, Android"},
      {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
       "Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
       "Safari, iOS"},
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
       "Version/17.5 Safari/605.1.15",
       "Safari, macOS"},
      {"curl/7.88.1", "another program"},
      {"", "another program"},
      {"<script>Firefox/1", "Firefox"},
  };
  for (const auto& [user_agent, words] : rows) EXPECT_EQ(DeviceOf(user_agent), words);
}

}  // namespace
}  // namespace vivier::web
