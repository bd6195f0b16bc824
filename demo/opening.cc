// The programme, the cohort with who houses, teaches and answers for it, and who pays.
#include <algorithm>

#include "demo/steps.h"
#include "vivier/access/v1/time_zones.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::demo {
namespace {

namespace curriculum = curriculum::v1;
namespace enrolment = enrolment::v1;
namespace funding = funding::v1;
namespace partners = partners::v1;

absl::Status BindPartner(Stage& stage, const partners::Company& company,
                         partners::Partnership::Kind kind, const std::string& role) {
  partners::CreateCompanyRequest create;
  create.set_parent(stage.School());
  create.set_company_id(company.name());
  *create.mutable_company() = company;
  create.mutable_company()->clear_name();
  const absl::Status created =
      stage.Write<partners::Company>("partner_manager", "company", company.name(), create).status();
  if (!created.ok() && !absl::IsAlreadyExists(created))
    return created;  // another story's partner too

  partners::CreatePartnershipRequest bind;
  bind.set_parent(stage.School());
  bind.set_partnership_id(stage.Id(role));
  bind.mutable_partnership()->set_company(stage.In("companies", company.name()));
  bind.mutable_partnership()->set_kind(kind);
  *bind.mutable_partnership()->mutable_start_date() = stage.story().funded_from();
  return stage.Write<partners::Partnership>("partner_manager", "partnership", role, bind).status();
}

absl::Status OpenSchool(Stage& stage) {
  access::v1::AnnounceTimeZoneRequest announce;
  announce.set_parent(stage.School());
  announce.set_time_zone(stage.story().time_zone());
  RETURN_IF_ERROR(
      stage.Write<access::v1::DatedTimeZone>("school_director", "time zone", "", announce)
          .status());
  enrolment::UpdateSchoolRequest school;
  *school.mutable_school() = stage.story().school();
  school.mutable_school()->set_name(stage.School());
  school.set_allow_missing(true);
  return stage.Write<enrolment::School>("school_director", "school", "", school).status();
}

absl::Status CreateCohort(Stage& stage) {
  const v1::Story& story = stage.story();
  enrolment::CreateCohortRequest create;
  create.set_parent(stage.School());
  create.set_cohort_id(story.cohort_id());
  enrolment::Cohort& cohort = *create.mutable_cohort();
  cohort.set_title(story.title());
  cohort.set_programme_revision(stage.programme_revision);
  cohort.set_capacity(story.seats());
  *cohort.mutable_start_date() = story.start_date();
  *cohort.mutable_end_date() = story.end_date();
  cohort.set_host_site(story.host().title());
  cohort.set_host_siret(story.host().name());
  cohort.set_training_body(story.training_body().title());
  cohort.set_training_body_siret(story.training_body().name());
  *cohort.mutable_eligibility_rules() = story.eligibility_rules();
  return stage.Write<enrolment::Cohort>("admissions_officer", "cohort", "create", create).status();
}

absl::Status ConcludeAgreement(Stage& stage, const v1::FundingShare& share) {
  funding::CreateFunderRequest funder;
  funder.set_parent(stage.School());
  funder.set_funder_id(stage.Id(share.id()));
  *funder.mutable_funder() = share.funder();
  RETURN_IF_ERROR(
      stage.Write<funding::Funder>("finance_officer", "funder", share.id(), funder).status());

  funding::CreateFundingAgreementRequest create;
  create.set_parent(stage.School());
  create.set_funding_agreement_id(stage.Id(share.id()));
  funding::FundingAgreement& agreement = *create.mutable_funding_agreement();
  agreement.set_funder(stage.In("funders", stage.Id(share.id())));
  agreement.set_title(absl::StrCat(share.funder().title(), ": ", stage.story().title()));
  agreement.set_currency_code("EUR");
  agreement.set_ceiling_cents(SeatCents(stage.story(), share) * share.seats_at_first());
  *agreement.mutable_valid_from() = stage.story().funded_from();
  *agreement.mutable_valid_until() = stage.story().funded_until();
  *agreement.mutable_eligibility_rule() = share.eligibility_rule();
  return stage.Write<funding::FundingAgreement>("finance_officer", "agreement", share.id(), create)
      .status();
}

}  // namespace

absl::Status PublishProgramme(Stage& stage) {
  curriculum::ImportLheoRequest import;
  import.set_parent(stage.School());
  import.set_content(stage.folder.programme);
  ASSIGN_OR_RETURN(auto report, stage.Write<curriculum::ImportReport>("school_director", "lheo",
                                                                      "import", import));
  if (report.accepted() != 1)
    return absl::FailedPreconditionError("the programme was refused: " + report.DebugString());

  curriculum::PublishProgrammeRequest publish;
  publish.set_name(report.formations(0).programme());
  ASSIGN_OR_RETURN(auto revision, stage.Write<curriculum::ProgrammeRevision>(
                                      "school_director", "lheo", "publish", publish));
  stage.programme_revision = revision.name();
  stage.Say(absl::StrCat("programme: LHÉO ", report.version(), " imported and published, ",
                         revision.title(), ", ", revision.taught_minutes() / 60, " hours, ",
                         revision.blocks_size(), " blocks"));
  return absl::OkStatus();
}

absl::Status OpenCohort(Stage& stage) {
  RETURN_IF_ERROR(OpenSchool(stage));
  RETURN_IF_ERROR(BindPartner(stage, stage.story().host(), partners::Partnership::HOST, "host"));
  RETURN_IF_ERROR(BindPartner(stage, stage.story().training_body(),
                              partners::Partnership::TRAINING_BODY, "training-body"));
  RETURN_IF_ERROR(CreateCohort(stage));
  enrolment::OpenCohortRequest open;
  open.set_name(stage.Cohort());
  RETURN_IF_ERROR(
      stage.Write<enrolment::Cohort>("admissions_officer", "cohort", "open", open).status());
  stage.Say(absl::StrCat("cohort: ", stage.story().seats(), " seats, hosted by ",
                         stage.story().host().title(), ", answered for by ",
                         stage.story().training_body().title()));
  return absl::OkStatus();
}

absl::Status ConcludeFunding(Stage& stage) {
  const v1::Story& story = stage.story();
  funding::CreateFundingPlanRequest create;
  create.set_parent(stage.School());
  create.set_funding_plan_id(story.cohort_id());
  funding::FundingPlan& plan = *create.mutable_funding_plan();
  plan.set_cohort(stage.Cohort());
  plan.set_seats(story.seats());
  plan.set_planned_minutes(story.planned_minutes());
  plan.set_planned_half_days(story.planned_half_days());
  int seats_at_first = story.seats();
  for (const v1::FundingShare& share : story.funding()) {
    RETURN_IF_ERROR(ConcludeAgreement(stage, share));
    funding::PlanShare& planned = *plan.add_shares();
    planned.set_funding_agreement(stage.Agreement(share.id()));
    planned.set_basis(share.basis());
    planned.set_amount_cents(share.amount_cents());
    seats_at_first = std::min(seats_at_first, share.seats_at_first());
  }
  RETURN_IF_ERROR(
      stage.Write<funding::FundingPlan>("finance_officer", "plan", "", create).status());
  stage.Say(absl::StrCat("funding: ", story.funding_size(),
                         " funders share each seat; their ceilings are enough for ",
                         seats_at_first));
  return absl::OkStatus();
}

}  // namespace vivier::demo
