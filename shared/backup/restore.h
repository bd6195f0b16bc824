// Puts a generation back: into databases beside the ones that serve, which take their place in one
// step when every row is in, so an interrupted restore has changed nothing.
//
//                           on SQLite                  on PostgreSQL
//   rows of the chunks ───▶ DATA/db.restoring ───────▶ schemas restoring_SERVICE
//   every row is in ──────▶ DATA/db ─────────────────▶ schemas SERVICE
//   what was there before ▶ DATA/db.replaced-TIME ───▶ schemas SERVICE_replaced_TIME
//
// The schema is made as the backup had it, the rows go through its constraints, and then it is
// brought to this binary's. Nothing of the school may run meanwhile. Thread-safe: every function
// opens what it needs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/backup/store.h"
#include "shared/security/school_key.h"

namespace vivier::backup {

class Alone;

// Where the databases are.
struct Target {
  std::string data;      // the folder; on SQLite the files are in DATA/db
  std::string postgres;  // a libpq connection string; "" for SQLite
};

struct Restoring {
  Target target;
  bool replace = false;  // else a target with data is refused
  std::string method;    // what the audit records of the restored services say was done, and why
  std::string reason;
  absl::Time now;
  std::shared_ptr<const security::SchoolKey> key;  // with which the restored head rows are written
};

// FAILED_PRECONDITION TARGET_NOT_EMPTY, or BINARY_TOO_OLD for a backup of a newer schema; gives the
// number of rows. `alone` is of the same target.
absl::StatusOr<int64_t> Restore(const Restoring& restoring, const v1::Manifest& manifest,
                                const Store& store, const Alone& alone);

// FAILED_PRECONDITION, BACKUP_UNUSABLE, when a service of the generation has applied events that
// another's log of it does not hold: the site had already been torn when it was taken.
absl::Status CheckIsWhole(const v1::Manifest& manifest);

}  // namespace vivier::backup
