// Admissions at the same instant, the money that comes later, who withdraws and who moves up.
#include <map>

#include "demo/steps.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::demo {
namespace {

namespace enrolment = enrolment::v1;
namespace funding = funding::v1;
using enrolment::Application;

// How many ranked applications are in each state now.
absl::StatusOr<std::map<Application::State, int>> States(Stage& stage) {
  enrolment::ListApplicationsRequest request;
  request.set_parent(stage.Cohort());
  request.set_filter("rank > 0");
  request.set_order_by("rank");
  std::map<Application::State, int> states;
  RETURN_IF_ERROR(
      stage.ReadPages<enrolment::ListApplicationsResponse>(request, [&](const auto& page) {
        for (const Application& application : page.applications()) ++states[application.state()];
      }));
  return states;
}

// Until funding has answered every hold, and no money is waited for where `funded`.
absl::Status AwaitMoney(Stage& stage, bool funded) {
  return stage.client.Await("the money of every held seat",
                            [&stage, funded]() -> absl::StatusOr<bool> {
                              ASSIGN_OR_RETURN(auto states, States(stage));
                              return states[Application::FUNDING_PENDING] == 0 &&
                                     (!funded || states[Application::AWAITING_FUNDING] == 0);
                            });
}

// How often there was no money for a hold.
absl::StatusOr<int> RefusedHolds(Stage& stage) {
  funding::ListReservationsRequest request;
  request.set_parent(stage.School());
  request.set_filter(absl::StrCat("cohort = \"", stage.Cohort(), "\" AND state = \"REFUSED\""));
  int refused = 0;
  RETURN_IF_ERROR(stage.ReadPages<funding::ListReservationsResponse>(
      request, [&](const auto& page) { refused += page.reservations_size(); }));
  return refused;
}

}  // namespace

absl::Status Admit(Stage& stage) {
  std::vector<enrolment::AdmitApplicationRequest> requests;
  for (const Applicant& applicant : stage.ranked)
    requests.emplace_back().set_name(applicant.application);
  ASSIGN_OR_RETURN(auto admitted,
                   stage.WriteAll<Application>("admissions_officer", "admit", std::move(requests)));
  int waitlisted = 0;
  for (const Application& application : admitted)
    waitlisted += application.state() == Application::WAITLISTED ? 1 : 0;
  const int held = static_cast<int>(admitted.size()) - waitlisted;
  RETURN_IF_ERROR(AwaitMoney(stage, false));
  ASSIGN_OR_RETURN(const int refused, RefusedHolds(stage));
  stage.Say(absl::StrCat("admission: ", admitted.size(), " asked at the same instant: ", held,
                         " seats held, ", held - refused, " funded, ", refused,
                         " waits for money at its rank, ", waitlisted, " on the waitlist"));
  return absl::OkStatus();
}

absl::Status RaiseCeilings(Stage& stage) {
  std::string amended;
  for (const v1::FundingShare& share : stage.story().funding()) {
    if (share.seats_at_first() >= stage.story().seats()) continue;
    funding::AmendFundingAgreementRequest amend;
    amend.set_name(stage.Agreement(share.id()));
    amend.set_ceiling_cents(SeatCents(stage.story(), share) * stage.story().seats());
    RETURN_IF_ERROR(
        stage.Write<funding::FundingAgreement>("finance_officer", "amend", share.id(), amend)
            .status());
    absl::StrAppend(&amended, amended.empty() ? "" : ", ", share.funder().title());
  }
  RETURN_IF_ERROR(AwaitMoney(stage, true));
  stage.Say(absl::StrCat("amendment: ", amended, " pays for ", stage.story().seats(),
                         " seats; who waited is admitted"));
  return absl::OkStatus();
}

absl::Status Withdraw(Stage& stage) {
  for (int rank : stage.story().withdrawals()) {
    enrolment::WithdrawApplicationRequest withdraw;
    withdraw.set_name(stage.Application(rank));
    RETURN_IF_ERROR(
        stage.Write<Application>("admissions_officer", "withdraw", absl::StrCat(rank), withdraw)
            .status());
    RETURN_IF_ERROR(AwaitMoney(stage, true));
  }
  stage.Say(absl::StrCat("withdrawals: ", stage.story().withdrawals_size(),
                         " withdraw, the waitlist moves up to rank ",
                         SeatedRanks(stage.story()).back()));
  return absl::OkStatus();
}

absl::Status AcceptSeats(Stage& stage) {
  std::vector<enrolment::AcceptSeatRequest> requests;
  for (int rank : SeatedRanks(stage.story()))
    requests.emplace_back().set_name(stage.Application(rank));
  ASSIGN_OR_RETURN(auto accepted, stage.WriteAll<Application>("admissions_officer", "accept",
                                                              std::move(requests)));
  RETURN_IF_ERROR(stage.LiveUntil(stage.story().start_date()));
  enrolment::StartCohortRequest start;
  start.set_name(stage.Cohort());
  RETURN_IF_ERROR(
      stage.Write<enrolment::Cohort>("admissions_officer", "cohort", "start", start).status());
  stage.Say(
      absl::StrCat("first day: ", accepted.size(), " accepted their seats and are in training"));
  return absl::OkStatus();
}

}  // namespace vivier::demo
