// What costs a site most of what a caller may ask, derived from the descriptors and from what the
// site itself answers: each list with the largest page, in every order, with the longest filters
// and with those that find nothing, from far behind; each other reading; the largest batch and bulk
// request. Each is asked once, alone, and takes so long. Functions without state.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/service/method.h"

namespace vivier::testing {

// A caller of one role, and the resources of which it knows the names.
struct Asker {
  std::string role;  // of services/policy/roles.cc
  std::string authorization;
  std::vector<std::string> names;
};

struct Costly {
  const google::protobuf::MethodDescriptor* method;
  std::string what;  // in words, for a table
  std::shared_ptr<google::protobuf::Message> request;
  std::string outcome;  // "OK", or the code and the reason
  double milliseconds;

  // What is sent: a write each time under another request_id.
  std::string Bytes() const;
  std::string service() const;
};

using Answer = absl::StatusOr<std::string>;
using Ask = std::function<Answer(const Costly&)>;

// The costliest first.
std::vector<Costly> CostlyRequests(const Asker& asker, const Ask& ask);

// "OK", or the code and the reason, with the queue that was full and what a defect says.
std::string OutcomeOf(const absl::Status& status);

}  // namespace vivier::testing
