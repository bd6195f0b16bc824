#include "shared/base/network.h"

#include "gtest/gtest.h"

namespace vivier {
namespace {

TEST(Network, KeepsTheLineOrWhatIsAroundIt) {
  const struct {
    const char *address, *line, *around;
  } rows[] = {
      {"192.0.2.7", "192.0.2.7", "192.0.2.0/24"},
      {"::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24"},
      {"2001:db8:1:2:3::7", "2001:db8:1:2::/64", "2001:db8:1::/48"},
      {"255.255.255.255", "255.255.255.255", "255.255.255.0/24"},
      {"::1", "::/64", "::/48"},
      {"", "", ""},
      {"192.0.2.7, 192.0.2.8", "", ""},
      {"192.0.2.256", "", ""},
      {"fe80::1%eth0", "", ""},
      {"nancy.example", "", ""},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(LineOf(row.address), row.line) << row.address;
    EXPECT_EQ(SurroundingsOf(row.address), row.around) << row.address;
  }
}

TEST(Network, KnowsTheMachineItself) {
  for (const char* own : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IsLoopback(own)) << own;
  for (const char* other : {"128.0.0.1", "10.0.0.1", "::2", "", "localhost"})
    EXPECT_FALSE(IsLoopback(other)) << other;
}

}  // namespace
}  // namespace vivier
