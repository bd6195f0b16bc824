// How a process that serves uses the C library's allocator. About the whole process.
#pragma once

namespace vivier::site {

// Called before the first thread starts. A thread that works in batches frees what it allocated at
// the end of each: it keeps that much for the next, instead of giving it to the kernel and asking
// for it page by page. Two heaps serve all threads: each more takes memory of its own, and most
// allocations are answered from the thread's cache.
void PrepareAllocator();

// Gives the kernel what was freed and lies between what is used: a start builds and drops a few
// megabytes.
void ReturnFreedMemory();

}  // namespace vivier::site
