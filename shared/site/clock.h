// The clock of a site in development mode: the machine's, or ahead of it where somebody moved it
// on. It is one for all processes that serve a data folder: each maps the same file, so all read
// what one of them sets from the same instant on, and a restart finds it again. It tells what a
// call's time and day are and what is due. Deadlines, waiting, tokens, certificates, log lines and
// how long a retry is remembered stay on the machine's clock. Thread-safe.
//
//   DATA/clock   8 bytes, an integer of the machine's byte order: microseconds ahead of the machine
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::site {

class Clock {
 public:
  // FAILED_PRECONDITION unless the configuration says development. The folder exists.
  static absl::StatusOr<std::unique_ptr<Clock>> Open(
      const config::v1::Config& config, const std::string& data,
      std::function<absl::Time()> machine = absl::Now);
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  absl::Time Now() const { return machine_() + ahead(); }
  absl::Duration ahead() const;

  // INVALID_ARGUMENT for a time that is past: a log is in the order of time.
  absl::Status MoveTo(absl::Time time);
  absl::Status MoveBy(absl::Duration by);

 private:
  Clock(int64_t* ahead, std::function<absl::Time()> machine)
      : ahead_(ahead), machine_(std::move(machine)) {}

  int64_t* const ahead_;  // in the mapped file
  const std::function<absl::Time()> machine_;
};

// FAILED_PRECONDITION where the folder's clock was moved on: what was written under it lies in the
// future of a site that is not in development mode.
absl::Status CheckNotMoved(const std::string& data);

}  // namespace vivier::site
