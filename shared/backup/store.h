// The folder of backups: generations, each a list of chunks, and the chunks, each named by its
// content.
//
//   DIR/generations/2026-11-23T05-13-00.125Z.SHA256   a manifest; SHA256 is that of its own bytes
//   DIR/chunks/ab/ab12…                               a chunk; its name is the SHA-256 of its bytes
//   DIR/erased/SERVICE                                the list of erasures, of all generations
//   DIR/lock                                          held by the one process that writes
//
// A generation is there only once all its chunks are on the disk: it is renamed into place last, so
// what an interrupted backup left behind belongs to none and is swept away by the next. Not
// thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "vivier/backup/v1/backup.pb.h"

namespace vivier::backup {

class Store {
 public:
  // Every generation of the last hours is kept, then the last one of each hour, then of each day.
  static constexpr absl::Duration kKeepAll = absl::Hours(2);
  static constexpr absl::Duration kKeepHourly = absl::Hours(48);
  static constexpr absl::Duration kKeepDaily = absl::Hours(24 * 35);

  // Creates the folder, or prunes it: a chunk that a power cut has left unfinished must not be
  // taken for one that is there. UNAVAILABLE while another process writes into it.
  static absl::StatusOr<std::unique_ptr<Store>> OpenToWrite(const std::string& folder,
                                                            absl::Time now);
  // FAILED_PRECONDITION, BACKUP_UNUSABLE, where there is no generation.
  static absl::StatusOr<std::unique_ptr<Store>> OpenToRead(const std::string& folder);
  ~Store();

  // Stores a chunk unless it is there, and gives its name, 32 bytes.
  absl::StatusOr<std::string> Put(const std::string& bytes);
  // DATA_LOSS, BACKUP_UNUSABLE, where the chunk is absent or its bytes are others.
  absl::StatusOr<std::string> Get(const std::string& name) const;

  // Makes a generation of chunks that were put, on the disk when this returns; gives its name.
  absl::StatusOr<std::string> Seal(const v1::Manifest& manifest);
  // The oldest first.
  std::vector<std::string> Generations() const;
  // The newest whose name begins with `prefix`; FAILED_PRECONDITION, BACKUP_UNUSABLE, when there is
  // none.
  absl::StatusOr<std::string> Find(const std::string& prefix) const;
  // Checked against the sum in its name.
  absl::StatusOr<v1::Manifest> Read(const std::string& generation) const;

  // Deletes the generations that the rule above does not keep, and chunks that belong to none.
  absl::Status Prune(absl::Time now);

  const std::string& folder() const { return folder_; }
  // Bytes of the chunks that this object has written.
  int64_t written() const { return written_; }

 private:
  explicit Store(std::string folder) : folder_(std::move(folder)) {}

  std::string PathOf(const std::string& chunk) const;

  const std::string folder_;
  int lock_ = -1;
  int64_t written_ = 0;
};

// Which generations the rule keeps at `now`, of names with the oldest first.
std::vector<std::string> Kept(const std::vector<std::string>& generations, absl::Time now);

}  // namespace vivier::backup
