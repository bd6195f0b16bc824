// A batch of a thousand admissions whose process is killed again and again in the middle of it:
// repeated with the same request_id it goes on, and each admission has one effect.
#include <cstdio>
#include <future>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/site/tokens.h"
#include "tests/journey/school_processes.h"
#include "tests/support/admission_batch.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using enrolment::v1::BatchAdmitApplicationsResponse;

// Kills when so many admissions are in the audit trail.
constexpr int kKillAt[] = {50, 250, 500};

class BatchKillTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  std::string Authorization() {
    config::v1::Config config;
    config.add_schools("nancy");
    config.set_network("test");
    config.set_development(true);
    auto tokens = site::Tokens::Load(config, school_.data(), absl::Now);
    EXPECT_TRUE(tokens.ok()) << tokens.status();
    const auto token = (*tokens)->ForDevelopment(
        {"director", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""});
    EXPECT_TRUE(token.ok()) << token.status();
    return *token;
  }

  absl::StatusOr<std::string> Send(const AdmissionBatch& batch) {
    return Client(school_.targets(), authorization_).Send(batch.request, absl::Minutes(1));
  }

  AdmissionTally Tally() { return TallyAdmissions(school_.databases().Url("enrolment")); }

  SchoolProcesses school_{{.engine = GetParam(),
                           .one_process = true,
                           .config = "read_budgets { opened: -1 rows: -1 }\n"}};
  const std::string authorization_ = Authorization();
};

TEST_P(BatchKillTest, GoesOnWhereItWasAndDoesNothingTwice) {
  Client client(school_.targets(), authorization_);
  const AdmissionBatch batch =
      MakeAdmissionBatch(RankApplicants(client, CohortsOfBatch()), TimeOrderedUuid());
  for (const int kill_at : kKillAt) {
    auto sent = std::async(std::launch::async, [&] { return Send(batch); });
    const absl::Time start = absl::Now();
    while (Tally().audited < kill_at)
      ASSERT_LT(absl::Now() - start, absl::Minutes(1)) << "the batch does not come to " << kill_at;
    school_.Kill();
    EXPECT_FALSE(sent.get().ok());
    const AdmissionTally half = Tally();
    std::printf("killed when %d of %d were done\n", static_cast<int>(half.audited), batch.done);
    EXPECT_LT(half.audited, batch.done) << "killed too late to be in the middle";
    EXPECT_EQ(half.audited, half.request_ids);
    EXPECT_EQ(half.audited, half.held);
    school_.Start();
  }
  const absl::StatusOr<std::string> whole = Send(batch);
  ASSERT_TRUE(whole.ok()) << whole.status();
  BatchAdmitApplicationsResponse response;
  ASSERT_TRUE(response.ParseFromString(*whole));
  ExpectAsMade(batch, response);
  const absl::StatusOr<std::string> again = Send(batch);
  ASSERT_TRUE(again.ok()) << again.status();
  BatchAdmitApplicationsResponse same;
  ASSERT_TRUE(same.ParseFromString(*again));
  ExpectAsMade(batch, same);
  ExpectEachOnce(Tally(), batch.done);
  std::string report;
  EXPECT_EQ(school_.Verify(&report), 0) << report;
}

INSTANTIATE_TEST_SUITE_P(Engines, BatchKillTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
