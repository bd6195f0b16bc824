// What makes a program harder to take over, read back from its ELF file: flags that a build lost
// are seen by nobody else. Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace vivier::testing {

// Which of them a 64-bit program lacks, given its file's bytes; "an ELF file" when it is none.
//
//   PIE                      it is loaded at a random address
//   RELRO, BIND_NOW          addresses of functions are read-only before the program begins
//   non-executable stack
//   stack protector          some function checks its frame before it returns
//   FORTIFY                  some call of the C library is told how much room there is
//   stack clash protection   some large frame is touched page by page
std::vector<std::string> MissingHardening(const std::string& program);

}  // namespace vivier::testing
