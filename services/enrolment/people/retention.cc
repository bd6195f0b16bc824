#include "services/enrolment/people/retention.h"

#include <algorithm>

#include "shared/base/error.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

absl::Status Needed(const std::string& resource, absl::string_view why) {
  return Refused(v1::PERSON_NEEDED, why, {{"resource", resource}});
}

absl::CivilDay EraseOn(absl::CivilDay day) {
  const absl::CivilMonth month = absl::CivilMonth(day) + kUnsuccessfulKeptMonths;
  const absl::CivilDay last =
      absl::CivilDay(month + 1) - 1;  // the 29th of February has no second year
  return absl::CivilDay(month.year(), month.month(), std::min(day.day(), last.day()));
}

}  // namespace vivier::enrolment
