// The write-ahead log of a database's file. SQLite compares a page of it with its checksum when it
// recovers the log, and never again: what this process wrote into the log is remembered here, and
// compared when it is read or moved into the database's file. And SQLite takes the first page that
// does not pass for the end of the log, for so it looks after a loss of power; a page that the disk
// changed later looks the same, and would take committed transactions with it: the check at start
// tells the two apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace vivier::storage {

// The hashes of the pages of one log that this process has written, 8 bytes each. Thread-safe: the
// connections to one file share it.
class LogPages {
 public:
  // Those of the log at `path`.
  static std::shared_ptr<LogPages> Of(const std::string& path);

  // `size` bytes are written at `offset`.
  void Write(const char* bytes, int size, int64_t offset);
  // Nothing is known of the log any more.
  void Forget();
  // False where another page was written there than `bytes`; true where nothing is known.
  bool Matches(const char* bytes, int size, int64_t offset);

 private:
  std::mutex mutex_;
  std::vector<uint64_t> hashes_;  // by number, 0 where nothing is known; guarded by mutex_
};

// DATA_LOSS where a log that nobody has open lacks what was synced: its pages do not reach as far
// as the index beside it (PATH-shm) says, or a transaction begins behind the first that does not
// pass, while SQLite begins none before the one before it is synced. `path` is the database's.
absl::Status CheckLog(const std::string& path);

}  // namespace vivier::storage
