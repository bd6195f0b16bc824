// TCP ports of this machine. Functions without state, thread-safe.
#pragma once

#include <cstdint>

namespace vivier::testing {

// A port of the loopback address that is free at this moment.
int FreePort();

// Bytes that were sent to whoever listens on that port and that they have not read.
int64_t UnreadBytes(int port);

}  // namespace vivier::testing
