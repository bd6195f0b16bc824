#include "shared/cli/input.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/cli/command.h"

namespace vivier::cli {

namespace {

// More than any request holds; what has no end is not read to it.
constexpr size_t kBytesMax = 64 * 1024 * 1024;

absl::StatusOr<std::string> ReadAll(std::istream& from, const std::string& path) {
  std::string bytes;
  char some[64 * 1024];
  while (from.read(some, sizeof some) || from.gcount() > 0) {
    bytes.append(some, static_cast<size_t>(from.gcount()));
    if (bytes.size() > kBytesMax)
      return Misuse(absl::StrCat(path, " has more than ", kBytesMax / 1024 / 1024, " MiB"));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(std::cin, "the standard input");
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return Misuse(absl::StrCat(path, " is a folder, and a file is wanted"));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Misuse(absl::StrCat(path, " cannot be read: ", std::strerror(errno)));
  return ReadAll(file, path);
}

absl::StatusOr<std::string> ReadWord(const std::string& word) {
  if (word == "-") return ReadFile(word);
  return absl::StartsWith(word, "@") ? ReadFile(word.substr(1)) : word;
}

}  // namespace vivier::cli
