// What may be done with a learner, and when; transitions.h draws their states. Pure functions on
// messages; thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"
#include "services/enrolment/people/retention.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/enrolment/v1/cohorts.pb.h"
#include "vivier/enrolment/v1/learners.pb.h"

namespace vivier::enrolment {

// A learner has the id of their application.
std::string LearnerName(absl::string_view application);

// Whether a learner may leave on `date`, their last day in training.
absl::Status CheckExit(const v1::Cohort& cohort, const v1::Learner& learner,
                       const google::type::Date& date);

// PERSON_NEEDED while somebody is in training, or a contract of fixed term runs that followed it.
absl::Status CheckLearnerErasable(const v1::Learner& learner, absl::CivilDay today);

// From what the periods count for which a learner's proof is kept.
Proven ProvenOf(const v1::Learner& learner, const v1::Cohort& cohort);

v1::Learner::Certification CertificationOf(curriculum::v1::CertificateAwarded::Result result);

}  // namespace vivier::enrolment
