#include "shared/storage/rows/field_encoding.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/storage/rows/schema.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Application;
using enrolment::v1::Cohort;

Application ScoredApplication() {
  Application application;
  application.set_name("schools/nancy/cohorts/ai-1/applications/a-1");
  application.set_etag("7");
  application.set_candidate("schools/nancy/candidates/c-1");
  application.set_state(Application::SHORTLISTED);
  application.set_rank(3);
  auto& score = *application.add_scores();
  score.set_assessor("trainer-1");
  score.set_criterion("motivation \"and\" élan");
  score.set_points(80);
  auto& answer = *application.add_answers();
  answer.set_question("why");
  answer.set_text("I want to build things.");
  return application;
}

TEST(FieldJson, HoldsTheFieldAloneUnderTheNamesOfTheProto) {
  const Application application = ScoredApplication();
  const auto json = FieldJson(application, Application::descriptor()->FindFieldByName("scores"));
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(*json,
            R"([{"assessor":"trainer-1","criterion":"motivation \"and\" élan","points":80}])");
}

TEST(FieldJson, ReadsWhatItPrinted) {
  const Application application = ScoredApplication();
  Application read;
  for (const char* name : {"scores", "answers"}) {
    const auto* field = Application::descriptor()->FindFieldByName(name);
    const auto json = FieldJson(application, field);
    ASSERT_TRUE(json.ok());
    ASSERT_TRUE(MergeFieldJson(read, field, *json).ok());
  }
  Application expected;
  *expected.mutable_scores() = application.scores();
  *expected.mutable_answers() = application.answers();
  EXPECT_EQ(read.SerializeAsString(), expected.SerializeAsString());
}

TEST(FieldJson, SkipsAMemberOfTomorrow) {
  Cohort cohort;
  const auto* field = Cohort::descriptor()->FindFieldByName("eligibility_rules");
  ASSERT_TRUE(MergeFieldJson(cohort, field,
                             R"([{"rule":"age","fact":"AGE","min":18,"of_tomorrow":{"a":[1]}}])")
                  .ok());
  ASSERT_EQ(cohort.eligibility_rules_size(), 1);
  EXPECT_EQ(cohort.eligibility_rules(0).fact(), enrolment::v1::EligibilityRule::AGE);
  EXPECT_EQ(cohort.eligibility_rules(0).min(), 18);
}

TEST(FieldJson, RefusesWhatIsNoJsonOfTheField) {
  Cohort cohort;
  const auto* field = Cohort::descriptor()->FindFieldByName("eligibility_rules");
  for (const char* broken : {"", "[", "[{\"min\":\"many\"}]", "7"})
    EXPECT_FALSE(MergeFieldJson(cohort, field, broken).ok()) << broken;
}

// Texts are remembered by field, up to a bound, and what was not JSON stays so.
TEST(FieldJson, ReadsATextAgainAsItDidAtFirst) {
  const auto* rules = Cohort::descriptor()->FindFieldByName("eligibility_rules");
  const auto* scores = Application::descriptor()->FindFieldByName("scores");
  for (int round = 0; round < 3; ++round) {
    for (int min = 0; min < 1500; ++min) {
      Cohort cohort;
      ASSERT_TRUE(MergeFieldJson(cohort, rules, absl::StrCat(R"([{"min":)", min, "}]")).ok());
      ASSERT_EQ(cohort.eligibility_rules_size(), 1);
      ASSERT_EQ(cohort.eligibility_rules(0).min(), min);
    }
    Application application;
    ASSERT_TRUE(MergeFieldJson(application, scores, R"([{"min":1499}])").ok());
    ASSERT_EQ(application.scores_size(), 1);
    EXPECT_FALSE(MergeFieldJson(application, scores, "[").ok());
  }
}

TEST(FieldBytes, HoldTheFieldAlone) {
  const Application application = ScoredApplication();
  Application expected, read;
  *expected.mutable_scores() = application.scores();
  ASSERT_TRUE(read.MergeFromString(
      FieldBytes(application, Application::descriptor()->FindFieldByName("scores"))));
  EXPECT_EQ(read.SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(FieldBytes(application, Application::descriptor()->FindFieldByName("findings")), "");
}

class Change : public ::testing::Test {
 protected:
  absl::StatusOr<Schema::Change> To(const Application& after) {
    return schema_.ToChange(row_, before_, after, 7,
                            {[this](const std::string&, bool) -> absl::StatusOr<security::Key> {
                              ++keys_asked_;
                              return key_;
                            }});
  }

  const Schema& schema_ = Schema::Of(Application::descriptor());
  const Application before_ = ScoredApplication();
  const Row row_ = Row(schema_.columns().size() + 4);
  const security::Key key_ = security::Key::Random();
  int keys_asked_ = 0;
};

TEST_F(Change, NamesTheColumnsThatDiffer) {
  Application after = before_;
  after.set_state(Application::FUNDING_PENDING);
  after.mutable_funding_by()->set_seconds(1'800'000'000);
  const auto change = To(after);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->sql,
            "UPDATE applications SET version = $3, state = $4, funding_by = $5 "
            "WHERE school = $1 AND name = $2 AND version = $6");
  EXPECT_EQ(change->parameters, (std::vector<Value>{std::string("nancy"), before_.name(),
                                                    int64_t{8}, std::string("FUNDING_PENDING"),
                                                    int64_t{1'800'000'000'000'000}, int64_t{7}}));
  EXPECT_EQ(keys_asked_, 0);
}

TEST_F(Change, MovesTheVersionEvenWhenNothingDiffers) {
  const auto change = To(before_);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(
      change->sql,
      "UPDATE applications SET version = $3 WHERE school = $1 AND name = $2 AND version = $4");
}

TEST_F(Change, ClearsWithNull) {
  Application before = before_;
  before.mutable_accept_by()->set_seconds(1'800'000'000);
  const auto change = schema_.ToChange(row_, before, before_, 7, {});
  ASSERT_TRUE(change.ok());
  EXPECT_NE(change->sql.find("SET version = $3, accept_by = $4 WHERE"), std::string::npos)
      << change->sql;
  EXPECT_EQ(change->parameters[3], Value());
}

TEST_F(Change, SealsAllThatIsSealedOrNothing) {
  Application after = before_;
  after.mutable_scores(0)->set_points(81);
  const auto change = To(after);
  ASSERT_TRUE(change.ok());
  for (const char* column : {"answers = $", "scores = $", "findings = $", "decision_reason = $"})
    EXPECT_NE(change->sql.find(column), std::string::npos) << change->sql;
  EXPECT_EQ(change->sql.find("rank"), std::string::npos) << change->sql;
}

}  // namespace
}  // namespace vivier::storage
