#include "shared/cache/verifier.h"

#include "gtest/gtest.h"

namespace vivier::cache {
namespace {

using Verdict = Verifier::Verdict;

constexpr absl::Time kBegin = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kSchema = 42;

class VerifierTest : public testing::Test {
 protected:
  // What a process whose clock says so has loaded.
  std::string Loaded(absl::Time at, const std::string& key = "a", uint64_t schema = kSchema) {
    return EncodeValue(mac_key_, key, schema, {1, "payload", at});
  }
  Verdict Judge(const std::string& bytes) {
    std::optional<Versioned> value;
    const Verdict verdict = verifier_.Judge("a", kSchema, bytes, value);
    EXPECT_EQ(value.has_value(), verdict == Verdict::kBelieved);
    return verdict;
  }

  const security::Key mac_key_ = security::Key::Random();
  absl::Time now_ = kBegin;
  RedisCounters counters_;
  Verifier verifier_{mac_key_, [this] { return now_; }, counters_};
};

TEST_F(VerifierTest, BelievesWhatTheSchoolHasWrittenUnderTheKey) {
  EXPECT_EQ(Judge(Loaded(kBegin)), Verdict::kBelieved);
  EXPECT_EQ(Judge(Loaded(kBegin, "b")), Verdict::kForged);
  EXPECT_EQ(Judge(Loaded(kBegin, "a", kSchema + 1)), Verdict::kOtherSchema);
  EXPECT_EQ(Judge(EncodeValue(security::Key(), "a", kSchema, {9, "forged", kBegin})),
            Verdict::kForged);
  EXPECT_EQ(Judge(""), Verdict::kForged);
  EXPECT_EQ(counters_.forged_values, 3u);
  EXPECT_EQ(counters_.other_schemas, 1u);
}

TEST_F(VerifierTest, BelievesAValueForAMinute) {
  const std::string value = Loaded(kBegin);
  now_ = kBegin + kAgeMax;
  EXPECT_EQ(Judge(value), Verdict::kBelieved);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Judge(value), Verdict::kOld);
  now_ += absl::Hours(24 * 365);
  EXPECT_EQ(Judge(value), Verdict::kOld);
  EXPECT_EQ(counters_.old_values, 2u);
}

// A clock that is ahead makes values that live longer: by as much as clocks may differ.
TEST_F(VerifierTest, BelievesNothingFromTheFuture) {
  EXPECT_EQ(Judge(Loaded(kBegin + kClocksDiffer)), Verdict::kBelieved);
  EXPECT_EQ(Judge(Loaded(kBegin + kClocksDiffer + absl::Milliseconds(1))), Verdict::kOld);
  EXPECT_EQ(Judge(Loaded(absl::FromUnixMillis(INT64_MAX))), Verdict::kOld);
  EXPECT_EQ(Judge(Loaded(absl::FromUnixMillis(INT64_MIN))), Verdict::kOld);
}

TEST_F(VerifierTest, NeverGoesBackBehindAChangeThatWasHeard) {
  const std::string before = Loaded(kBegin), ahead = Loaded(kBegin + absl::Milliseconds(900));
  EXPECT_EQ(Judge(before), Verdict::kBelieved);
  now_ = kBegin + absl::Milliseconds(500);
  verifier_.Changed("a");
  for (int second = 0; second < 60; ++second, now_ += absl::Seconds(1)) {
    EXPECT_EQ(Judge(before), Verdict::kOvertaken) << second;
    EXPECT_EQ(Judge(ahead), Verdict::kOvertaken) << second << ", by a clock that is ahead";
  }
  EXPECT_EQ(Judge(before), Verdict::kOld);
  EXPECT_EQ(counters_.overtaken_values, 120u);
  EXPECT_EQ(Judge(Loaded(now_)), Verdict::kBelieved);
}

TEST_F(VerifierTest, AClockThatIsSetBackForgetsNoChange) {
  now_ = kBegin + absl::Seconds(10);
  verifier_.Changed("a");
  now_ = kBegin;
  verifier_.Changed("a");
  now_ = kBegin + absl::Seconds(20);
  EXPECT_EQ(Judge(Loaded(kBegin + absl::Seconds(5))), Verdict::kOvertaken);
  EXPECT_EQ(Judge(Loaded(kBegin + absl::Seconds(12))), Verdict::kBelieved);
}

}  // namespace
}  // namespace vivier::cache
