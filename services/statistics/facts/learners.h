// What is remembered of learners, so that a later event can move their count. Stateless besides its
// tables, hence thread-safe.
#pragma once

#include "services/statistics/cells/cells.h"
#include "services/statistics/cells/rules.h"
#include "shared/service/service.h"
#include "vivier/curriculum/v1/events.pb.h"
#include "vivier/enrolment/v1/events.pb.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/statistics/v1/facts.pb.h"

namespace vivier::statistics {

class LearnerFacts {
 public:
  explicit LearnerFacts(Cells& cells) : cells_(cells) {}

  // Puts its reactions into the service.
  void AddTo(rpc::Service& service);

 private:
  absl::Status OnLearnerEnrolled(rpc::Call& call, const enrolment::v1::LearnerEnrolled& event);
  absl::Status OnLearnerLeft(rpc::Call& call, const enrolment::v1::LearnerLeft& event);
  absl::Status OnLearnerFinished(rpc::Call& call, const enrolment::v1::LearnerFinished& event);
  // Folds the person into the base cells.
  absl::Status OnPersonErased(rpc::Call& call, const enrolment::v1::PersonErased& event);
  // `counted` is of one cohort.
  absl::Status KeepCounted(rpc::Call& call, const Changes& counted);
  absl::Status OnOutcomeRecorded(rpc::Call& call, const enrolment::v1::OutcomeRecorded& event);
  absl::Status OnCertificateAwarded(rpc::Call& call,
                                    const curriculum::v1::CertificateAwarded& event);

  Cells& cells_;
  storage::Table<v1::LearnerFact> learners_;
  storage::Table<v1::BaseCell> base_cells_;
  storage::Table<v1::LearnerResult> results_;
};

}  // namespace vivier::statistics
