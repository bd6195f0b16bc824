// What people tell their browsers apart by, from the header that browsers send: two words, of a few
// that there are. It proves nothing. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::web {

// "Firefox, Linux"; "another program" for what is no browser that it knows.
std::string DeviceOf(absl::string_view user_agent);

}  // namespace vivier::web
