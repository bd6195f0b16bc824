// How a school becomes known at a parent, and stays so (rpc::Joining): the school's side of
// credentials.h. Functions without state, thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::statistics {

// Shows a join code, or a secret, to the parent, and gives the secret that it answers.
absl::StatusOr<security::v1::MembershipSecret> JoinParent(const rpc::Outside& outside);
absl::StatusOr<security::v1::MembershipSecret> RenewAtParent(const rpc::Outside& outside);

// Asks whether the parent would renew the secret, and has nothing stored there: a refusal says why
// it takes nothing of the school.
absl::Status StandsAtParent(const rpc::Outside& outside);

}  // namespace vivier::statistics
