// What the gateway takes of whoever speaks HTTP to it: each bound once, with its reason. The edge
// before it has the same or narrower ones (docs/edge.md); these hold where there is none, or where
// somebody inside is hostile. Constants.
#pragma once

#include <cstddef>

#include "absl/time/time.h"

namespace vivier::web {

// The request line and all headers of a call, as the services take them: room for a token.
inline constexpr size_t kHeadBytesMax = 16 * 1024;
inline constexpr size_t kHeadersMax = 100;
// What one connection may keep of a request's head, of pieces of a body and of an answer's head.
inline constexpr size_t kConnectionBytes = 32 * 1024;
// Above what an unbounded body passes its limit by, the connection is broken off.
inline constexpr size_t kExcessBytes = 64 * 1024;
// Of a body that is not wanted: read and dropped, so that its sender reads why. Above, the answer
// comes at once, and who goes on sending may miss it.
inline constexpr size_t kDroppedBytesMax = 8 << 20;

// Connections. Each has a descriptor and, idle, some 8 KiB. When they run out the longest idle ones
// go first, so whoever holds many of them holds nobody off.
inline constexpr int kConnectionsMax = 8192;
inline constexpr int kConnectionsSpare = 512;
// Calls in flight, twice what the edge lets through; streams among them.
inline constexpr int kCallsMax = 2048;
inline constexpr int kStreamsMax = 256;
// The bodies of all requests that are being received or answered.
inline constexpr size_t kBodiesBytesMax = 64 << 20;

// Who is slower holds a connection for nothing.
inline constexpr absl::Duration kHeadTime = absl::Seconds(10);   // from its first line to its last
inline constexpr absl::Duration kBodyTime = absl::Seconds(30);   // of a whole body
inline constexpr absl::Duration kIdleTime = absl::Seconds(75);   // without a call, as the edge's
inline constexpr absl::Duration kAnswerTime = absl::Minutes(2);  // until an answer is taken
inline constexpr absl::Duration kStreamTime =
    absl::Minutes(10);  // of a whole stream: 64 MiB slowly

// Of a call whose client gave no deadline, as the services' own; and the longest that one may give.
inline constexpr absl::Duration kDeadline = absl::Seconds(5);
inline constexpr absl::Duration kDeadlineMax = absl::Seconds(30);

// Objects and lists in a JSON body: two bytes of text may be a hundred of memory. The largest bulk
// request has some thousands.
inline constexpr int kJsonPartsMax = 100'000;
// Answers below are as long compressed as they are; answers above take too long.
inline constexpr size_t kGzipBytesMin = 1024;
inline constexpr size_t kGzipBytesMax = 4 << 20;

}  // namespace vivier::web
