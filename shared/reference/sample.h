// A request as one might send it: its REQUIRED fields, with names of the resources that they refer
// to, today's kinds of dates and the smallest numbers. It has the right shape; whether a school has
// such a cohort is another matter. Functions without state, thread-safe.
#pragma once

#include <memory>
#include <string>

#include "google/protobuf/message.h"

namespace vivier::reference {

std::unique_ptr<google::protobuf::Message> SampleOf(const google::protobuf::Descriptor& request);

// A message as the API's JSON has it, one field a line.
std::string JsonOf(const google::protobuf::Message& message);

// "schools/nancy/cohorts/my-cohort" of "schools/{school}/cohorts/{cohort}".
std::string SampleName(const std::string& pattern);

}  // namespace vivier::reference
