// What one service holds of a person, found from the descriptors alone: rows that are the person,
// rows that name them, rows that name one of those, and so on. Rows that many persons share (a
// cohort, a sheet) name nobody and are not theirs. Functions without state; thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/service/service.h"
#include "shared/storage/log/unit.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

struct PersonFile {
  std::vector<v1::PersonRow> rows;
  std::set<std::string> names;
  std::set<std::string> persons;  // whom the rows show, by whatever name
};

// The person's rows of the service, when they are known by one of `names`.
absl::StatusOr<PersonFile> ReadPersonFile(const rpc::Service& service,
                                          storage::Transaction& transaction,
                                          const std::set<std::string>& names);

// Adds the names of these rows to `names`, without opening what they hold; none any more once there
// are `names_max`.
absl::Status AddPersonNames(const rpc::Service& service, storage::Transaction& transaction,
                            size_t names_max, std::set<std::string>& names);

// The rows of the erased person that the proof key still opens, with what it opens of them; none
// where they were not erased or nothing is kept. From here on the transaction opens such keys.
absl::StatusOr<std::vector<v1::PersonRow>> ReadKeptProof(const rpc::Service& service,
                                                         storage::Transaction& transaction,
                                                         const std::string& name);

// How far the service is with the erasure of the person called `name`, and what it keeps.
absl::StatusOr<v1::ServiceErasure> ReadErasureOf(const rpc::Service& service,
                                                 storage::Transaction& transaction,
                                                 const std::string& name);

}  // namespace vivier::site
