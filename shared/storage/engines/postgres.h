// The PostgreSQL driver, over libpq's pipeline mode: what is sent between two answers that somebody
// needs goes out in one trip. A lost connection is opened again by the next Begin. See database.h
// for thread-safety.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// `schema` is a lower-case SQL name; `conninfo` a libpq connection string, whose settings win over
// the driver's.
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& schema,
                                                       const std::string& conninfo);

}  // namespace vivier::storage
