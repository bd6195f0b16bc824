#include "tests/walls/ranked_crowd.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/events.pb.h"

namespace vivier::testing {

namespace v1 = enrolment::v1;

namespace {

template <class Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

template <class Response, class Request>
Response Must(RankedCrowd& crowd, const std::string& text) {
  const auto response = crowd.service().Ask<Response>(Parse<Request>(text));
  EXPECT_TRUE(response.ok()) << text << " " << response.status();
  return response.ok() ? *response : Response();
}

std::string Named(const std::string& name) { return absl::StrCat("name: '", name, "' "); }

}  // namespace

RankedCrowd::RankedCrowd(storage::Engine engine, int ranked, int submitted)
    : service_(engine, enrolment_.Rpc()), ranked_(ranked) {
  service_.Execute(
      "INSERT INTO cohorts (school, name, version, title, programme_revision, capacity, "
      "start_date, end_date, host_site, host_siret, training_body, training_body_siret, state) "
      "VALUES ('nancy', 'schools/nancy/cohorts/ai-1', 1, 'IA', '', 20, '2027-03-01', "
      "'2027-09-30', '', '', '', '', 'OPEN')");
  service_.Execute(
      "INSERT INTO cohort_seats (school, name, version, capacity, held, taken) "
      "VALUES ('nancy', 'schools/nancy/cohorts/ai-1/seats', 1, 20, 3, 17)");
  AddApplications(ranked, submitted);
  service_.Execute(
      "INSERT INTO learners (school, name, version, cohort, candidate, application, hold, state, "
      "certification) SELECT school, replace(name, 'applications', 'learners'), 1, "
      "cohort, candidate, name, hold, 'ENROLLED', 'CERTIFICATION_UNSPECIFIED' FROM applications "
      "WHERE state IN ('ADMITTED', 'ACCEPTED')");
}

void RankedCrowd::AddApplications(int ranked, int submitted) {
  service_.Fill("candidates (school, name, version, create_time)",
                "'nancy', 'schools/nancy/candidates/c-' || i, 1, 1", 1, ranked + submitted);
  const std::string columns =
      "applications (school, name, version, cohort, candidate, channel, state, rank, hold, "
      "funding_by, accept_by, decided_by, create_time)";
  const std::string names =
      "'nancy', 'schools/nancy/cohorts/ai-1/applications/a-' || i, 1, "
      "'schools/nancy/cohorts/ai-1', 'schools/nancy/candidates/c-' || i, '', ";
  const std::string last = absl::StrCat(ranked);
  service_.Fill(columns,
                absl::StrCat(names,
                             "CASE WHEN i = 1 THEN 'ADMITTED' WHEN i = 2 THEN 'FUNDING_PENDING' "
                             "WHEN i <= 4 THEN 'AWAITING_FUNDING' WHEN i <= 20 THEN 'ACCEPTED' "
                             "WHEN i < ",
                             last,
                             " THEN 'WAITLISTED' ELSE 'SHORTLISTED' END, i, 'hold-' || i, "
                             "CASE WHEN i = 2 THEN CAST(1900000000000000 AS BIGINT) END, "
                             "CASE WHEN i = 1 THEN CAST(1900000000000000 AS BIGINT) END, '', "
                             "1700000000000000 + i"),
                1, ranked);
  if (submitted > 0)
    service_.Fill(columns,
                  names +
                      "'SUBMITTED', 0, '', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), '', "
                      "1700000000000000 + i",
                  ranked + 1, ranked + submitted);
}

std::string RankedCrowd::Application(int rank) {
  return absl::StrCat(Cohort(), "/applications/a-", rank);
}

std::string RankedCrowd::StateOf(int rank) {
  return v1::Application::State_Name(
      Must<v1::Application, v1::GetApplicationRequest>(*this, Named(Application(rank))).state());
}

int64_t RankedCrowd::CountIn(const std::string& state) {
  return service_.Number(
      absl::StrCat("SELECT COUNT(*) FROM applications WHERE state = '", state, "'"));
}

std::string RankedCrowd::Seats() {
  const auto seats =
      Must<v1::CohortSeats, v1::GetCohortSeatsRequest>(*this, Named(Cohort() + "/seats"));
  return absl::StrCat(seats.held(), "+", seats.taken(), "/", seats.capacity());
}

namespace {

using Act = RankedCrowd::Act;

std::vector<Act> ActsOnOne() {
  return {
      {"AdmitApplication",
       [](RankedCrowd& crowd) {
         Must<v1::Application, v1::AdmitApplicationRequest>(
             crowd, Named(RankedCrowd::Application(crowd.ranked())));
       }},
      {"DeclineSeat",
       [](RankedCrowd& crowd) {
         Must<v1::Application, v1::DeclineSeatRequest>(crowd, Named(RankedCrowd::Application(1)));
       }},
      {"AcceptSeat",
       [](RankedCrowd& crowd) {
         Must<v1::Application, v1::AcceptSeatRequest>(crowd, Named(RankedCrowd::Application(1)));
       }},
      {"WithdrawApplication",
       [](RankedCrowd& crowd) {
         Must<v1::Application, v1::WithdrawApplicationRequest>(crowd,
                                                               Named(RankedCrowd::Application(3)));
       }},
      {"RejectApplication",
       [](RankedCrowd& crowd) {
         Must<v1::Application, v1::RejectApplicationRequest>(
             crowd, Named(RankedCrowd::Application(30)) + "decision_reason: 'no'");
       }},
  };
}

std::vector<Act> ActsOnMany() {
  return {
      {"UpdateCohort",
       [](RankedCrowd& crowd) {
         Must<v1::Cohort, v1::UpdateCohortRequest>(
             crowd, "cohort { " + Named(RankedCrowd::Cohort()) +
                        "capacity: 25 } update_mask { paths: 'capacity' }");
       }},
      {"PublishRanking",
       [](RankedCrowd& crowd) {
         Must<v1::PublishRankingResponse, v1::PublishRankingRequest>(
             crowd, Named(RankedCrowd::Cohort()) + "applications: '" +
                        RankedCrowd::Application(crowd.ranked() + 1) + "'");
       }},
      {"PublishRanking of who was ranked",
       [](RankedCrowd& crowd) {
         Must<v1::PublishRankingResponse, v1::PublishRankingRequest>(
             crowd, Named(RankedCrowd::Cohort()) + "applications: '" +
                        RankedCrowd::Application(crowd.ranked()) + "'");
       }},
      {"PublishRanking and reject others",
       [](RankedCrowd& crowd) {
         Must<v1::PublishRankingResponse, v1::PublishRankingRequest>(
             crowd, Named(RankedCrowd::Cohort()) + "applications: '" +
                        RankedCrowd::Application(crowd.ranked() + 1) +
                        "' reject_others: true decision_reason: 'no'");
       }},
  };
}

std::vector<Act> OtherActs() {
  return {
      {"FundingPlanChanged",
       [](RankedCrowd& crowd) {
         funding::v1::FundingPlanChanged changed;
         changed.set_cohort(RankedCrowd::Cohort());
         EXPECT_EQ(crowd.service().Tell(changed), absl::OkStatus());
       }},
      {"SeatFunded",
       [](RankedCrowd& crowd) {
         funding::v1::SeatFunded funded;
         funded.set_application(RankedCrowd::Application(2));
         funded.set_hold("hold-2");
         EXPECT_EQ(crowd.service().Tell(funded), absl::OkStatus());
       }},
      {"SeatRefused",
       [](RankedCrowd& crowd) {
         funding::v1::SeatRefused refused;
         refused.set_application(RankedCrowd::Application(2));
         refused.set_hold("hold-2");
         refused.set_cause(funding::v1::SeatRefused::NOT_ELIGIBLE);
         EXPECT_EQ(crowd.service().Tell(refused), absl::OkStatus());
       }},
      {"StartCohort",
       [](RankedCrowd& crowd) {
         Must<v1::Cohort, v1::StartCohortRequest>(crowd, Named(RankedCrowd::Cohort()));
       }},
      {"ListApplications",
       [](RankedCrowd& crowd) {
         Must<v1::ListApplicationsResponse, v1::ListApplicationsRequest>(
             crowd, "parent: '" + RankedCrowd::Cohort() + "'");
       }},
  };
}

}  // namespace

std::vector<Act> RankedCrowd::Acts() {
  std::vector<Act> acts;
  for (const auto& some : {ActsOnOne(), ActsOnMany(), OtherActs()})
    acts.insert(acts.end(), some.begin(), some.end());
  return acts;
}

}  // namespace vivier::testing
