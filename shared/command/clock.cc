// vivier clock: what time it is on a site in development mode.
#include "shared/site/clock.h"

#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/command/settings.h"

namespace vivier::command {
namespace {

// "1d12h" → 36 hours; the units of absl::ParseDuration, and days of 24 hours in front.
absl::StatusOr<absl::Duration> ReadDuration(absl::string_view text) {
  absl::Duration days = absl::ZeroDuration(), rest = absl::ZeroDuration();
  int32_t count = 0;
  if (const size_t day = text.find('d');
      day != text.npos && absl::SimpleAtoi(text.substr(0, day), &count)) {
    days = absl::Hours(24) * count;
    text.remove_prefix(day + 1);
  }
  const bool read = text.empty() ? days > absl::ZeroDuration() : absl::ParseDuration(text, &rest);
  if (read && days + rest > absl::ZeroDuration() && days + rest < absl::InfiniteDuration())
    return days + rest;
  return InvalidField("time", "after + comes a duration such as 1d, 36h or 1d12h30m");
}

absl::Status Move(site::Clock& clock, absl::string_view to) {
  if (absl::ConsumePrefix(&to, "+")) {
    ASSIGN_OR_RETURN(const absl::Duration by, ReadDuration(to));
    return clock.MoveBy(by);
  }
  absl::Time time;
  std::string wrong;
  if (!absl::ParseTime(absl::RFC3339_full, to, &time, &wrong))
    return InvalidField("time", absl::StrCat("is neither a time such as 2027-09-01T08:00:00Z nor + "
                                             "and a duration: ",
                                             wrong));
  return clock.MoveTo(time);
}

void Show(const site::Clock& clock) {
  constexpr absl::Duration kDay = absl::Hours(24);
  absl::Duration rest;
  const int64_t days = absl::IDivDuration(clock.ahead(), kDay, &rest);
  std::cout << absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", clock.Now(), absl::UTCTimeZone())
            << (clock.ahead() == absl::ZeroDuration()
                    ? std::string("  the machine's")
                    : absl::StrCat("  ahead of the machine's by ", days, "d ",
                                   absl::FormatDuration(absl::Trunc(rest, absl::Seconds(1)))))
            << "\n";
}

absl::Status ShowOrMove(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings());
  ASSIGN_OR_RETURN(const std::unique_ptr<site::Clock> clock,
                   site::Clock::Open(settings.config, settings.data));
  if (!arguments.empty()) RETURN_IF_ERROR(Move(*clock, arguments[0]));
  Show(*clock);
  return absl::OkStatus();
}

}  // namespace

int Clock(const Arguments& arguments, Modules) {
  if (arguments.size() > 1)
    return Refuse(InvalidField("time", "name one, or nothing to see the clock"));
  const absl::Status done = ShowOrMove(arguments);
  return done.ok() ? 0 : Refuse(done);
}

}  // namespace vivier::command
