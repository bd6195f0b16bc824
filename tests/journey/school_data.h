// The databases of a school as they lie on the disk, read and replaced behind its processes' backs.
// But for Url, only while none of them runs. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "shared/storage/engines/database.h"

namespace vivier::testing {

class SchoolData {
 public:
  // `postgres` is a libpq connection string, "" for SQLite's files in the data folder.
  SchoolData(const std::string& folder, const std::string& postgres)
      : folder_(folder), postgres_(postgres) {}

  // Where a service's data is, for storage::Database::Open.
  std::string Url(const std::string& service) const;

  // How many records of all audit trails are older than that.
  int64_t AuditRecordsBefore(absl::Time time) const;
  // The number of the last event in a service's log and how far another one has followed it.
  int64_t LastEvent(const std::string& service) const;
  int64_t Followed(const std::string& follower, const std::string& producer) const;

  // A bare copy of one service's database, and that copy in its place.
  void CopyVolume(const std::string& service) const;
  void PutVolumeBack(const std::string& service) const;

 private:
  void CopySchema(const std::string& service) const;
  void RunScript(const std::string& script) const;
  // On SQLite read from a copy of the files, so that the ones at rest stay as they are.
  int64_t NumberIn(const std::string& service, const std::string& sql,
                   const std::vector<storage::Value>& parameters) const;

  const std::string folder_;
  const std::string postgres_;
};

}  // namespace vivier::testing
