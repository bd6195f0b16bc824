#include "shared/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier {

absl::Status AppendSynced(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  bool written =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  written = written && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  return written ? absl::OkStatus()
                 : Unavailable(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

absl::Status SyncFileSystem(const std::string& folder) {
  const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && syncfs(directory) == 0;
  const int error = errno;
  if (directory >= 0) close(directory);
  return synced ? absl::OkStatus()
                : Unavailable(absl::StrCat("cannot sync ", folder, ": ", std::strerror(error)));
}

absl::Status WriteNamed(const std::string& field, const std::string& path,
                        const std::string& bytes) {
  std::error_code ignored;  // where there is no folder, no file can be made either
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (file.good()) return absl::OkStatus();
  return InvalidField(field, absl::StrCat(path, " cannot be written"));
}

}  // namespace vivier
