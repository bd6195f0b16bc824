// Brings a running service under the current key of the school in steps of its writer, between
// which others write. Thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::rotation {

// A service of this process, with what reads and writes it.
struct Running {
  const rpc::Service* service;
  storage::Writer* writer;
  rpc::Readers* readers;
};

// See Begin in rotation.h.
absl::Status BeginIn(const Running& running, const std::string& school,
                     const std::string& principal);

// Goes on until nothing is left to do, or it is `until`; says where it stands then.
absl::StatusOr<site::v1::KeyRotation> GoOnIn(const Running& running, const std::string& school,
                                             absl::Time until);

// All keys that the school has had, as the service knows them.
absl::Status AddKeysOf(const Running& running, const std::string& school,
                       site::v1::GetSchoolKeysResponse& response);

}  // namespace vivier::rotation
