// One screen for who keeps a school running: a line for each service, and below it what it follows.
#include "shared/base/status.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"

namespace vivier::command {
namespace {

using google::protobuf::util::TimeUtil;
using site::v1::ServiceStatus;

// A service that needs longer than this is not well.
constexpr absl::Duration kTimeout = absl::Seconds(5);

absl::Time TimeOf(const google::protobuf::Timestamp& time) { return ToTime(time); }

// The largest unit that fits: "3 d", "2 h", "5 min", "40 s".
std::string Rough(absl::Duration time) {
  const int64_t seconds = absl::ToInt64Seconds(time);
  if (seconds >= 2 * 86400) return absl::StrCat(seconds / 86400, " d");
  if (seconds >= 2 * 3600) return absl::StrCat(seconds / 3600, " h");
  if (seconds >= 120) return absl::StrCat(seconds / 60, " min");
  return absl::StrCat(seconds, " s");
}

// Of all that was asked, the share that did not have to go further.
std::string CacheRatio(const ServiceStatus& status) {
  int64_t hits = 0, misses = 0;
  for (const site::v1::CacheStatus& cache : status.caches()) {
    if (cache.layer() == "redis") continue;  // what near layers passed on
    hits += cache.hits();
    misses += cache.misses();
  }
  return hits + misses == 0 ? "-" : absl::StrCat(100 * hits / (hits + misses), " %");
}

std::string Verified(const ServiceStatus& status) {
  if (!status.has_verify_time()) return "-";
  const std::string ago = Rough(absl::Now() - TimeOf(status.verify_time())) + " ago";
  return status.violations() == 0 ? ago : absl::StrCat(ago, ", ", status.violations(), " broken");
}

void PrintHead(const std::string& school) {
  absl::PrintF("%s\n%-11s %-8s %-8s %-6s %-22s %8s %6s %6s %6s %5s  %s\n", school, "service",
               "state", "version", "up", "schema", "events", "queue", "parked", "cache", "cert",
               "verified");
}

void PrintService(const ServiceStatus& status, bool running) {
  const std::string certificate =
      status.has_certificate_expire_time()
          ? Rough(TimeOf(status.certificate_expire_time()) - absl::Now())
          : std::string("-");
  absl::PrintF("%-11s %-8s %-8s %-6s %-22s %8d %6d %6d %6s %5s  %s\n", status.service(),
               running ? "serving" : "stopped", status.version(),
               running ? Rough(absl::Now() - TimeOf(status.start_time())) : "-", status.schema(),
               status.event_number(), status.queue_depth(), status.parked_events(),
               CacheRatio(status), certificate, Verified(status));
}

std::string Following(const site::v1::FollowerStatus& follower) {
  const std::string place = absl::StrCat(follower.producer(), " ", follower.number());
  if (follower.forked()) return place + " FORKED";
  const auto lag = absl::Milliseconds(TimeUtil::DurationToMilliseconds(follower.lag()));
  if (follower.lag_events() == 0 && lag == absl::ZeroDuration()) return place;
  return absl::StrCat(place, " (", follower.lag_events(), " behind, ", Rough(lag), ")");
}

std::string Delivering(const site::v1::DeliveryStatus& delivery) {
  return absl::StrCat(
      delivery.target(),
      delivery.lag_events() > 0 ? absl::StrCat(" (", delivery.lag_events(), " wait)") : "",
      delivery.outcome().empty() || delivery.outcome() == "OK" ? "" : " " + delivery.outcome());
}

void PrintFollowed(const ServiceStatus& status) {
  const auto follow = [](std::string* text, const auto& follower) { *text += Following(follower); };
  const auto deliver = [](std::string* text, const auto& delivery) {
    *text += Delivering(delivery);
  };
  if (status.followers_size() > 0)
    absl::PrintF("  follows %s\n", absl::StrJoin(status.followers(), ", ", follow));
  if (status.deliveries_size() > 0)
    absl::PrintF("  delivers to %s\n", absl::StrJoin(status.deliveries(), ", ", deliver));
}

bool IsWell(const ServiceStatus& status) {
  return status.parked_events() == 0 && status.violations() == 0 &&
         std::none_of(status.followers().begin(), status.followers().end(),
                      [](const site::v1::FollowerStatus& follower) { return follower.forked(); });
}

// The service as its process sees it; an error where it does not answer.
absl::StatusOr<ServiceStatus> StatusOf(Session& session, const std::string& service,
                                       const std::string& school) {
  site::v1::GetStatusRequest request;
  request.set_name("schools/" + school);
  ASSIGN_OR_RETURN(auto response,
                   session.AskAsOperator<site::v1::GetStatusResponse>(service, request, kTimeout));
  for (const ServiceStatus& status : response.services())
    if (status.service() == service) return status;
  return Internal("the process does not know of its service");
}

// What should run: the peers of the configuration and what has left a note.
std::set<std::string> Expected(const Settings& settings, const Session& session,
                               const Modules& modules) {
  std::set<std::string> expected;
  for (const config::v1::Peer& peer : settings.config.peers()) expected.insert(peer.service());
  for (const site::Module& module : modules)
    if (session.Serves(module.name())) expected.insert(module.name());
  return expected;
}

size_t Drop(const char*, size_t, size_t size, void*) { return size; }

// "" when the gateway answers HTTP there, whatever it says, else why not.
std::string WrongAtPortal(const Note& note) {
  if (!note.lives) return absl::StrCat("its process ", note.process, " ended by itself");
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(),
                                                                  &curl_easy_cleanup);
  CURL* request = owner.get();
  if (request == nullptr) return "libcurl does not start";
  absl::string_view address = note.address;
  const bool is_socket = absl::ConsumePrefix(&address, "unix:");
  const std::string path(address),
      url = absl::StrCat("http://", is_socket ? "portal" : path, "/-/session");
  curl_easy_setopt(request, CURLOPT_URL, url.c_str());
  if (is_socket) curl_easy_setopt(request, CURLOPT_UNIX_SOCKET_PATH, path.c_str());
  curl_easy_setopt(request, CURLOPT_PROXY, "");
  curl_easy_setopt(request, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(request, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(kTimeout)));
  curl_easy_setopt(request, CURLOPT_WRITEFUNCTION, &Drop);
  const CURLcode code = curl_easy_perform(request);
  return code == CURLE_OK ? "" : absl::StrCat(note.address, ": ", curl_easy_strerror(code));
}

// A line in the columns of the services for the gateway that runs beside them, if one does; false
// where it does not answer.
bool PrintPortal(const std::string& data) {
  const std::optional<Note> note = ReadPortalNote(data);
  if (!note.has_value()) return true;
  if (const std::string wrong = WrongAtPortal(*note); !wrong.empty()) {
    absl::PrintF("%-11s DOWN     %s\n", "portal", wrong);
    return false;
  }
  absl::PrintF("%-11s %-8s %-8s %-6s http://%s\n", "portal", "serving", note->version,
               Rough(absl::Now() - note->start_time), note->address);
  return true;
}

absl::StatusOr<bool> PrintStatus(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  const Modules all = modules;
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  bool well = session->running();
  for (const std::string& school : settings.config.schools()) {
    PrintHead(school);
    for (const std::string& service : Expected(settings, *session, all)) {
      const absl::StatusOr<ServiceStatus> status = StatusOf(*session, service, school);
      well = well && status.ok() && IsWell(*status);
      if (!status.ok()) {
        absl::PrintF("%-11s DOWN     %s\n", service, status.status().message());
        continue;
      }
      PrintService(*status, session->running());
      PrintFollowed(*status);
    }
  }
  return PrintPortal(settings.data) && well;
}

}  // namespace

absl::StatusOr<int> Status(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const bool well, PrintStatus(line, std::move(modules)));
  return well ? 0 : 1;
}

}  // namespace vivier::command
