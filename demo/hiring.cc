// Companies with their job offers, and the contracts of the best ranked of those who finished.
#include <map>

#include "demo/steps.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::demo {
namespace {

namespace enrolment = enrolment::v1;
namespace partners = partners::v1;

std::string JobOfferName(const Stage& stage, const v1::Employer& employer) {
  return stage.In("jobOffers", stage.Id(employer.company().name()));
}

absl::Status WelcomeEmployer(Stage& stage, const v1::Employer& employer) {
  const std::string& siret = employer.company().name();
  partners::CreateCompanyRequest company;
  company.set_parent(stage.School());
  company.set_company_id(siret);
  *company.mutable_company() = employer.company();
  company.mutable_company()->clear_name();
  RETURN_IF_ERROR(
      stage.Write<partners::Company>("partner_manager", "company", siret, company).status());

  partners::CreatePartnershipRequest partnership;
  partnership.set_parent(stage.School());
  partnership.set_partnership_id(stage.Id(siret));
  partnership.mutable_partnership()->set_company(stage.In("companies", siret));
  partnership.mutable_partnership()->set_kind(partners::Partnership::EMPLOYER);
  *partnership.mutable_partnership()->mutable_start_date() = stage.story().funded_from();
  RETURN_IF_ERROR(
      stage.Write<partners::Partnership>("partner_manager", "partnership", siret, partnership)
          .status());

  partners::CreateTutorRequest tutor;
  tutor.set_parent(stage.School());
  tutor.set_tutor_id(stage.Id(siret));
  tutor.mutable_tutor()->set_company(stage.In("companies", siret));
  tutor.mutable_tutor()->set_full_name("Tutrice de " + employer.company().title());
  tutor.mutable_tutor()->set_experience_years(6);
  tutor.mutable_tutor()->set_volunteer(true);
  return stage.Write<partners::Tutor>("partner_manager", "tutor", siret, tutor).status();
}

absl::Status OfferJob(Stage& stage, const v1::Employer& employer) {
  const std::string& siret = employer.company().name();
  partners::CreateJobOfferRequest offer;
  offer.set_parent(stage.School());
  offer.set_job_offer_id(stage.Id(siret));
  offer.mutable_job_offer()->set_company(stage.In("companies", siret));
  offer.mutable_job_offer()->set_title(employer.title());
  offer.mutable_job_offer()->set_rome_code("M1805");
  offer.mutable_job_offer()->set_positions(employer.positions());
  offer.mutable_job_offer()->set_contract_kind(partners::PROFESSIONALISATION);
  RETURN_IF_ERROR(
      stage.Write<partners::JobOffer>("partner_manager", "job-offer", siret, offer).status());
  partners::PublishJobOfferRequest publish;
  publish.set_name(JobOfferName(stage, employer));
  return stage.Write<partners::JobOffer>("partner_manager", "publish", siret, publish).status();
}

// One learner with the employer who takes them.
struct Match {
  int rank;
  const v1::Employer* employer;
};

// The best ranked first, each employer until its positions are taken.
std::vector<Match> Matches(const v1::Story& story) {
  std::vector<Match> matches;
  const std::vector<int> ranks = FinishedRanks(story);
  const auto count = static_cast<size_t>(story.contracts().count());
  for (const v1::Employer& employer : story.employers())
    for (int i = 0; i < employer.positions() && matches.size() < count; ++i)
      matches.push_back({ranks[matches.size()], &employer});
  return matches;
}

std::string MatchId(const Stage& stage, const Match& match) {
  return stage.Id(absl::StrCat("rank-", match.rank));
}

// The names under which partners knows the learners, by learner, once all who finished are put
// forward.
absl::StatusOr<std::map<std::string, std::string>> AwaitPutForward(Stage& stage) {
  const size_t finished = FinishedRanks(stage.story()).size();
  std::map<std::string, std::string> names;
  RETURN_IF_ERROR(stage.client.Await("the learners put forward", [&]() -> absl::StatusOr<bool> {
    partners::ListLearnersPutForwardRequest request;
    request.set_parent(stage.School());
    request.set_filter(absl::StrCat("cohort = \"", stage.Cohort(), "\""));
    RETURN_IF_ERROR(
        stage.ReadPages<partners::ListLearnersPutForwardResponse>(request, [&](const auto& page) {
          for (const auto& learner : page.learners_put_forward())
            names[learner.learner()] = learner.name();
        }));
    return names.size() >= finished;
  }));
  return names;
}

absl::Status Hire(Stage& stage, const std::vector<Match>& matches) {
  ASSIGN_OR_RETURN(auto put_forward, AwaitPutForward(stage));
  std::vector<partners::ProposeHiringRequest> proposals;
  std::vector<partners::AcceptHiringRequest> acceptances;
  for (const Match& match : matches) {
    partners::ProposeHiringRequest& propose = proposals.emplace_back();
    propose.set_parent(stage.School());
    propose.set_hiring_id(MatchId(stage, match));
    propose.set_learner_put_forward(put_forward[stage.Learner(match.rank)]);
    propose.set_job_offer(JobOfferName(stage, *match.employer));
    acceptances.emplace_back().set_name(stage.In("hirings", MatchId(stage, match)));
  }
  RETURN_IF_ERROR(
      stage.WriteAll<partners::Hiring>("partner_manager", "propose", std::move(proposals))
          .status());
  return stage.WriteAll<partners::Hiring>("partner_manager", "accept", std::move(acceptances))
      .status();
}

bool IsUnder26(const google::type::Date& birth, const google::type::Date& day) {
  const int years = day.year() - birth.year();
  const bool before_birthday = day.month() * 100 + day.day() < birth.month() * 100 + birth.day();
  return years - (before_birthday ? 1 : 0) < 26;
}

absl::StatusOr<partners::Contract> Draft(Stage& stage, const Match& match) {
  enrolment::GetLearnerRequest get_learner;
  get_learner.set_name(stage.Learner(match.rank));
  ASSIGN_OR_RETURN(auto learner, stage.Read<enrolment::Learner>(get_learner));
  enrolment::GetCandidateRequest get_candidate;
  get_candidate.set_name(learner.candidate());
  ASSIGN_OR_RETURN(auto candidate, stage.Read<enrolment::Candidate>(get_candidate));

  const v1::Contracts& terms = stage.story().contracts();
  partners::Contract contract;
  contract.set_hiring(stage.In("hirings", MatchId(stage, match)));
  contract.set_kind(partners::PROFESSIONALISATION);
  *contract.mutable_start_date() = terms.start_date();
  *contract.mutable_end_date() = terms.end_date();
  contract.set_working_minutes(terms.working_minutes());
  contract.set_training_minutes(terms.training_minutes());
  contract.set_weekly_minutes(35 * 60);
  contract.set_gross_monthly_pay_cents(terms.gross_monthly_pay_cents());
  *contract.mutable_birth_date() = candidate.birth_date();
  contract.set_beneficiary(IsUnder26(candidate.birth_date(), terms.start_date())
                               ? partners::Contract::UNDER_26
                               : partners::Contract::JOBSEEKER_FROM_26);
  contract.set_tutor(stage.In("tutors", stage.Id(match.employer->company().name())));
  return contract;
}

}  // namespace

absl::Status OfferJobs(Stage& stage) {
  int positions = 0;
  for (const v1::Employer& employer : stage.story().employers()) {
    RETURN_IF_ERROR(WelcomeEmployer(stage, employer));
    RETURN_IF_ERROR(OfferJob(stage, employer));
    positions += employer.positions();
  }
  stage.Say(absl::StrCat("employers: ", stage.story().employers_size(), " companies offer ",
                         positions, " positions"));
  return absl::OkStatus();
}

absl::Status SignContracts(Stage& stage) {
  RETURN_IF_ERROR(stage.LiveUntil(stage.story().contracts().start_date()));
  const std::vector<Match> matches = Matches(stage.story());
  RETURN_IF_ERROR(Hire(stage, matches));
  std::vector<partners::CreateContractRequest> drafts;
  std::vector<partners::SignContractRequest> signatures;
  for (const Match& match : matches) {
    partners::CreateContractRequest& create = drafts.emplace_back();
    create.set_parent(stage.School());
    create.set_contract_id(MatchId(stage, match));
    ASSIGN_OR_RETURN(*create.mutable_contract(), Draft(stage, match));
    signatures.emplace_back().set_name(stage.In("contracts", MatchId(stage, match)));
  }
  RETURN_IF_ERROR(
      stage.WriteAll<partners::Contract>("partner_manager", "contract", std::move(drafts))
          .status());
  ASSIGN_OR_RETURN(auto signed_contracts, stage.WriteAll<partners::Contract>(
                                              "partner_manager", "sign", std::move(signatures)));
  stage.Say(absl::StrCat("contracts: ", signed_contracts.size(), " signed"));
  return absl::OkStatus();
}

}  // namespace vivier::demo
