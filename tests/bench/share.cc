#include "tests/bench/share.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::bench {
namespace {

// The least that the kernel grants at a time, so that a call waits as little as it can.
constexpr int kQuotaMicroseconds = 1000;
constexpr char kVersion1[] = "/sys/fs/cgroup/cpu";
constexpr char kVersion2[] = "/sys/fs/cgroup";

bool Put(const std::string& file, const std::string& text) {
  std::ofstream stream(file);
  stream << text << std::flush;
  return stream.good();
}

// The most that it may have is also the least, whatever else the machine does.
bool Limit(const std::string& group, int period) {
  Put(group + "/cpu.shares", "262144");  // the highest of version 1, then of version 2
  Put(group + "/cpu.weight", "10000");
  if (std::filesystem::exists(group + "/cpu.max"))
    return Put(group + "/cpu.max", absl::StrCat(kQuotaMicroseconds, " ", period));
  return Put(group + "/cpu.cfs_period_us", absl::StrCat(period)) &&
         Put(group + "/cpu.cfs_quota_us", absl::StrCat(kQuotaMicroseconds));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Share>> Share::Hold(pid_t process, int percent) {
  const std::string root = std::filesystem::exists(kVersion1) ? kVersion1 : kVersion2;
  const std::string group = absl::StrCat(root, "/vivier-bench-", getpid(), "-", process);
  std::error_code error;
  std::filesystem::create_directory(group, error);
  std::unique_ptr<Share> share(new Share(group));
  if (error || !Limit(group, kQuotaMicroseconds * 100 / percent) ||
      !Put(group + "/cgroup.procs", absl::StrCat(process)))
    return Unavailable("cannot hold a process to a share: no control group can be made");
  return share;
}

Share::~Share() {
  const std::string parent = std::filesystem::path(group_).parent_path();
  std::ifstream members(group_ + "/cgroup.procs");
  for (pid_t member; members >> member;) Put(parent + "/cgroup.procs", absl::StrCat(member));
  rmdir(group_.c_str());
}

}  // namespace vivier::bench
