// Figures are a school's because it signed them, whoever brings them: keys that are learned and
// rotate, another's figures, bytes that were changed, epochs, dictionaries. On both engines.
#include <map>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "gtest/gtest.h"
#include "services/statistics/network/signatures.h"
#include "services/statistics/network/submission.h"
#include "shared/security/statement.h"
#include "tests/identity/asking.h"
#include "tests/node/members.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using statistics::ByYear;
using namespace statistics::v1;  // NOLINT: the requests of one service

constexpr int64_t kAbsurd = 9'000'000'000'000'000;

ByYear Seats(int64_t opened) { return {{2026, {{{"seats", {"opened"}}, opened}}}}; }

class SignedTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  SignedTest() : world_(GetParam(), std::set<std::string>{"access", "statistics"}) {
    for (const char* site : {"metz", "nord"}) {
      members_.Admit(site);
      const std::string code = Must<MemberSecret, IssueJoinCodeRequest>(
                                   world_, absl::Substitute("name: '$$N/members/$0'", site))
                                   .secret();
      const auto secret =
          Ask<MemberSecret, RedeemJoinCodeRequest>(world_, Bearer(code), "parent: '$N'");
      EXPECT_TRUE(secret.ok()) << secret.status();
      secrets_[site] = secret.value_or(MemberSecret()).secret();
    }
  }

  SubmitCellsRequest Figures(int64_t revision, int64_t opened, int64_t epoch = 0) {
    SubmitCellsRequest request = members_.Request("metz", revision, Seats(opened));
    request.set_epoch(epoch);
    request.set_dictionary_version(1);
    Sign(request, key_);
    return request;
  }
  std::string Bring(const std::string& carrier, SubmitCellsRequest request) {
    request.set_request_id(RandomUuid());
    return Try<SubmitCellsRequest>(world_, Bearer(secrets_[carrier]), request.DebugString());
  }
  int64_t Counts() {
    statistics::Counts counts = members_.Counted(2026);
    return counts[{"seats", {"opened"}}];
  }
  void EnterKey(const security::SchoolKey& key) {
    SubmitCellsRequest signed_by = members_.Request("metz", 1, {});
    Sign(signed_by, key);
    Must<Member, UpdateMemberRequest>(
        world_, absl::Substitute("member { name: '$$N/members/metz' public_keys: '$0' } "
                                 "update_mask { paths: 'public_keys' }",
                                 signed_by.public_key()));
  }

  World world_;
  Members members_{world_};
  std::map<std::string, std::string> secrets_;
  security::SchoolKey key_ = security::SchoolKey::Random();
};

constexpr char kNotSigned[] = "FAILED_PRECONDITION NOT_SIGNED";
constexpr char kKeyNotKnown[] = "FAILED_PRECONDITION KEY_NOT_KNOWN";
constexpr char kOfAnother[] = "FAILED_PRECONDITION FIGURES_OF_ANOTHER";

TEST_P(SignedTest, TheKeyOfTheFirstIsKnownFromThenOn) {
  EXPECT_EQ(Bring("metz", members_.Request("metz", 1, Seats(24))), kNotSigned);
  EXPECT_EQ(Bring("metz", Figures(1, 24)), "OK");
  SubmitCellsRequest changed = Figures(2, 24);
  *changed.mutable_cells() = statistics::ToCells(Seats(25));
  changed.set_content_hash(statistics::ContentHash(changed.cells()));
  EXPECT_EQ(Bring("metz", changed), kNotSigned);
  SubmitCellsRequest later = Figures(2, 24);
  later.set_revision(3);
  EXPECT_EQ(Bring("metz", later), kNotSigned);
  SubmitCellsRequest forged = Figures(2, 26);
  Sign(forged, security::SchoolKey::Random());
  EXPECT_EQ(Bring("metz", forged), kKeyNotKnown);
  EXPECT_EQ(Counts(), 24);
  world_.ExpectInvariants();
}

TEST_P(SignedTest, TheHeadToo) {
  EXPECT_EQ(Bring("metz", Figures(1, 24)), "OK");
  const auto unsigned_one = members_.Submit(members_.Request("metz", 2, Seats(25)));
  EXPECT_EQ(ReasonOf(unsigned_one.status()), "NOT_SIGNED");
  EXPECT_EQ(Counts(), 24);
}

TEST_P(SignedTest, AnotherMemberPassesOnWhatIsSignedByAKnownKey) {
  EXPECT_EQ(Bring("nord", Figures(1, 24)), kOfAnother) << "no key of metz is known";
  EXPECT_EQ(Bring("nord", members_.Request("metz", 1, Seats(24))), kOfAnother);
  EnterKey(key_);
  EXPECT_EQ(Bring("nord", Figures(1, 24)), "OK");
  EXPECT_EQ(Bring("metz", Figures(1, 24)), "OK") << "by both paths";
  EXPECT_EQ(Counts(), 24);
  SubmitCellsRequest changed = Figures(2, 24);
  *changed.mutable_cells() = statistics::ToCells(Seats(25));
  changed.set_content_hash(statistics::ContentHash(changed.cells()));
  EXPECT_EQ(Bring("nord", changed), kNotSigned);
  SubmitCellsRequest own = Figures(2, 26);
  Sign(own, security::SchoolKey::Random());
  EXPECT_EQ(Bring("nord", own), kKeyNotKnown);
  EXPECT_EQ(Bring("nord", Figures(2, 30)), "OK");
  EXPECT_EQ(Counts(), 30);
  world_.ExpectInvariants();
}

TEST_P(SignedTest, WhatIsPassedOnIsWhatWasSigned) {
  const SubmitCellsRequest sent = Figures(4, 24, /*epoch=*/17);
  EXPECT_EQ(Bring("metz", sent), "OK");
  ComputeSubmissionRequest request;
  request.set_parent("schools/nancy");
  request.set_site("metz");
  const auto passed = world_.Call<ComputeSubmissionResponse>(request);
  ASSERT_TRUE(passed.ok()) << passed.status();
  EXPECT_EQ(passed->signature(), sent.signature());
  EXPECT_EQ(passed->public_key(), sent.public_key());
  EXPECT_EQ(passed->content_hash(), sent.content_hash());
  EXPECT_EQ(passed->epoch(), 17);
  EXPECT_EQ(passed->revision(), 4);
  EXPECT_EQ(passed->dictionary_version(), 1);
}

TEST_P(SignedTest, AnAbsurdRevisionEndsWithItsEpoch) {
  const int64_t now = absl::ToUnixMicros(world_.now());
  EXPECT_EQ(Bring("metz", Figures(7, 24)), "OK");
  EXPECT_EQ(Bring("metz", Figures(kAbsurd, 23)), "OK") << "set aside";
  EXPECT_EQ(Counts(), 24);
  Must<Submission, AcceptQuarantinedSubmissionRequest>(
      world_, "name: '$N/quarantinedSubmissions/metz' reason: 'the worst that can happen'");
  EXPECT_EQ(Counts(), 23);
  EXPECT_EQ(Bring("metz", Figures(8, 25)), "OK") << "changes nothing";
  EXPECT_EQ(Counts(), 23);
  EXPECT_EQ(Bring("metz", Figures(9, 25, now)), "OK");
  EXPECT_EQ(Counts(), 25);
  EXPECT_EQ(Bring("metz", Figures(kAbsurd, 26)), "FAILED_PRECONDITION EPOCH_OVER");
  EXPECT_EQ(Bring("metz", Figures(10, 26, now + 3 * 86'400'000'000)),
            "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(Counts(), 25);
  world_.ExpectInvariants();
}

TEST_P(SignedTest, TheKeyBeforeVouchesForTheNext) {
  EXPECT_EQ(Bring("metz", Figures(1, 24)), "OK");
  const security::SchoolKey next = security::SchoolKey::Random();
  SubmitCellsRequest by_next = Figures(2, 25);
  // Whoever saw figures of metz has a signature of its key, which vouches for nothing.
  SubmitCellsRequest stolen = by_next;
  stolen.set_previous_signature(stolen.signature());
  stolen.set_previous_public_key(stolen.public_key());
  const std::string previous = stolen.public_key();
  Sign(by_next, next);
  stolen.set_signature(by_next.signature());
  stolen.set_public_key(by_next.public_key());
  EXPECT_EQ(Bring("nord", stolen), kKeyNotKnown);
  SubmitCellsRequest request = by_next;
  request.set_previous_public_key(previous);
  request.set_previous_signature(absl::Base64Escape(security::SignStatement(
      key_.signing_key(), "vivier submission key", {"metz", by_next.public_key()})));
  EXPECT_EQ(Bring("metz", by_next), kKeyNotKnown);
  EXPECT_EQ(Bring("nord", request), "OK");
  EXPECT_EQ(Counts(), 25);
  by_next = members_.Request("metz", 3, Seats(26));
  Sign(by_next, next);
  EXPECT_EQ(Bring("metz", by_next), "OK");
  EXPECT_EQ(Counts(), 26);
}

TEST_P(SignedTest, ADictionaryOfAnotherTimeIsRefused) {
  SubmitCellsRequest request = Figures(1, 24);
  request.set_dictionary_version(statistics::kDictionaryVersion + 1);
  Sign(request, key_);
  EXPECT_EQ(Bring("metz", request), "FAILED_PRECONDITION DICTIONARY_NOT_KNOWN");
}

INSTANTIATE_TEST_SUITE_P(Engines, SignedTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
