// Addresses of callers, cut to the network that they stand in: a line of IPv6 has more addresses
// than anybody counts, and a line need not be known to say from where somebody came. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace vivier {

// "192.0.2.7" at 24 bits of 4 bytes: "192.0.2.0/24"; "2001:db8::7" at 64 of 16: "2001:db8::/64". An
// address of IPv4 within IPv6 is that of IPv4. "" for what is no address.
std::string NetworkOf(absl::string_view address, int four_bits, int six_bits);

// What counts as one caller: an address of IPv4, and of IPv6 what a household is given.
inline std::string LineOf(absl::string_view address) { return NetworkOf(address, 32, 64); }

// What may be kept of an address: no line.
inline std::string SurroundingsOf(absl::string_view address) { return NetworkOf(address, 24, 48); }

bool IsLoopback(absl::string_view address);

}  // namespace vivier
