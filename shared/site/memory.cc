#include "shared/site/memory.h"

#include <malloc.h>

namespace vivier::site {
namespace {

constexpr int kHeapsMax = 2;
// A batch of 256 admissions takes below 4 MiB.
constexpr int kKeptBytes = 4 << 20;
// What is larger has a mapping of its own, and leaves with it.
constexpr int kMappedBytesMin = 1 << 20;

}  // namespace

void PrepareAllocator() {
  mallopt(M_ARENA_MAX, kHeapsMax);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
}

void ReturnFreedMemory() { malloc_trim(0); }

}  // namespace vivier::site
