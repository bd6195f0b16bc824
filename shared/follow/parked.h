// The events that a service set aside, and another try to apply them: each is fetched from its
// producer's log again and goes through the service's writer, those of one subject in their order.
// Thread-safe: every function opens what it needs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/rpc/readers.h"
#include "shared/service/channel.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::follow {

// A service with what it needs to fetch and apply; all that it points to outlives the call.
struct ParkedAt {
  std::string service;
  std::vector<const rpc::Service::EventReaction*> reactions;
  rpc::Readers* readers;
  storage::Writer* writer;
  std::function<rpc::Channel*(const std::string& producer)>
      channel;  // null where none is configured
  std::function<std::string(const std::string& producer)> authorization;  // a token of the service
};

// In the order of producers and numbers.
absl::StatusOr<std::vector<site::v1::ParkedEvent>> ReadParked(rpc::Readers& readers,
                                                              const std::string& service,
                                                              const std::string& school);

// Applies what is parked of that subject of that producer, or of all with "" for both. A failure
// keeps the event and those behind it parked, with the new reason in the answer.
absl::StatusOr<site::v1::RetryParkedEventsResponse> RetryParked(const ParkedAt& at,
                                                                const std::string& school,
                                                                const std::string& producer,
                                                                const std::string& subject);

}  // namespace vivier::follow
