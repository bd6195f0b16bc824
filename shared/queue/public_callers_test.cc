#include "shared/queue/public_callers.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier {
namespace {

using Place = PublicCallers::Place;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(400'000);

// How many of `count` calls, one after the other, are let in.
int LetIn(PublicCallers& callers, const std::string& address, int count, absl::Time now) {
  int let_in = 0;
  for (int i = 0; i < count; ++i) let_in += callers.Enter(address, now).ok() ? 1 : 0;
  return let_in;
}

TEST(PublicCallers, LetsOneAskInABurstAndThenBySeconds) {
  PublicCallers callers;
  EXPECT_EQ(LetIn(callers, "192.0.2.1", 100, kNow), 60);
  EXPECT_EQ(LetIn(callers, "192.0.2.2", 100, kNow), 60);  // in nobody else's way
  EXPECT_EQ(LetIn(callers, "192.0.2.1", 100, kNow + absl::Seconds(5)), 10);
  EXPECT_EQ(LetIn(callers, "192.0.2.1", 100, kNow + absl::Hours(1)), 60);
}

TEST(PublicCallers, SaysWhatWasFullAndWhenToComeBack) {
  PublicCallers callers({.burst = 1});
  ASSERT_TRUE(callers.Enter("192.0.2.1", kNow).ok());
  const absl::Status refused = callers.Enter("192.0.2.1", kNow).status();
  EXPECT_EQ(ReasonOf(refused), "OVERLOADED");
  EXPECT_EQ(MetadataOf(refused), (Metadata{{"queue", "public"}}));
}

TEST(PublicCallers, HoldsNoMorePlacesThanOneMayHave) {
  PublicCallers callers;
  std::vector<Place> held;
  for (int i = 0; i < 8; ++i) held.push_back(*callers.Enter("192.0.2.1", kNow));
  EXPECT_FALSE(callers.Enter("192.0.2.1", kNow).ok());
  EXPECT_TRUE(callers.Enter("192.0.2.2", kNow).ok());
  held.pop_back();
  EXPECT_TRUE(callers.Enter("192.0.2.1", kNow).ok());
}

TEST(PublicCallers, HoldsNoMorePlacesThanAllMayHave) {
  PublicCallers callers;
  std::vector<Place> held;
  for (int i = 0; i < 64; ++i) held.push_back(*callers.Enter(absl::StrCat("192.0.2.", i), kNow));
  EXPECT_FALSE(callers.Enter("192.0.2.100", kNow).ok());
  held.clear();
  EXPECT_TRUE(callers.Enter("192.0.2.100", kNow).ok());
}

// Whoever has any number of addresses gets no more than the share of all, and fills no memory.
TEST(PublicCallers, BoundsWhatAllAskAndWhatIsRemembered) {
  PublicCallers callers;
  int let_in = 0;
  const int seconds = 300;
  for (int second = 0; second < seconds; ++second)
    for (int i = 0; i < 1000; ++i)
      let_in += LetIn(callers, absl::StrCat("2001:db8:", second, ":", i, "::/64"), 1,
                      kNow + absl::Seconds(second));
  EXPECT_EQ(let_in, 400 + 200 * (seconds - 1));
  EXPECT_LE(callers.addresses(), PublicCallers::kAddresses);
}

TEST(PublicCallers, APlaceMayOutliveThem) {
  auto callers = std::make_unique<PublicCallers>();
  const Place place = *callers->Enter("", kNow);
  callers = nullptr;
}

}  // namespace
}  // namespace vivier
