#include "tests/support/ranked_cohorts.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {
namespace {

google::type::Date Day(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

std::string PublishProgramme(Client& client) {
  const char* source = std::getenv("VIVIER_SOURCE");
  EXPECT_NE(source, nullptr);
  std::stringstream lheo;
  lheo << std::ifstream(absl::StrCat(source, "/demo/nancy/programme.xml")).rdbuf();
  curriculum::v1::ImportLheoRequest import;
  import.set_parent(kSchool);
  import.set_content(lheo.str());
  const auto report = client.Must<curriculum::v1::ImportReport>(import);
  EXPECT_GT(report.formations_size(), 0);
  curriculum::v1::PublishProgrammeRequest publish;
  publish.set_name(report.formations_size() > 0 ? report.formations(0).programme() : "");
  return client.Must<curriculum::v1::ProgrammeRevision>(publish).name();
}

void CreateFunder(Client& client) {
  funding::v1::CreateFunderRequest funder;
  funder.set_parent(kSchool);
  funder.set_funder_id("region");
  funder.mutable_funder()->set_title("Conseil régional");
  funder.mutable_funder()->set_kind(funding::v1::Funder::REGIONAL_COUNCIL);
  client.Must<funding::v1::Funder>(funder);
}

void OpenCohort(Client& client, const RankedCohort& cohort, const std::string& revision) {
  enrolment::v1::CreateCohortRequest create;
  create.set_parent(kSchool);
  create.set_cohort_id(cohort.id);
  create.mutable_cohort()->set_title(cohort.id);
  create.mutable_cohort()->set_programme_revision(revision);
  create.mutable_cohort()->set_capacity(cohort.seats);
  *create.mutable_cohort()->mutable_start_date() =
      Day(2100, 3, 1);  // whenever this test runs, it lies ahead
  *create.mutable_cohort()->mutable_end_date() = Day(2100, 9, 30);
  client.Must<enrolment::v1::Cohort>(create);
  enrolment::v1::OpenCohortRequest open;
  open.set_name(cohort.name());
  client.Must<enrolment::v1::Cohort>(open);
}

void Agree(Client& client, const RankedCohort& cohort) {
  funding::v1::CreateFundingAgreementRequest agreement;
  agreement.set_parent(kSchool);
  agreement.set_funding_agreement_id(cohort.id);
  agreement.mutable_funding_agreement()->set_title(cohort.id);
  agreement.mutable_funding_agreement()->set_funder(absl::StrCat(kSchool, "/funders/region"));
  agreement.mutable_funding_agreement()->set_currency_code("EUR");
  // Not enough for one more by a cent.
  agreement.mutable_funding_agreement()->set_ceiling_cents(kSeatCents * (cohort.paid_seats + 1) -
                                                           1);
  *agreement.mutable_funding_agreement()->mutable_valid_from() = Day(2020, 1, 1);
  *agreement.mutable_funding_agreement()->mutable_valid_until() = Day(2101, 1, 1);
  const auto agreed = client.Must<funding::v1::FundingAgreement>(agreement);
  funding::v1::CreateFundingPlanRequest plan;
  plan.set_parent(kSchool);
  plan.set_funding_plan_id(cohort.id);
  plan.mutable_funding_plan()->set_cohort(cohort.name());
  plan.mutable_funding_plan()->set_seats(cohort.seats);
  plan.mutable_funding_plan()->set_planned_minutes(21'000);
  plan.mutable_funding_plan()->set_planned_half_days(100);
  funding::v1::PlanShare& share = *plan.mutable_funding_plan()->add_shares();
  share.set_funding_agreement(agreed.name());
  share.set_basis(funding::v1::PlanShare::PER_SEAT);
  share.set_amount_cents(kSeatCents);
  client.Must<funding::v1::FundingPlan>(plan);
}

std::string Apply(Client& client, const RankedCohort& cohort, const std::string& id) {
  enrolment::v1::CreateCandidateRequest candidate;
  candidate.set_parent(kSchool);
  candidate.set_candidate_id(id);
  candidate.mutable_candidate()->set_given_name("Zoé");
  candidate.mutable_candidate()->set_family_name(id);
  candidate.mutable_candidate()->set_email(absl::StrCat(id, "@example.org"));
  enrolment::v1::SubmitApplicationRequest submit;
  submit.set_parent(cohort.name());
  submit.set_application_id(id);
  submit.mutable_application()->set_candidate(
      client.Must<enrolment::v1::Candidate>(candidate).name());
  return client.Must<enrolment::v1::Application>(submit).name();
}

}  // namespace

std::vector<enrolment::v1::AdmitApplicationRequest> RankApplicants(
    Client& client, const std::vector<RankedCohort>& cohorts) {
  std::vector<enrolment::v1::AdmitApplicationRequest> admissions;
  const std::string revision = PublishProgramme(client);
  CreateFunder(client);
  for (const RankedCohort& cohort : cohorts) {
    OpenCohort(client, cohort, revision);
    Agree(client, cohort);
    enrolment::v1::PublishRankingRequest ranking;
    ranking.set_name(cohort.name());
    for (int i = 0; i < cohort.applicants; ++i) {
      const std::string name = Apply(client, cohort, absl::StrCat(cohort.id, "-", i));
      ranking.add_applications(name);
      admissions.emplace_back().set_name(name);
      admissions.back().set_request_id(RandomUuid());
    }
    client.Must<enrolment::v1::PublishRankingResponse>(ranking);
  }
  return admissions;
}

}  // namespace vivier::testing
