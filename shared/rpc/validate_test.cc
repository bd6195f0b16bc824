// What a .proto says of its fields is what a request must be; every fault is named.
#include "shared/rpc/validate.h"

#include <functional>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/storage/rows/filter.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::rpc {
namespace {

using enrolment::v1::CreateCandidateRequest;
using enrolment::v1::CreateCohortRequest;
using enrolment::v1::UpdateCohortRequest;

CreateCohortRequest GoodCohort() {
  CreateCohortRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(parent: "schools/nancy"
           cohort_id: "ai-1"
           request_id: "11111111-1111-4111-8111-111111111111"
           cohort {
             title: "IA"
             programme_revision: "schools/nancy/programmes/ai/revisions/1"
             capacity: 24
             start_date { year: 2027 month: 2 day: 28 }
             end_date { year: 2028 month: 2 day: 29 }
           })pb",
      &request));
  return request;
}

// "field: description" of each fault.
std::vector<std::string> Faults(const absl::Status& status) {
  std::vector<std::string> faults;
  status.ForEachPayload([&](absl::string_view type, const absl::Cord& payload) {
    google::rpc::BadRequest bad;
    if (type != "type.googleapis.com/google.rpc.BadRequest" ||
        !bad.ParseFromString(std::string(payload)))
      return;
    for (const auto& violation : bad.field_violations())
      faults.push_back(violation.field() + ": " + violation.description());
  });
  return faults;
}

struct Fault {
  std::function<void(CreateCohortRequest&)> spoil;
  std::string fault;
};

void ExpectFaults(const std::vector<Fault>& rows) {
  for (const Fault& row : rows) {
    CreateCohortRequest request = GoodCohort();
    row.spoil(request);
    const absl::Status status = Validate(request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.fault;
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD") << row.fault;
    EXPECT_EQ(Faults(status), std::vector<std::string>{row.fault});
  }
}

TEST(ValidateTest, NamesTheFieldAndWhatIsWrongWithIt) {
  const std::vector<Fault> rows = {
      {[](auto& r) { r.clear_parent(); }, "parent: is required"},
      {[](auto& r) { r.clear_request_id(); }, "request_id: is required"},
      {[](auto& r) { r.set_request_id("1"); }, "request_id: is no UUID"},
      {[](auto& r) { r.clear_cohort(); }, "cohort: is required"},
      {[](auto& r) { r.mutable_cohort()->clear_title(); }, "cohort.title: is required"},
      {[](auto& r) { r.mutable_cohort()->clear_start_date(); }, "cohort.start_date: is required"},
      {[](auto& r) { r.mutable_cohort()->set_title(std::string(121, 'x')); },
       "cohort.title: is longer than 120 characters"},
      {[](auto& r) { r.mutable_cohort()->set_capacity(1001); },
       "cohort.capacity: must be from 1 to 1000"},
      {[](auto& r) { r.mutable_cohort()->set_capacity(-1); },
       "cohort.capacity: must be from 1 to 1000"},
      {[](auto& r) { r.mutable_cohort()->set_capacity(0); }, "cohort.capacity: is required"},
      {[](auto& r) { r.mutable_cohort()->set_host_siret("123"); },
       "cohort.host_siret: does not match [0-9]{14}"},
      {[](auto& r) { r.mutable_cohort()->mutable_end_date()->set_year(2027); },
       "cohort.end_date: is no date of the calendar"},  // no 29 February
      {[](auto& r) { r.mutable_cohort()->mutable_end_date()->set_month(13); },
       "cohort.end_date: is no date of the calendar"},
      {[](auto& r) { r.mutable_cohort()->mutable_end_date()->set_day(0); },
       "cohort.end_date: is no date of the calendar"},
      {[](auto& r) { r.mutable_cohort()->mutable_end_date()->set_year(1789); },
       "cohort.end_date: is no date of the calendar"},
      {[](auto& r) { r.mutable_cohort()->set_programme_revision("schools/nancy/programmes/ai"); },
       "cohort.programme_revision: is no name of the form schools/{}/programmes/{}/revisions/{}"},
      {[](auto& r) {
         r.mutable_cohort()->set_programme_revision("schools/nancy/programmes/../revisions/1");
       },
       "cohort.programme_revision: is no name of the form schools/{}/programmes/{}/revisions/{}"},
      {[](auto& r) {
         auto* rule = r.mutable_cohort()->add_eligibility_rules();
         rule->set_rule("age");
         rule->set_fact(static_cast<enrolment::v1::EligibilityRule::Fact>(77));
       },
       "cohort.eligibility_rules[0].fact: 77 is no value of Fact"},
      {[](auto& r) {
         auto* rule = r.mutable_cohort()->add_eligibility_rules();
         rule->set_rule("Age!");
         rule->set_fact(enrolment::v1::EligibilityRule::AGE);
       },
       "cohort.eligibility_rules[0].rule: does not match [a-z0-9][a-z0-9-]*"},
      {[](auto& r) {
         for (int i = 0; i < 51; ++i) r.mutable_cohort()->add_eligibility_rules();
       },
       "cohort.eligibility_rules: has more than 50 elements"},
  };
  ExpectFaults(rows);
}

TEST(ValidateTest, RefusesWhatNobodySees) {
  ExpectFaults({
      {[](auto& r) { r.mutable_cohort()->set_title(std::string("a\0b", 3)); },
       "cohort.title: character 2 is U+0000, a control character"},
      {[](auto& r) { r.mutable_cohort()->set_title(" \u00A0"); }, "cohort.title: is blank"},
      {[](auto& r) { r.mutable_cohort()->set_title("AI\n"); },
       "cohort.title: character 3 is U+000A, a control character"},
      {[](auto& r) { r.mutable_cohort()->set_title("AI \u202E2026"); },
       "cohort.title: character 4 is U+202E, which changes the direction of text"},
      {[](auto& r) { r.mutable_cohort()->set_title("A\u200BI"); },
       "cohort.title: character 2 is U+200B, which is invisible"},
  });
}

TEST(ValidateTest, AcceptsWhatIsRight) {
  CreateCohortRequest request = GoodCohort();
  EXPECT_EQ(Validate(request), absl::OkStatus());
  // Characters are counted, not bytes.
  std::string title;
  for (int i = 0; i < 120; ++i) title += "é";
  request.mutable_cohort()->set_title(title);
  EXPECT_EQ(Validate(request), absl::OkStatus());
}

TEST(ValidateTest, NamesEveryFaultAtOnceButNotWithoutEnd) {
  CreateCohortRequest request;
  const absl::Status empty = Validate(request);
  EXPECT_THAT(Faults(empty),
              ::testing::UnorderedElementsAre("parent: is required", "cohort: is required",
                                              "cohort_id: is required", "request_id: is required"));
  enrolment::v1::PublishRankingRequest ranking;
  for (int i = 0; i < 300; ++i) ranking.add_applications("no name");
  EXPECT_EQ(Faults(Validate(ranking)).size(), 100u);
}

// Server-owned fields are ignored when a client sends them back (AIP-203).
TEST(ValidateTest, ClearsWhatOnlyTheServerGives) {
  CreateCohortRequest request = GoodCohort();
  request.mutable_cohort()->set_state(enrolment::v1::Cohort::FINISHED);
  ASSERT_EQ(Validate(request), absl::OkStatus());
  EXPECT_EQ(request.cohort().state(), enrolment::v1::Cohort::STATE_UNSPECIFIED);
  CreateCandidateRequest candidate;
  candidate.mutable_candidate()->mutable_create_time()->set_seconds(1);
  EXPECT_FALSE(Validate(candidate).ok());
  EXPECT_FALSE(candidate.candidate().has_create_time());
}

// Bytes of a newer client that nobody checked are dropped, at every depth, so they are neither
// stored nor hashed.
TEST(ValidateTest, DropsUnknownFields) {
  CreateCohortRequest request = GoodCohort();
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(9999, 1);
  auto& start = *request.mutable_cohort()->add_eligibility_rules();
  start.set_rule("age");
  start.set_fact(enrolment::v1::EligibilityRule::AGE);
  start.GetReflection()->MutableUnknownFields(&start)->AddLengthDelimited(9999, "x");
  request.mutable_cohort()
      ->GetReflection()
      ->MutableUnknownFields(request.mutable_cohort())
      ->AddFixed32(9999, 1);
  ASSERT_EQ(Validate(request), absl::OkStatus());
  EXPECT_TRUE(request.GetReflection()->GetUnknownFields(request).empty());
  EXPECT_TRUE(start.GetReflection()->GetUnknownFields(start).empty());
  EXPECT_TRUE(request.cohort().GetReflection()->GetUnknownFields(request.cohort()).empty());
}

// An update says by its mask, or by what is set, what counts: the resource need not be complete,
// but what is there must be right.
TEST(ValidateTest, AnUpdateMayBePartial) {
  UpdateCohortRequest request;
  request.set_request_id("11111111-1111-4111-8111-111111111111");
  request.mutable_cohort()->set_name("schools/nancy/cohorts/ai-1");
  request.mutable_cohort()->set_title("IA");
  EXPECT_EQ(Validate(request), absl::OkStatus());
  request.mutable_cohort()->set_capacity(1001);
  EXPECT_EQ(Faults(Validate(request)),
            std::vector<std::string>{"cohort.capacity: must be from 1 to 1000"});
  request.mutable_cohort()->clear_capacity();
  request.mutable_update_mask()->add_paths("title");
  EXPECT_EQ(Validate(request), absl::OkStatus());
  request.mutable_cohort()->set_title(std::string(121, 'x'));
  EXPECT_FALSE(Validate(request).ok());
  request.mutable_cohort()->set_title("IA");
  request.clear_request_id();  // the request itself is never partial
  EXPECT_FALSE(Validate(request).ok());
}

TEST(ValidateTest, AnUpdateThatMayCreateIsWhole) {
  enrolment::v1::UpdateSchoolRequest request;
  request.set_request_id("11111111-1111-4111-8111-111111111111");
  request.mutable_school()->set_name("schools/nancy");
  EXPECT_EQ(Validate(request), absl::OkStatus());
  request.set_allow_missing(true);
  EXPECT_EQ(Faults(Validate(request)), std::vector<std::string>{"school.title: is required"});
}

TEST(ValidateTest, AMaskEmptiesNothingThatIsRequired) {
  UpdateCohortRequest request;
  request.set_request_id("11111111-1111-4111-8111-111111111111");
  request.mutable_cohort()->set_name("schools/nancy/cohorts/ai-1");
  for (const char* path : {"title", "*"}) {
    request.mutable_update_mask()->clear_paths();
    request.mutable_update_mask()->add_paths(path);
    const absl::Status refused = Validate(request);
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD") << path;
    EXPECT_THAT(refused.message(), ::testing::HasSubstr("cohort.title")) << path;
  }
  // What is named is whole, however deep: a rule without its fact is none.
  request.mutable_update_mask()->clear_paths();
  request.mutable_update_mask()->add_paths("eligibility_rules");
  request.mutable_cohort()->add_eligibility_rules();
  EXPECT_THAT(Validate(request).message(), ::testing::HasSubstr("cohort.eligibility_rules[0]."));
}

TEST(ValidateTest, AMaskNamesFieldsOfTheCaller) {
  UpdateCohortRequest request;
  request.set_request_id("11111111-1111-4111-8111-111111111111");
  request.mutable_cohort()->set_name("schools/nancy/cohorts/ai-1");
  request.mutable_cohort()->set_title("IA");
  for (const char* path : {"colour", "name", "etag", "state", "title.x", ""}) {
    request.mutable_update_mask()->clear_paths();
    request.mutable_update_mask()->add_paths("title");
    request.mutable_update_mask()->add_paths(path);
    EXPECT_THAT(Validate(request).message(), ::testing::HasSubstr("update_mask")) << path;
  }
}

TEST(ValidateTest, BoundsTheHousesOwnFields) {
  enrolment::v1::ListCohortsRequest request;
  request.set_parent("schools/nancy");
  EXPECT_EQ(Validate(request), absl::OkStatus());
  request.set_filter(std::string(storage::kFilterLengthMax + 1, 'x'));
  EXPECT_FALSE(Validate(request).ok());
  request.clear_filter();
  request.set_order_by(std::string(storage::kOrderLengthMax + 1, 'x'));
  EXPECT_FALSE(Validate(request).ok());
  request.clear_order_by();
  request.set_page_token(std::string(kPageTokenLengthMax + 1, 'x'));
  EXPECT_FALSE(Validate(request).ok());
  request.clear_page_token();
  request.set_page_size(501);
  EXPECT_FALSE(Validate(request).ok());
}

}  // namespace
}  // namespace vivier::rpc
