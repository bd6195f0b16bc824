// What protobuf says of a text that is no JSON of a message, in words for people. Pure,
// thread-safe.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier::formats {

// The same, but where a field has a wrong value: then what it is to be, of an enum its values.
//
//   (link.purpose): invalid value "X" for type type.googleapis.com/….AccessLink.Purpose
//   link.purpose is "X", and is to be OWN_DATA, APPLY, ANSWER_OFFER or SIGN_PRESENCE
//   raeson: Cannot find field
//   there is no field raeson
std::string JsonComplaint(absl::string_view said);

// The same of protobuf's whole message, in one line: it says what is wrong in a line, shows the
// text in the next, and points at it in a third.
std::string JsonFault(absl::string_view message);

}  // namespace vivier::formats
