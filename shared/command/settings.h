// The flags that every command shares, and the configuration that they and the data folder's file
// make together.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::command {

struct Settings {
  std::string data;  // the folder of --data
  config::v1::Config config;
};

// The file of --config, or the files of that folder together, else DATA/config.textproto where
// there is one, else the embedded default (one school "nancy" on SQLite, any free port on
// loopback); then every flag that was given. INVALID_ARGUMENT names the field at fault.
absl::StatusOr<Settings> ReadSettings();

}  // namespace vivier::command
