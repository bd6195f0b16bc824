#include "shared/security/audit.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

constexpr size_t kRecords = 10'000;

void Link(absl::string_view previous, AuditRecord& record) {
  const std::vector<absl::string_view> fields(record.fields.begin(), record.fields.end());
  record.hash = AuditHash(previous, fields);
}

std::vector<AuditRecord> Trail() {
  std::vector<AuditRecord> trail;
  std::string previous;
  for (size_t i = 0; i < kRecords; ++i) {
    trail.push_back({{absl::StrCat(i), "people/7", "AdmitApplication", absl::StrCat("schools/nancy/cohorts/", i)}, ""});
    Link(previous, trail.back());
    previous = trail.back().hash;
  }
  return trail;
}

std::string Verdict(const std::vector<AuditRecord>& trail, const std::string& head) {
  return ReasonOf(VerifyChain("", trail, head));
}

class AuditTest : public testing::Test {
 protected:
  const std::vector<AuditRecord> trail_ = Trail();
  const std::string head_ = trail_.back().hash;
};

TEST_F(AuditTest, AnUntouchedTrailIsWhole) {
  EXPECT_EQ(Verdict(trail_, head_), "");
  EXPECT_EQ(Verdict({}, ""), "");
  EXPECT_TRUE(VerifyChain(trail_[4999].hash, absl::MakeConstSpan(trail_).subspan(5000), head_).ok());
}

// Flips one bit of a stored field or hash of the record, found and set back again.
TEST_F(AuditTest, EveryFlippedBitIsFoundAtItsRecord) {
  std::mt19937_64 random(20261122);
  std::vector<AuditRecord> trail = trail_;
  for (int round = 0; round < 200; ++round) {
    const size_t place = random() % kRecords;
    AuditRecord& record = trail[place];
    const size_t part = random() % (record.fields.size() + 1);
    std::string& bytes = part == record.fields.size() ? record.hash : record.fields[part];
    const size_t bit = random() % (bytes.size() * 8);
    const std::string before = bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    // The part of the trail from two records before the place is enough to find it, and to name it.
    const size_t from = place < 2 ? 0 : place - 2;
    const absl::Status status =
        VerifyChain(from == 0 ? "" : trail_[from - 1].hash, absl::MakeConstSpan(trail).subspan(from), head_);
    ASSERT_EQ(ReasonOf(status), "CHAIN_BROKEN") << "seed 20261122, record " << place << " bit " << bit;
    ASSERT_NE(status.message().find(absl::StrCat("record ", place - from, " ")), absl::string_view::npos) << status;
    bytes = before;
  }
  EXPECT_EQ(Verdict(trail, head_), "");
}

TEST_F(AuditTest, DeletionInsertionAndReorderAreFound) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 10; ++round) {
    const auto place = static_cast<std::ptrdiff_t>(random() % (kRecords - 1));
    std::vector<AuditRecord> deleted = trail_, inserted = trail_, reordered = trail_;
    deleted.erase(deleted.begin() + place);
    EXPECT_EQ(Verdict(deleted, head_), "CHAIN_BROKEN") << place;
    inserted.insert(inserted.begin() + place, trail_[static_cast<size_t>(place)]);
    EXPECT_EQ(Verdict(inserted, head_), "CHAIN_BROKEN") << place;
    std::swap(reordered[static_cast<size_t>(place)], reordered[static_cast<size_t>(place) + 1]);
    EXPECT_EQ(Verdict(reordered, head_), "CHAIN_BROKEN") << place;
  }
}

TEST_F(AuditTest, TheHeadRowShowsAMissingEnd) {
  std::vector<AuditRecord> cut = trail_;
  cut.pop_back();
  EXPECT_EQ(Verdict(cut, head_), "CHAIN_TRUNCATED");
  EXPECT_EQ(Verdict({}, head_), "CHAIN_TRUNCATED");
}

TEST_F(AuditTest, ARewrittenRecordBreaksTheNextOne) {
  std::vector<AuditRecord> trail = trail_;
  trail[5].fields[1] = "people/8";
  Link(trail[4].hash, trail[5]);
  EXPECT_NE(VerifyChain("", trail, head_).message().find("record 6 "), absl::string_view::npos);
}

TEST_F(AuditTest, ABrokenVerifierStaysBroken) {
  ChainVerifier verifier;
  EXPECT_FALSE(verifier.Add({"a"}, "wrong").ok());
  EXPECT_EQ(ReasonOf(verifier.Add({"a"}, AuditHash("", {"a"}))), "CHAIN_BROKEN");
  EXPECT_EQ(ReasonOf(verifier.Finish(AuditHash("", {"a"}))), "CHAIN_BROKEN");
}

}  // namespace
}  // namespace vivier::security
