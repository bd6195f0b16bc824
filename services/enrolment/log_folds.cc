#include "services/enrolment/log_folds.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/learners.pb.h"
#include "vivier/enrolment/v1/outcomes.pb.h"
#include "vivier/enrolment/v1/selection.pb.h"

namespace vivier::enrolment {
namespace {

using log::v1::LoggedEvent;
using relations::Each;
using relations::EachEvent;
using relations::If;
using rpc::Breaches;
using rpc::Claims;
using storage::Transaction;
using v1::Application;
using v1::OutcomeRecorded;

// What the log says of one application.
struct ToldApplication {
  std::string channel, hold;  // of the hold that was told or released last
  int32_t rank = 0;           // 0 where no seat was ever held
  google::protobuf::Timestamp funding_by;
};

struct ToldApplications {
  std::map<std::string, ToldApplication> by_name;
  std::set<std::string> erased;
};

absl::Status Tell(const LoggedEvent& logged, ToldApplications& told) {
  if (logged.payload().value().empty()) {
    told.erased.insert(logged.subject());
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(If<v1::ApplicationSubmitted>(logged, [&told](const auto& event) {
    told.by_name[event.application()].channel = event.channel();
  }));
  RETURN_IF_ERROR(If<v1::SeatReleased>(logged, [&told](const auto& event) {
    told.by_name[event.application()].hold = event.hold();
  }));
  return If<v1::SeatHeld>(logged, [&told](const auto& event) {
    ToldApplication& application = told.by_name[event.application()];
    application.hold = event.hold();
    application.rank = event.rank();
    application.funding_by = event.funding_by();
  });
}

// A hold that waits in line behind others is not told.
std::string Unlike(const ToldApplication& told, const Application& application) {
  if (application.channel() != told.channel) return "came by another channel";
  if (told.rank != 0 && application.rank() != told.rank) return "had another rank";
  if (application.state() != Application::AWAITING_FUNDING && application.hold() != told.hold)
    return "had another hold";
  if (application.state() == Application::FUNDING_PENDING &&
      ToTime(application.funding_by()) != ToTime(told.funding_by))
    return "waits for its money until another time";
  return "";
}

absl::StatusOr<Breaches> CheckApplications(Transaction& transaction) {
  ToldApplications told;
  RETURN_IF_ERROR(relations::EachLogged(
      transaction, [&told](const LoggedEvent& logged) { return Tell(logged, told); }));
  Breaches breaches;
  RETURN_IF_ERROR(Each<Application>(transaction, [&](const Application& application) {
    ++breaches.checked;
    if (told.erased.count(application.name()) > 0) return;
    if (const std::string wrong = Unlike(told.by_name[application.name()], application);
        !wrong.empty())
      breaches.Add(application.name(), absl::StrCat("by the log it ", wrong));
  }));
  return breaches;
}

absl::StatusOr<Breaches> CheckExits(Transaction& transaction) {
  std::map<std::string, v1::LearnerLeft> left;
  RETURN_IF_ERROR(EachEvent<v1::LearnerLeft>(
      transaction, [&left](const auto& event) { left[event.learner()] = event; }));
  ASSIGN_OR_RETURN(const std::set<std::string> erased, relations::Erased(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::Learner>(transaction, [&](const v1::Learner& learner) {
    ++breaches.checked;
    if (erased.count(learner.candidate()) > 0) return;
    const v1::LearnerLeft& told = left[learner.name()];
    if (learner.exit_cause() != told.cause() || learner.has_exit_date() != told.has_date() ||
        (told.has_date() && ToCivil(learner.exit_date()) != ToCivil(told.date())))
      breaches.Add(learner.name(), "by the log left on another day, or why");
  }));
  return breaches;
}

std::string OutcomeName(const OutcomeRecorded& event) {
  return absl::StrCat(event.learner(), "/outcomes/", event.months_after());
}

absl::StatusOr<std::map<std::string, OutcomeRecorded>> OutcomesIn(Transaction& transaction) {
  std::map<std::string, OutcomeRecorded> outcomes;
  RETURN_IF_ERROR(EachEvent<OutcomeRecorded>(
      transaction, [&outcomes](const auto& event) { outcomes[OutcomeName(event)] = event; }));
  return outcomes;
}

// What was recorded of an erased person is gone from the log.
absl::StatusOr<Breaches> CheckOutcomes(Transaction& transaction) {
  ASSIGN_OR_RETURN(auto told, OutcomesIn(transaction));
  ASSIGN_OR_RETURN(const std::set<std::string> erased, relations::Erased(transaction));
  Breaches breaches;
  RETURN_IF_ERROR(Each<v1::Outcome>(transaction, [&](const v1::Outcome& outcome) {
    ++breaches.checked;
    const auto event = told.extract(outcome.name());
    if (erased.count(outcome.candidate()) > 0) return;
    const bool alike = !event.empty() && outcome.months_after() == event.mapped().months_after() &&
                       ToCivil(outcome.date()) == ToCivil(event.mapped().date()) &&
                       outcome.situation() == event.mapped().situation() &&
                       (outcome.contract().empty() || outcome.source() == v1::Outcome::CONTRACT);
    if (!alike) breaches.Add(outcome.name(), "is not what was recorded");
  }));
  for (const auto& [name, event] : told) breaches.Add(name, "was recorded and is gone");
  return breaches;
}

absl::StatusOr<Claims> SituationsIn(Transaction& transaction) {
  ASSIGN_OR_RETURN(const auto outcomes, OutcomesIn(transaction));
  Claims claims;
  for (const auto& [name, event] : outcomes)
    claims[absl::StrCat(IdInSchool(event.learner()), ".outcome-", event.months_after())] =
        absl::StrReplaceAll(
            absl::AsciiStrToLower(OutcomeRecorded::Situation_Name(event.situation())),
            {{"_", "-"}});
  return claims;
}

absl::StatusOr<Claims> OpeningsIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(EachEvent<v1::CohortOpened>(transaction, [&claims](const auto& event) {
    claims[IdInSchool(event.cohort())] =
        absl::StrCat(event.capacity(), " seats, ", DateText(event.start_date()), " to ",
                     DateText(event.end_date()));
  }));
  return claims;
}

// Who left after the start used the seat.
absl::StatusOr<Claims> ReleasesIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(EachEvent<v1::SeatReleased>(transaction, [&claims](const auto& event) {
    if (event.cause() != v1::SeatReleased::LEFT) claims[event.hold()] = IdInSchool(event.cohort());
  }));
  return claims;
}

// Why each hold ended.
absl::StatusOr<Claims> CausesIn(Transaction& transaction) {
  Claims claims;
  RETURN_IF_ERROR(EachEvent<v1::SeatReleased>(transaction, [&claims](const auto& event) {
    claims[event.hold()] = v1::SeatReleased::Cause_Name(event.cause());
  }));
  return claims;
}

}  // namespace

void AddLogFolds(rpc::Service& service) {
  using rpc::Knows;
  service.Follows("I16", "applications: channel, hold, funding_by", &CheckApplications)
      .Follows("I16", "learners: exit_date, exit_cause", &CheckExits)
      .Follows("I16", "outcomes: name, months_after, date", &CheckOutcomes)
      .Claim("I17", "outcomes", Knows::kAll, "outcomes: situation", &SituationsIn)
      .Claim("I17", "openings", Knows::kAll, "", &OpeningsIn)
      .Claim("I17", "released seats", Knows::kAll, "", &ReleasesIn)
      .Claim("I17", "causes of releases", Knows::kAll, "", &CausesIn);
}

}  // namespace vivier::enrolment
