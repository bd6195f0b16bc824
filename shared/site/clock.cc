#include "shared/site/clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::site {
namespace {

constexpr off_t kSize = sizeof(int64_t);
// Terms and retention periods that are counted from it end before the year 9999, the last of a
// Timestamp.
constexpr int kYearMax = 2199;

static_assert(std::atomic_ref<int64_t>::is_always_lock_free, "processes share no lock");

std::string PathIn(const std::string& data) { return data + "/clock"; }

absl::Status Unusable(const std::string& path, absl::string_view why) {
  return InvalidField("data", absl::StrCat(path, ": ", why));
}

std::string Text(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status CheckYear(absl::Time time) {
  if (absl::ToCivilYear(time, absl::UTCTimeZone()).year() <= kYearMax) return absl::OkStatus();
  return InvalidField("time", absl::StrCat("is after the year ", kYearMax));
}

absl::StatusOr<int64_t*> MapFile(int file, const std::string& path) {
  struct stat found {};
  if (fstat(file, &found) != 0) return Unusable(path, std::strerror(errno));
  if (found.st_size != 0 && found.st_size != kSize) return Unusable(path, "is no clock's file");
  if (ftruncate(file, kSize) != 0) return Unusable(path, std::strerror(errno));
  void* const mapped = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) return Unusable(path, std::strerror(errno));
  return static_cast<int64_t*>(mapped);
}

absl::StatusOr<int64_t*> Map(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return Unusable(path, std::strerror(errno));
  absl::StatusOr<int64_t*> ahead = MapFile(file, path);
  close(file);
  return ahead;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Clock>> Clock::Open(const config::v1::Config& config,
                                                   const std::string& data,
                                                   std::function<absl::Time()> machine) {
  if (!config.development())
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_ALLOWED",
                 "the clock of a site is its machine's; it can be set only where the configuration "
                 "says development: true");
  ASSIGN_OR_RETURN(int64_t * ahead, Map(PathIn(data)));
  return std::unique_ptr<Clock>(new Clock(ahead, std::move(machine)));
}

Clock::~Clock() { munmap(ahead_, kSize); }

absl::Duration Clock::ahead() const {
  return absl::Microseconds(std::atomic_ref<int64_t>(*ahead_).load());
}

absl::Status Clock::MoveTo(absl::Time time) {
  RETURN_IF_ERROR(CheckYear(time));
  std::atomic_ref<int64_t> ahead(*ahead_);
  int64_t before = ahead.load(), after = 0;
  do {
    const absl::Time machine = machine_();
    after = absl::ToInt64Microseconds(time - machine);
    if (after < before)
      return InvalidField(
          "time",
          absl::StrCat("is past: the site's clock shows ",
                       Text(machine + absl::Microseconds(before)),
                       " and is only moved forwards, as its logs are in the order of time"));
  } while (!ahead.compare_exchange_weak(before, after));
  msync(ahead_, kSize, MS_SYNC);  // no later than what is committed under it
  return absl::OkStatus();
}

absl::Status Clock::MoveBy(absl::Duration by) { return MoveTo(Now() + by); }

absl::Status CheckNotMoved(const std::string& data) {
  std::ifstream file(PathIn(data), std::ios::binary);
  int64_t ahead = 0;
  if (!file.read(reinterpret_cast<char*>(&ahead), kSize) || ahead == 0) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_ALLOWED",
               PathIn(data) +
                   ": the clock was moved on, so the logs are ahead of the machine's; such a site "
                   "starts only where the configuration says development: true");
}

}  // namespace vivier::site
