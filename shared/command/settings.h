// The configuration that the data folder's file and the options of a command make together.
// Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "shared/cli/command.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::command {

struct Settings {
  std::string data;  // the folder of --data
  config::v1::Config config;
  bool configured = false;  // by a file, or by --schools; else it is the embedded default
};

// The file of --config, or the files of that folder together, else DATA/config.textproto where
// there is one, else the embedded default (one school "nancy" on SQLite, any free port on
// loopback); then every option that was given. INVALID_ARGUMENT names the field at fault.
absl::StatusOr<Settings> ReadSettings(const cli::Line& line);

// FAILED_PRECONDITION, reason NO_SITE, where a school's databases were never made in the folder of
// --data: who looks makes none. Says what stands there, and which folder beside it was meant.
absl::Status CheckIsSite(const Settings& settings);

}  // namespace vivier::command
