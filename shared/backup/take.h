// Makes a generation: every row of a cut, in chunks. A chunk ends behind a row whose own hash says
// so, so a row that is inserted or changed touches its own chunk and no other, and what stays is
// written once for all generations.
//
// What is copied is judged as far as that needs no key: whether each table has the rows that were
// written, and whether the chains hold what the generation before says of them. Whether each row is
// as it was written, `vivier verify` says, which a restore ends with. Thread-safe as the store and
// the cut that it is given.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/backup/cut.h"
#include "shared/backup/store.h"

namespace vivier::backup {

struct Taken {
  std::string generation;
  absl::Duration cut;  // for how long the snapshots were being opened
  int64_t rows = 0;
  int64_t bytes_written = 0;  // of chunks that no generation had
  v1::Manifest manifest;
  std::vector<std::string> findings;  // what was changed outside the program
};

// `school_key_proof` as in the manifest. FAILED_PRECONDITION, BACKUP_UNUSABLE, when a service of
// the last generation has no data any more: a lost volume must not become a backup without it.
absl::StatusOr<Taken> TakeBackup(const std::vector<Source>& sources,
                                 const std::string& school_key_proof, absl::Time now, Store& store);

}  // namespace vivier::backup
