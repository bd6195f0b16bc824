// Dates and times between messages and absl. A civil date has no time zone: it is what stands on
// the calendar of the school. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace vivier::enrolment {

// Whether the date is one of the calendar: no absent part, no 30 February.
bool IsDate(const google::type::Date& date);

absl::CivilDay ToCivil(const google::type::Date& date);
google::type::Date ToDate(absl::CivilDay day);

// "2027-03-01"
std::string DateText(const google::type::Date& date);

// Whole microseconds, as the tables keep them.
google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);

}  // namespace vivier::enrolment
