// The service: from candidate to outcome. It lists its parts, each of which owns its tables, rules
// and rpcs, and says which part answers the hooks of those below it. A part knows the parts below
// it only; from the top: links, outcomes, admission, selection, presence, learners, cohorts,
// files, people, school. Stateless besides its parts, hence thread-safe.
#pragma once

#include "services/enrolment/admission/admission.h"
#include "services/enrolment/files/files.h"
#include "services/enrolment/links/links.h"
#include "services/enrolment/outcomes/outcomes.h"
#include "services/enrolment/school/school.h"
#include "shared/service/service.h"

namespace vivier::enrolment {

class Enrolment {
 public:
  Enrolment();

  rpc::Service Rpc();

 private:
  Schools schools_;
  People people_;
  Files files_{people_};
  Cohorts cohorts_;
  Learners learners_{cohorts_};
  Presence presence_{cohorts_, learners_};
  Selection selection_{people_, cohorts_};
  Seats seats_{people_, cohorts_, learners_, selection_};
  Admission admission_{people_, cohorts_, learners_, selection_, seats_};
  Outcomes outcomes_{cohorts_, learners_};
  Links links_{people_, cohorts_, learners_, presence_, selection_};
};

}  // namespace vivier::enrolment
