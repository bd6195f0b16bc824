#include "demo/stage.h"

#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/uuid.h"

namespace vivier::demo {

std::string Stage::LearnerId(int rank) const { return IdOf(Application(rank)); }

std::string Stage::Learner(int rank) const {
  return absl::StrCat(Cohort(), "/learners/", LearnerId(rank));
}

absl::Status Stage::LiveUntil(const google::type::Date& day, int minute) {
  const auto zone = FindTimeZone(story().time_zone());
  if (!zone.has_value()) return InvalidField("time_zone", "is the name of no time zone");
  const absl::CivilMinute wanted = absl::CivilMinute(ToCivil(day)) + minute;
  const absl::Time time = absl::FromCivil(absl::CivilSecond(wanted), *zone);
  const absl::Status moved = clock.MoveTo(time);
  return clock.Now() >= time ? absl::OkStatus() : moved;
}

absl::Status Stage::LiveUntilDaysBefore(int days) {
  return LiveUntil(ToDate(ToCivil(story().start_date()) - days));
}

std::string Stage::RequestId(absl::string_view step, absl::string_view item) const {
  return UuidOf(absl::StrCat("demo/", Cohort(), "/", step, "/", item));
}

}  // namespace vivier::demo
