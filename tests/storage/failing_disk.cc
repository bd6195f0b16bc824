// A disk that fails when it is told to keep what was written. The calls of libsqlite3 arrive here
// first: the symbols of a program, and of what is loaded before it, go before those of libc. What
// fails is named by the environment, VIVIER_TEST_DISK_FAILS: "folder", or the end of files' names.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

bool Fails(int descriptor) {
  const char* what = std::getenv("VIVIER_TEST_DISK_FAILS");
  if (what == nullptr) return false;
  struct stat information = {};
  if (fstat(descriptor, &information) != 0) return false;
  if (S_ISDIR(information.st_mode)) return std::string(what) == "folder";
  std::array<char, 4096> path = {};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  if (readlink(link.c_str(), path.data(), path.size() - 1) < 0) return false;
  const std::string name = path.data(), end = what;
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

int Sync(long call, int descriptor) {
  if (!Fails(descriptor)) return static_cast<int>(syscall(call, descriptor));
  errno = EIO;
  return -1;
}

}  // namespace

extern "C" int fsync(int descriptor) { return Sync(SYS_fsync, descriptor); }
extern "C" int fdatasync(int descriptor) { return Sync(SYS_fdatasync, descriptor); }
