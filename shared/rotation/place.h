// How far the walk through a service's tables has come: the last row that it looked at, or the end
// of a table. Tables are walked in the order of their names. A value, not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/storage/engines/database.h"

namespace vivier::rotation {

struct Place {
  std::string table;  // "" at the beginning
  bool ended = false;
  std::vector<storage::Value> after;  // the row's key without the school

  // The parts with NUL between, which no text of a row has.
  std::string Encode() const;
  // INTERNAL where it is none.
  static absl::StatusOr<Place> Decode(absl::string_view bytes);
};

}  // namespace vivier::rotation
