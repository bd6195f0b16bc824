// The hash by which we tell whether two requests are the same. The wire form of protobuf cannot
// serve: the same message may be serialized in several ways, and maps in any order. Thread-safe.
//
// What is hashed, after the full name of the message's type:
//
//   message := { number 4 │ count 4 │ value × count }   set fields in the order of their numbers
//   value   := 8 bytes of a number, boolean or enum (its integer; a double's or float's bits)
//            │ length 4 │ bytes of a string, bytes or message
//   map     := number 4 │ count 4 │ (key value) × count, in the order of the encoded keys
//
// All integers little-endian. Fields at their default are not set; a field with explicit presence
// (optional, oneof, message) is set once it was assigned. Unknown fields do not count. The content
// of a google.protobuf.Any is taken as the bytes it is.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace vivier {

// 32 raw bytes. The top-level field request_id is left out, so that it can be what the hash is
// stored under.
std::string CanonicalHash(const google::protobuf::Message& message);

}  // namespace vivier
