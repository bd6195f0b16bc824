#include "shared/backup/erased.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;

// Whole lines; what a crash has cut is listed again by its service.
std::set<std::string> LinesOf(const std::string& path) {
  std::set<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (absl::EndsWith(line, "}")) lines.insert(line);
  return lines;
}

absl::Status Append(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool written = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  written = written && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  return written ? absl::OkStatus() : Unavailable(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::Status MergeErased(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::create_directories(to, error);
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const std::string path = absl::StrCat(to, "/", entry.path().filename().string());
    const std::set<std::string> known = LinesOf(path);
    std::string missing;
    for (const std::string& line : LinesOf(entry.path().string()))
      if (known.count(line) == 0) absl::StrAppend(&missing, line, "\n");
    if (!missing.empty()) RETURN_IF_ERROR(Append(path, "\n" + missing));  // ends a line that a crash has cut
  }
  return absl::OkStatus();
}

}  // namespace vivier::backup
