#include "services/enrolment/selection/rules.h"

#include "absl/container/flat_hash_set.h"
#include "services/enrolment/cohorts/rules.h"
#include "services/enrolment/people/retention.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using v1::Application;

absl::Status KeepScore(const v1::Score& score, Application& application) {
  if (application.state() != Application::SUBMITTED &&
      application.state() != Application::SHORTLISTED)
    return Refused(v1::ALREADY_DECIDED, "the panel is done with it",
                   {{"application", application.name()}});
  for (v1::Score& earlier : *application.mutable_scores()) {
    if (earlier.assessor() != score.assessor() || earlier.criterion() != score.criterion())
      continue;
    earlier = score;
    return absl::OkStatus();
  }
  *application.add_scores() = score;
  return absl::OkStatus();
}

namespace {

absl::Status CheckRankable(const v1::Cohort& cohort, const Application& application) {
  if (application.state() != Application::SUBMITTED &&
      application.state() != Application::SHORTLISTED)
    return Refused(v1::NOT_RANKABLE, "only submitted and shortlisted applications are ranked",
                   {{"application", application.name()}});
  if (cohort.eligibility_rules().empty()) return absl::OkStatus();
  if (!application.has_assess_time())
    return Refused(v1::NOT_ASSESSED, "eligibility was not assessed",
                   {{"application", application.name()}});
  for (const v1::EligibilityFinding& finding : application.findings())
    if (!finding.satisfied())
      return Refused(v1::NOT_ELIGIBLE, "an eligibility rule is not satisfied",
                     {{"application", application.name()}, {"rule", finding.rule()}});
  return absl::OkStatus();
}

}  // namespace

absl::Status Rank(const v1::Cohort& cohort, int last_rank, absl::Span<Application> listed) {
  RETURN_IF_ERROR(CheckAdmits(cohort));
  absl::flat_hash_set<std::string> seen;
  for (const Application& application : listed) {
    if (!seen.insert(application.name()).second || application.cohort() != cohort.name())
      return Refused(v1::NOT_RANKABLE, "listed twice, or of another cohort",
                     {{"application", application.name()}});
    RETURN_IF_ERROR(CheckRankable(cohort, application));
  }
  for (Application& application : listed) {
    application.set_state(Application::SHORTLISTED);
    application.set_rank(++last_rank);
  }
  return absl::OkStatus();
}

void RecordDecision(const std::string& decider, const std::string& reason,
                    Application& application) {
  application.set_decision_reason(reason);
  application.set_decided_by(decider);
}

absl::Status CheckApplicationErasable(const Application& application) {
  if (!IsUndecided(application.state())) return absl::OkStatus();
  return PersonNeeded(application.name(), "an application is not decided; withdraw it first");
}

}  // namespace vivier::enrolment
