// Cryptographic random bytes for identifiers, nonces and keys. Each thread draws from a small pool
// that OpenSSL's generator refills, because one call of that generator per nonce costs more than
// the encryption. Bytes are wiped from the pool as they are handed out. Thread-safe. Not for use
// after fork() without exec: parent and child would share the rest of a pool.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vivier {

// Fills `size` bytes. Ends the process when the system has no randomness to give: nothing sound can
// follow.
void FillRandom(void* bytes, size_t size);

// A uniformly distributed 64-bit number.
uint64_t RandomNumber();

}  // namespace vivier
