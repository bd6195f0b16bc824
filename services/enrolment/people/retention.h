// How long the school keeps what it knows of a person: the file of who was not taken, and the proof
// of who was, by the rule R-retention (services/enrolment/rules). Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/repeated_field.h"
#include "vivier/options/v1/erasure.pb.h"

namespace vivier::enrolment {

using KeptPeriods = google::protobuf::RepeatedPtrField<options::v1::KeptPeriod>;

// The day on which a file that was touched on `day` is to be erased. The files of learners have no
// such day: erasing them is a person's decision.
absl::CivilDay EraseOn(absl::CivilDay day);

// From what the periods of a learner count.
struct Proven {
  absl::CivilDay training_end;
  std::optional<absl::CivilDay> contract_end;  // of the contract of fixed term that followed
  bool has_title = false;                      // a jury has decided
};

// For what the proof of an erased learner is kept, by the rule as it is on `day`.
std::vector<options::v1::KeptPeriod> PeriodsOf(const Proven& proven, absl::CivilDay day);

// Adds periods to others, of each kind the one that ends last.
void KeepLongest(const std::vector<options::v1::KeptPeriod>& more, KeptPeriods& kept);

// The last day of all; there is one.
absl::CivilDay LastDayOf(const KeptPeriods& kept);

// PERSON_NEEDED: the school or the law needs the person's data because of `resource`.
absl::Status PersonNeeded(const std::string& resource, absl::string_view why);

}  // namespace vivier::enrolment
