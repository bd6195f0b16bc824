#include "shared/rotation/rotate.h"

#include "absl/time/clock.h"
#include "shared/base/status.h"
#include "shared/rotation/rotation.h"
#include "shared/rotation/school_keys.h"
#include "shared/storage/log/perform.h"

namespace vivier::rotation {

using storage::Transaction;

absl::Status BeginIn(const Running& running, const std::string& school,
                     const std::string& principal) {
  return storage::Perform(*running.writer, school, [&](Transaction& transaction, absl::Time now) {
    return Begin(transaction, principal, now);
  });
}

absl::StatusOr<site::v1::KeyRotation> GoOnIn(const Running& running, const std::string& school,
                                             absl::Time until) {
  bool more = true;
  while (more && absl::Now() < until)
    RETURN_IF_ERROR(storage::Perform(
        *running.writer, school, [&](Transaction& transaction, absl::Time now) -> absl::Status {
          ASSIGN_OR_RETURN(more, Step(*running.service, transaction, now));
          return absl::OkStatus();
        }));
  site::v1::KeyRotation rotation;
  rotation.set_service(running.service->name());
  RETURN_IF_ERROR(running.readers->Read(school, [&rotation](Transaction& snapshot) -> absl::Status {
    ASSIGN_OR_RETURN(const Standing standing, Stands(snapshot));
    rotation.set_key_id(standing.key_id);
    rotation.set_rows_seen(standing.rows_seen);
    rotation.set_rows(standing.rows);
    rotation.set_done(standing.done);
    return absl::OkStatus();
  }));
  return rotation;
}

absl::Status AddKeysOf(const Running& running, const std::string& school,
                       site::v1::GetSchoolKeysResponse& response) {
  return running.readers->Read(school, [&](Transaction& snapshot) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<storage::Row> rows, ReadKeys(snapshot));
    for (const storage::Row& row : rows)
      ToMessage(running.service->name(), row, *response.add_keys());
    return absl::OkStatus();
  });
}

}  // namespace vivier::rotation
