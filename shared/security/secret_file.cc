#include "shared/security/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::security {
namespace {

constexpr size_t kSizeMax = 16 * 1024;

absl::Status Unusable(const std::string& path, absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
               absl::StrCat("secret file ", path, ": ", why));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// Nobody but its owner reads a secret. A file of root's may let the group read that root chose, as
// libpq has it too: so Kubernetes hands secrets to a process that is not root.
mode_t Forbidden(const struct stat& status) {
  return status.st_uid == 0 && geteuid() != 0 ? 037 : 077;
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  const File file(open(path.c_str(),
                       O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // O_NONBLOCK: a pipe must not hang us
  struct stat status;
  if (file.descriptor() < 0 || fstat(file.descriptor(), &status) != 0)
    return Unusable(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return Unusable(path, "not a regular file");
  if ((status.st_mode & Forbidden(status)) != 0)
    return Unusable(path, "others may read it; set its mode to 0600");
  std::string content(kSizeMax + 1, '\0');
  size_t size = 0;
  for (;;) {
    const ssize_t got = read(file.descriptor(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unusable(path, std::strerror(errno));
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size > kSizeMax) return Unusable(path, "larger than any key");
  }
  content.resize(size);
  return content;
}

absl::Status CreateSecretFile(const std::string& path, const std::string& content) {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.descriptor() < 0 && errno == EEXIST) return AlreadyExists(path);
  if (file.descriptor() < 0) return Unusable(path, std::strerror(errno));
  if (write(file.descriptor(), content.data(), content.size()) !=
          static_cast<ssize_t>(content.size()) ||
      fsync(file.descriptor()) != 0) {
    const std::string why = std::strerror(errno);
    unlink(path.c_str());
    return Unusable(path, why);
  }
  return absl::OkStatus();
}

absl::Status ReplaceSecretFile(const std::string& path, const std::string& content) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return Unusable(path, error.message());
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());  // of a process that was killed here
  RETURN_IF_ERROR(CreateSecretFile(fresh, content));
  if (rename(fresh.c_str(), path.c_str()) != 0) return Unusable(path, std::strerror(errno));
  return absl::OkStatus();
}

}  // namespace vivier::security
