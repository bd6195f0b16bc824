#include "shared/backup/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"

namespace vivier::backup {
namespace {

namespace fs = std::filesystem;

// UTC; the characters of a name of a file everywhere, and in the order of time.
constexpr char kTimeFormat[] = "%Y-%m-%dT%H-%M-%E3SZ";
constexpr size_t kTimeLength = sizeof("2026-11-23T05-13-00.125Z") - 1;

absl::Status Failed(absl::string_view what, const std::string& path) {
  return Unavailable(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status Unusable(absl::StatusCode code, absl::string_view message) {
  return code == absl::StatusCode::kDataLoss
             ? Error(absl::StatusCode::kDataLoss, "BACKUP_UNUSABLE", message)
             : Error(absl::StatusCode::kFailedPrecondition, "BACKUP_UNUSABLE", message);
}

// Under another name until it is whole: a reader sees all of it or nothing.
absl::Status WriteWhole(const std::string& path, const std::string& bytes) {
  const std::string fresh = path + ".new";
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return Failed("open", fresh);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = write(file, bytes.data() + done, bytes.size() - done);
    if (written < 0) break;
    done += static_cast<size_t>(written);
  }
  if (close(file) != 0 || done < bytes.size()) return Failed("write", fresh);
  return rename(fresh.c_str(), path.c_str()) == 0 ? absl::OkStatus() : Failed("rename", fresh);
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unusable(absl::StatusCode::kDataLoss, absl::StrCat(path, " is not there"));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

absl::Time TimeOf(const std::string& generation) {
  absl::Time time = absl::InfinitePast();
  std::string error;
  absl::ParseTime(kTimeFormat, generation.substr(0, kTimeLength), &time, &error);
  return time;
}

std::string SumOf(const std::string& generation) {
  return generation.size() > kTimeLength ? generation.substr(kTimeLength + 1) : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::OpenToWrite(const std::string& folder,
                                                          absl::Time now) {
  std::error_code error;
  for (const char* part : {"/generations", "/chunks", "/erased"})
    fs::create_directories(folder + part, error);
  std::unique_ptr<Store> store(new Store(folder));
  const std::string path = folder + "/lock";
  store->lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (store->lock_ < 0) return Failed("open", path);
  if (flock(store->lock_, LOCK_EX | LOCK_NB) != 0)
    return Unavailable(absl::StrCat("another backup writes into ", folder));
  RETURN_IF_ERROR(store->Prune(now));
  return store;
}

absl::StatusOr<std::unique_ptr<Store>> Store::OpenToRead(const std::string& folder) {
  std::unique_ptr<Store> store(new Store(folder));
  if (store->Generations().empty())
    return Unusable(absl::StatusCode::kFailedPrecondition,
                    absl::StrCat(folder, " holds no backup"));
  return store;
}

Store::~Store() {
  if (lock_ >= 0) close(lock_);
}

std::string Store::PathOf(const std::string& chunk) const {
  const std::string name = Hex(chunk);
  return absl::StrCat(folder_, "/chunks/", name.substr(0, 2), "/", name);
}

absl::StatusOr<std::string> Store::Put(const std::string& bytes) {
  const std::string name = Sha256(bytes);
  const std::string path = PathOf(name);
  std::error_code error;
  if (fs::file_size(path, error) == bytes.size() && !error) return name;
  fs::create_directories(fs::path(path).parent_path(), error);
  RETURN_IF_ERROR(WriteWhole(path, bytes));
  written_ += static_cast<int64_t>(bytes.size());
  return name;
}

absl::StatusOr<std::string> Store::Get(const std::string& name) const {
  ASSIGN_OR_RETURN(std::string bytes, ReadWhole(PathOf(name)));
  if (Sha256(bytes) != name)
    return Unusable(absl::StatusCode::kDataLoss,
                    absl::StrCat(PathOf(name), " is damaged: its sum is another"));
  return bytes;
}

absl::StatusOr<std::string> Store::Seal(const v1::Manifest& manifest) {
  RETURN_IF_ERROR(SyncFileSystem(folder_));
  const std::string bytes = manifest.SerializeAsString();
  const absl::Time time = ToTime(manifest.create_time());
  const std::string name = absl::StrCat(absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone()),
                                        ".", Hex(Sha256(bytes)));
  RETURN_IF_ERROR(WriteWhole(absl::StrCat(folder_, "/generations/", name), bytes));
  RETURN_IF_ERROR(SyncFileSystem(folder_));
  return name;
}

std::vector<std::string> Store::Generations() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_ + "/generations", error)) {
    const std::string name = entry.path().filename().string();
    if (TimeOf(name) != absl::InfinitePast() && entry.path().extension() != ".new")
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> Store::Find(const std::string& prefix) const {
  const std::vector<std::string> names = Generations();
  const auto found = std::find_if(names.rbegin(), names.rend(), [&](const std::string& name) {
    return name.compare(0, prefix.size(), prefix) == 0;
  });
  if (found != names.rend()) return *found;
  return Unusable(absl::StatusCode::kFailedPrecondition,
                  absl::StrCat("no generation in ", folder_, " begins with ", prefix));
}

absl::StatusOr<v1::Manifest> Store::Read(const std::string& generation) const {
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadWhole(absl::StrCat(folder_, "/generations/", generation)));
  v1::Manifest manifest;
  if (Hex(Sha256(bytes)) != SumOf(generation) || !manifest.ParseFromString(bytes))
    return Unusable(absl::StatusCode::kDataLoss,
                    absl::StrCat("the generation ", generation, " is damaged"));
  return manifest;
}

absl::Status Store::Prune(absl::Time now) {
  const std::vector<std::string> kept = Kept(Generations(), now);
  std::error_code error;
  for (const std::string& name : Generations())
    if (!std::binary_search(kept.begin(), kept.end(), name))
      fs::remove(folder_ + "/generations/" + name, error);
  std::set<std::string> used;
  for (const std::string& name : kept) {
    const absl::StatusOr<v1::Manifest> manifest = Read(name);
    if (!manifest.ok())
      return manifest.status();  // what it needs is not known, so nothing is deleted
    for (const v1::ServiceRows& service : manifest->services())
      for (const v1::TableRows& table : service.tables())
        for (const std::string& chunk : table.chunks()) used.insert(Hex(chunk));
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder_ + "/chunks", error))
    if (entry.is_regular_file() && used.count(entry.path().filename().string()) == 0)
      fs::remove(entry.path(), error);
  return absl::OkStatus();
}

std::vector<std::string> Kept(const std::vector<std::string>& generations, absl::Time now) {
  std::vector<std::string> kept;
  std::set<int64_t> periods;  // that have their last one; a day's number is below every hour's
  for (auto name = generations.rbegin(); name != generations.rend(); ++name) {
    const absl::Duration age = now - TimeOf(*name);
    const int64_t hour = absl::ToUnixSeconds(TimeOf(*name)) / 3600;
    const bool keep = age <= Store::kKeepAll ||
                      (age <= Store::kKeepHourly && periods.insert(hour).second) ||
                      (age > Store::kKeepHourly && age <= Store::kKeepDaily &&
                       periods.insert(hour / 24).second) ||
                      name == generations.rbegin();
    if (keep) kept.push_back(*name);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

}  // namespace vivier::backup
