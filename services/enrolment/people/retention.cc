#include "services/enrolment/people/retention.h"

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

absl::Status PersonNeeded(const std::string& resource, absl::string_view why) {
  return Refused(v1::PERSON_NEEDED, why, {{"resource", resource}});
}

absl::CivilDay EraseOn(absl::CivilDay day) { return AddMonths(day, kUnsuccessfulKeptMonths); }

}  // namespace vivier::enrolment
