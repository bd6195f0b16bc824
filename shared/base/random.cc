#include "shared/base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace vivier {
namespace {

struct Pool {
  std::array<unsigned char, 1024> bytes;
  size_t used = 1024;
  ~Pool() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

void Draw(unsigned char* bytes, size_t size) {
  if (RAND_bytes(bytes, static_cast<int>(size)) != 1) std::abort();
}

}  // namespace

void FillRandom(void* bytes, size_t size) {
  thread_local Pool pool;
  if (size > pool.bytes.size() / 4) return Draw(static_cast<unsigned char*>(bytes), size);
  if (pool.used + size > pool.bytes.size()) {
    Draw(pool.bytes.data(), pool.bytes.size());
    pool.used = 0;
  }
  std::memcpy(bytes, pool.bytes.data() + pool.used, size);
  OPENSSL_cleanse(pool.bytes.data() + pool.used, size);
  pool.used += size;
}

uint64_t RandomNumber() {
  uint64_t number;
  FillRandom(&number, sizeof(number));
  return number;
}

}  // namespace vivier
