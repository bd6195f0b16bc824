#include "shared/cli/input.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/cli/command.h"

namespace vivier::cli {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::stringstream bytes;
  if (path == "-") {
    bytes << std::cin.rdbuf();
    return bytes.str();
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return Misuse(absl::StrCat(path, " is a folder, and a file is wanted"));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Misuse(absl::StrCat(path, " cannot be read: ", std::strerror(errno)));
  bytes << file.rdbuf();
  return bytes.str();
}

absl::StatusOr<std::string> ReadWord(const std::string& word) {
  if (word == "-") return ReadFile(word);
  return absl::StartsWith(word, "@") ? ReadFile(word.substr(1)) : word;
}

}  // namespace vivier::cli
