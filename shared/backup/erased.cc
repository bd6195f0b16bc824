#include "shared/backup/erased.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/file.h"
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
    if (!missing.empty())
      RETURN_IF_ERROR(AppendSynced(path, "\n" + missing));  // ends a line that a crash has cut
  }
  return absl::OkStatus();
}

}  // namespace vivier::backup
