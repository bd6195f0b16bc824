// A school's process before a parent that a test plays.
#include "shared/follow/parent_secret.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::follow {
namespace {

namespace fs = std::filesystem;
using security::v1::MembershipSecret;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLife = absl::Hours(30);

class ParentSecretTest : public ::testing::Test {
 protected:
  ParentSecretTest() : folder_((fs::temp_directory_path() / "vivier-parent-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    joining_ = {[this](const rpc::Outside& outside) { return Answer("join", outside); },
                [this](const rpc::Outside& outside) { return Answer("renew", outside); }, nullptr};
    Start();
  }
  ~ParentSecretTest() override {
    secret_ = nullptr;
    fs::remove_all(folder_);
  }

  // Another process, which has nothing but the files.
  void Start() {
    secret_ = std::make_unique<ParentSecret>(ParentSecret::Options{
        "nancy", "schools/france", folder_ + "/code", folder_ + "/parents/france.nancy", salt_,
        &joining_, nullptr, &scheduler_, [this] { return now_; }});
  }

  absl::StatusOr<MembershipSecret> Answer(const char* what, const rpc::Outside& outside) {
    asked_.push_back(what);
    ids_.push_back(outside.id());
    if (!refusal_.ok()) return refusal_;
    MembershipSecret secret;
    secret.set_secret(absl::StrCat(what, ids_.size()));
    *secret.mutable_renew_time() = ToTimestamp(now_ + kLife / 3);
    *secret.mutable_expire_time() = ToTimestamp(now_ + kLife);
    return secret;
  }

  void PutCode(const std::string& code) {
    std::ofstream(folder_ + "/code") << code << "\n";
    chmod((folder_ + "/code").c_str(), 0600);
  }

  std::string Shows() {
    const absl::StatusOr<std::string> shown = secret_->Authorization();
    return shown.ok() ? *shown : ReasonOf(shown.status());
  }

  std::string folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Status refusal_;
  std::string salt_ = "of nancy";
  std::vector<std::string> asked_, ids_;
  rpc::Joining joining_;
  // Never begun, so that nothing is done but what is asked for.
  Scheduler scheduler_{Scheduler::Options{[](std::function<void()>) { return absl::OkStatus(); }}};
  std::unique_ptr<ParentSecret> secret_;
};

TEST_F(ParentSecretTest, SaysWhatToDoWithoutACode) {
  const absl::Status status = secret_->Authorization().status();
  EXPECT_EQ(ReasonOf(status), "NOT_JOINED");
  EXPECT_THAT(status.message(), HasSubstr(folder_ + "/code"));
  EXPECT_THAT(status.message(), HasSubstr("docs/node.md"));
  PutCode("");
  now_ += absl::Seconds(10);
  EXPECT_THAT(secret_->Authorization().status().message(), HasSubstr("is empty"));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ParentSecretTest, JoinsOnceACodeLiesThere) {
  EXPECT_EQ(Shows(), "NOT_JOINED");
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  EXPECT_EQ(Shows(), "Bearer join1");
  struct stat kept;
  ASSERT_EQ(stat((folder_ + "/parents/france.nancy").c_str(), &kept), 0);
  EXPECT_EQ(kept.st_mode & 0777, 0600u);
  fs::remove(folder_ + "/code");
  Start();
  EXPECT_EQ(Shows(), "Bearer join1");
  EXPECT_THAT(asked_, ElementsAre("join"));
}

TEST_F(ParentSecretTest, RenewsWhenAThirdIsOver) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  now_ += kLife / 3 - absl::Seconds(1);
  EXPECT_EQ(Shows(), "Bearer join1");
  now_ += absl::Seconds(1);
  EXPECT_EQ(Shows(), "Bearer renew2");
  Start();
  now_ += kLife / 3;
  EXPECT_EQ(Shows(), "Bearer renew3");
  EXPECT_THAT(asked_, ElementsAre("join", "renew", "renew"));
}

TEST_F(ParentSecretTest, ShowsTheOldOneWhileAParentIsAway) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  now_ += kLife / 2;
  refusal_ = Unavailable("away");
  EXPECT_EQ(Shows(), "Bearer join1");
  EXPECT_EQ(Shows(), "Bearer join1");
  EXPECT_EQ(asked_.size(), 2u) << "it is not asked at each call";
  now_ += absl::Seconds(10);
  refusal_ = absl::OkStatus();
  EXPECT_EQ(Shows(), "Bearer renew3");
  EXPECT_EQ(ids_[1], ids_[2]) << "the same was asked again";
}

TEST_F(ParentSecretTest, SaysSoWhenItWasNotRenewedInTime) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  now_ += kLife;
  EXPECT_EQ(Shows(), "NOT_JOINED");
  PutCode("vivier_another");
  EXPECT_EQ(Shows(), "Bearer join2");
}

TEST_F(ParentSecretTest, ABadCodeIsTriedAgainSeldomAndAnotherAtOnce) {
  PutCode("vivier_bad");
  refusal_ = Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", "no");
  EXPECT_EQ(Shows(), "TOKEN_INVALID");
  now_ += absl::Minutes(9);
  EXPECT_EQ(Shows(), "TOKEN_INVALID");
  EXPECT_EQ(asked_.size(), 1u);
  refusal_ = absl::OkStatus();
  PutCode("vivier_good");
  EXPECT_EQ(Shows(), "Bearer join2");
}

// Killed after the parent has answered and before that is kept: the same id, so the same answer.
TEST_F(ParentSecretTest, AsksTheSameWhenItWasKilled) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  secret_ = nullptr;
  fs::remove_all(folder_ + "/parents");
  Start();
  EXPECT_EQ(Shows(), "Bearer join2");
  EXPECT_EQ(ids_[0], ids_[1]);
}

// Else whoever finds a code that was used would be given what it was exchanged for.
TEST_F(ParentSecretTest, AnotherWhoHasTheCodeAsksSomethingElse) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  secret_ = nullptr;
  fs::remove_all(folder_ + "/parents");
  salt_ = "of a thief";
  Start();
  Shows();
  EXPECT_NE(ids_[0], ids_[1]);
}

TEST_F(ParentSecretTest, WhatCannotBeReadIsAsIfItWereNotThere) {
  PutCode("vivier_code");
  EXPECT_EQ(Shows(), "Bearer join1");
  secret_ = nullptr;
  std::ofstream(folder_ + "/parents/france.nancy") << "nonsense";
  Start();
  EXPECT_EQ(Shows(), "Bearer join2");
}

}  // namespace
}  // namespace vivier::follow
