// Whether an answer holds fields that no view of its caller lists: read from the options by other
// code than the house narrows answers with. Functions without state, thread-safe.
#pragma once

#include <set>
#include <string>

#include "google/protobuf/message.h"

namespace vivier::testing {

// The fields, "vivier.enrolment.v1.Learner: exit_cause", that are set and that no view of `holder`
// lists, and those that name persons or hold personal data outside of every message with views.
std::set<std::string> NotListed(const google::protobuf::Message& answer, const std::string& holder);

// The fields of messages with views that are set.
std::set<std::string> Viewed(const google::protobuf::Message& answer);

// Whether the holder has a view of the message that is not all of it.
bool IsNarrow(const google::protobuf::Descriptor& type, const std::string& holder);

}  // namespace vivier::testing
