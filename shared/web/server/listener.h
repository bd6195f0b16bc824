// A listening socket of TCP or of a path. Stateless.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace vivier::web {

// Of "HOST:PORT", "[::1]:PORT" or "unix:PATH"; `bound` is the address with its actual port.
// UNAVAILABLE when it cannot be bound.
absl::StatusOr<int> ListenOn(const std::string& address, std::string& bound);
void CloseListener(int listener, const std::string& bound);

}  // namespace vivier::web
