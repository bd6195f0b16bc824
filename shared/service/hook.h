// What a part of a service asks of the parts above it, which it does not know: a cohort starts, a
// person is erased. The lower part declares the hook and runs it; the wiring lists who answers. All
// answers run in the caller's transaction, in the listed order, and the first refusal ends the run.
// Filled before the service starts, then immutable, hence thread-safe.
//
//   class Cohorts { public: rpc::Hook<const v1::Cohort&> started; … };
//   cohorts_.started.Calls(admission_, &Admission::StartLearners);   // in enrolment.cc
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "shared/base/status.h"
#include "shared/service/call.h"

namespace vivier::rpc {

template <class... Arguments>
class Hook {
 public:
  template <class Owner>
  Hook& Calls(Owner& owner, absl::Status (Owner::*method)(Call&, Arguments...)) {
    answers_.push_back([&owner, method](Call& call, Arguments... arguments) {
      return (owner.*method)(call, arguments...);
    });
    return *this;
  }

  absl::Status Run(Call& call, Arguments... arguments) const {
    for (const auto& answer : answers_) RETURN_IF_ERROR(answer(call, arguments...));
    return absl::OkStatus();
  }

 private:
  std::vector<std::function<absl::Status(Call&, Arguments...)>> answers_;
};

}  // namespace vivier::rpc
