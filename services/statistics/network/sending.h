// The way of figures up: a school's own, and at a node in between those of its members, as they
// were signed. Stateless, hence thread-safe.
#pragma once

#include "absl/status/status.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/events.pb.h"

namespace vivier::statistics {

class Sending {
 public:
  // Sends the figures as they are by then, so a newer revision may arrive than the event names. A
  // parent that knows later ones tells the school that it was restored: it begins a new epoch, and
  // sends again.
  absl::Status SendOwn(const rpc::Outside& outside, const v1::SubmissionDue& event);
  // Passes on what counts of a member by then. What nobody signed stays here, since no other level
  // could check it.
  absl::Status PassOn(const rpc::Outside& outside, const v1::SubmissionAccepted& event);
};

}  // namespace vivier::statistics
