// Chains of 10,000 records of the audit trail and of attendance, in which everything that somebody
// could touch is touched, one thing at a time: each bit of each record, its deletion, its exchange
// with another one, and the end cut off behind it.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/presence/rules.h"
#include "shared/base/hash.h"
#include "shared/base/uuid.h"
#include "shared/security/chain.h"
#include "shared/storage/log/audit_trail.h"

namespace vivier::testing {
namespace {

constexpr int64_t kRecords = 10'000;
constexpr uint32_t kSeed = 20261123;

// Flips each bit in turn and calls `touched` with the others as they were.
void EachBit(std::string& bytes, const std::function<void()>& touched) {
  for (char& byte : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ (1 << bit));
      touched();
      byte = static_cast<char>(byte ^ (1 << bit));
    }
  }
}

void EachBit(int64_t& number, const std::function<void()>& touched) {
  for (int bit = 0; bit < 64; ++bit) {
    number = static_cast<int64_t>(static_cast<uint64_t>(number) ^ (uint64_t{1} << bit));
    touched();
    number = static_cast<int64_t>(static_cast<uint64_t>(number) ^ (uint64_t{1} << bit));
  }
}

// `Chain` says what a link is: its number, its hash, the hash that is due, and the fields that may
// be touched.
template <class Chain>
class Sweep {
 public:
  using Link = typename Chain::Link;

  explicit Sweep(std::vector<Link> links) : links_(std::move(links)) {}

  void Run() {
    ASSERT_EQ(links_.size(), static_cast<size_t>(kRecords));
    ASSERT_FALSE(Breaks(0, links_.size())) << "the untouched chain is whole";
    std::mt19937 random(kSeed);
    for (size_t i = 0; i < links_.size(); ++i) {
      TouchBits(i);
      Exchange(i, random() % links_.size());
      if (i + 1 == links_.size()) continue;
      EXPECT_TRUE(BreaksWithout(i)) << "deleted " << i;
      EXPECT_FALSE(EndsAt(i)) << "cut behind " << i;
    }
    EXPECT_EQ(missed_, 0);
    EXPECT_GT(touched_, kRecords * 500);
  }

 private:
  // Behind the untouched link before `place`.
  security::ChainWalk WalkTo(size_t place) const {
    return place == 0 ? security::ChainWalk()
                      : security::ChainWalk(Chain::Number(links_[place - 1]),
                                            Chain::Hash(links_[place - 1]));
  }
  static bool Follows(security::ChainWalk& walk, const Link& link) {
    const std::string due = Chain::Due(walk.hash(), link);
    return walk.Next(Chain::Number(link), Chain::Hash(link), due).empty();
  }
  // The walk over `count` links from `place` on.
  bool Breaks(size_t place, size_t count) const {
    security::ChainWalk walk = WalkTo(place);
    for (size_t i = place; i < std::min(place + count, links_.size()); ++i)
      if (!Follows(walk, links_[i])) return true;
    return false;
  }

  void TouchBits(size_t place) {
    Chain::EachField(links_[place], [&](auto& field) {
      EachBit(field, [&] {
        ++touched_;
        missed_ += !Breaks(place, 2);
      });
    });
  }
  void Exchange(size_t one, size_t other) {
    if (one == other) return;
    std::swap(links_[one], links_[other]);
    const size_t first = std::min(one, other);
    security::ChainWalk walk = WalkTo(first);
    EXPECT_FALSE(Follows(walk, links_[first])) << one << " and " << other;
    std::swap(links_[one], links_[other]);
  }
  bool BreaksWithout(size_t place) const {
    security::ChainWalk walk = WalkTo(place);
    return !Follows(walk, links_[place + 1]);
  }
  bool EndsAt(size_t place) const {
    return WalkTo(place + 1).End(Chain::Number(links_.back()), Chain::Hash(links_.back())).empty();
  }

  std::vector<Link> links_;
  int64_t touched_ = 0, missed_ = 0;
};

struct AuditChain {
  struct Link {
    storage::AuditRecord record;
    std::string hash;
  };
  static int64_t Number(const Link& link) { return link.record.number; }
  static const std::string& Hash(const Link& link) { return link.hash; }
  static std::string Due(const std::string& previous, const Link& link) {
    return storage::AuditHash(previous, link.record);
  }
  template <class Visit>
  static void EachField(Link& link, const Visit& visit) {
    storage::AuditRecord& record = link.record;
    for (int64_t* number : {&record.number, &record.create_time}) visit(*number);
    for (std::string* text :
         {&record.principal, &record.method, &record.resource, &record.request_id,
          &record.request_hash, &record.reason, &record.changes, &link.hash})
      visit(*text);
  }
};

struct AttendanceChain {
  struct Link {
    int64_t number;
    std::string content, hash;
  };
  static int64_t Number(const Link& link) { return link.number; }
  static const std::string& Hash(const Link& link) { return link.hash; }
  static std::string Due(const std::string& previous, const Link& link) {
    return enrolment::SealHash(previous, link.content);
  }
  template <class Visit>
  static void EachField(Link& link, const Visit& visit) {
    visit(link.number);
    visit(link.content);
    visit(link.hash);
  }
};

TEST(ChainSweep, FindsWhateverIsTouchedInTheAuditTrail) {
  std::vector<AuditChain::Link> links;
  std::string previous;
  for (int64_t i = 1; i <= kRecords; ++i) {
    storage::AuditRecord record{i,
                                "https://id.example#f3b1c0de",
                                "vivier.enrolment.v1.AdmissionService.AdmitApplication",
                                absl::StrCat("schools/nancy/cohorts/ai-1/applications/", i),
                                RandomUuid(),
                                Sha256(absl::StrCat(i)),
                                i % 10 == 0 ? "an inquiry" : "",
                                1'790'000'000'000'000 + i,
                                absl::StrCat("2:cohorts/ai-1/applications/", i)};
    previous = storage::AuditHash(previous, record);
    links.push_back({std::move(record), previous});
  }
  Sweep<AuditChain>(std::move(links)).Run();
}

TEST(ChainSweep, FindsWhateverIsTouchedInAttendance) {
  std::vector<AttendanceChain::Link> links;
  std::string previous;
  for (int64_t i = 1; i <= kRecords; ++i) {
    std::string content = absl::StrCat("schools/nancy/cohorts/ai-1/attendanceSheets/", i,
                                       "\tminutes 210/210\tsigned ", i);
    previous = enrolment::SealHash(previous, content);
    links.push_back({i, std::move(content), previous});
  }
  Sweep<AttendanceChain>(std::move(links)).Run();
}

}  // namespace
}  // namespace vivier::testing
