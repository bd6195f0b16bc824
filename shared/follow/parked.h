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

// Behind which event of which producer a page begins, in the order of producers and numbers.
struct ParkedPlace {
  std::string producer;
  int64_t number = 0;
};

// Whose events: those of a subject of a producer; all with "" for both.
struct ParkedSubject {
  std::string producer, subject;
};

// The next `count` at most.
absl::StatusOr<std::vector<site::v1::ParkedEvent>> ReadParked(const ParkedAt& at,
                                                              const std::string& school,
                                                              const ParkedSubject& of,
                                                              const ParkedPlace& after, int count);

// The subject of a parked event; NOT_FOUND where it is not parked.
absl::StatusOr<ParkedSubject> FindParked(const ParkedAt& at, const std::string& school,
                                         const ParkedPlace& event);

// Applies them in their order. A failure keeps the event and those behind it of its subject parked,
// with the new reason in the answer.
site::v1::RetryParkedEventsResponse RetryParked(const ParkedAt& at, const std::string& school,
                                                const std::vector<site::v1::ParkedEvent>& events);

}  // namespace vivier::follow
