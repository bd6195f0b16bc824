// Rows put into a service's tables as they are, through the mapper: how they came to be is no
// matter of the test. The site that owns the database is stopped meanwhile. Stateless.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "google/protobuf/message.h"
#include "shared/base/status.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/unit.h"
#include "shared/storage/rows/schema.h"
#include "tests/support/world.h"

namespace vivier::testing {

// In one transaction; `url` is the service's database, `data` the site's data folder.
inline absl::Status PutRows(const std::string& url, const std::string& data,
                            const std::vector<std::unique_ptr<google::protobuf::Message>>& rows) {
  ASSIGN_OR_RETURN(const security::SchoolKey key,
                   security::SchoolKey::Load(data + "/keys/school.key"));
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Database> database, storage::Database::Open(url));
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Connection> connection,
                   database->Connect(storage::Access::kWrite));
  RETURN_IF_ERROR(connection->Begin(storage::Access::kWrite));
  storage::Transaction transaction(*connection, World::kSchool, &key);
  RETURN_IF_ERROR(transaction.LockHead());
  storage::Unit unit(transaction);
  for (const auto& row : rows)
    RETURN_IF_ERROR(unit.Insert(storage::Schema::Of(row->GetDescriptor()), *row));
  RETURN_IF_ERROR(unit.Apply({"test", "test", "schools/nancy", "", "", ""}, absl::Now()));
  RETURN_IF_ERROR(transaction.StoreHead());
  return connection->Commit();
}

}  // namespace vivier::testing
