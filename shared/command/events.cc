#include <iostream>

#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::command {
namespace {

void Print(const site::v1::ParkedEvent& event) {
  std::cout << event.service() << "/" << event.producer() << "/" << event.number() << "  "
            << event.type() << "  " << event.subject() << "\n    " << event.reason() << "\n";
}

// How many there are.
absl::StatusOr<int> ListParked(Session& session, const std::string& school) {
  site::v1::SearchParkedEventsRequest request;
  request.set_parent("schools/" + school);
  int parked = 0;
  RETURN_IF_ERROR(session.AskAllPages<site::v1::SearchParkedEventsResponse>(
      request, [&](const site::v1::SearchParkedEventsResponse& page) {
        for (const site::v1::ParkedEvent& event : page.events()) Print(event);
        parked += page.events_size();
      }));
  return parked;
}

// How many stay parked.
absl::StatusOr<int> RetryParked(Session& session, const std::string& school,
                                const std::string& event) {
  site::v1::RetryParkedEventsRequest request;
  request.set_parent("schools/" + school);
  request.set_event(event);
  int64_t applied = 0;
  int parked = 0;
  RETURN_IF_ERROR(session.AskAllPages<site::v1::RetryParkedEventsResponse>(
      request, [&](const site::v1::RetryParkedEventsResponse& page) {
        for (const site::v1::ParkedEvent& stays : page.parked()) Print(stays);
        applied += page.applied();
        parked += page.parked_size();
      }));
  std::cout << applied << " applied, " << parked << " stay parked\n";
  return parked;
}

absl::StatusOr<int> Run(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  int parked = 0;
  for (const std::string& school : settings.config.schools()) {
    ASSIGN_OR_RETURN(const int of_school, line.Is(cli::kRetry)
                                              ? RetryParked(*session, school, line.Argument(0))
                                              : ListParked(*session, school));
    parked += of_school;
  }
  return parked;
}

}  // namespace

absl::StatusOr<int> Events(const Line& line, Modules modules) {
  if (line.Is(cli::kParked) == line.Is(cli::kRetry))
    return cli::Misuse(
        "give --parked to see the events that were set aside, or --retry to apply them");
  if (line.Is(cli::kParked) && !line.arguments().empty())
    return cli::Misuse("--parked lists all; an EVENT is for --retry");
  ASSIGN_OR_RETURN(const int parked, Run(line, std::move(modules)));
  return parked == 0 ? 0 : 1;
}

}  // namespace vivier::command
