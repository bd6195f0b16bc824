// What a school signs of its figures, and how a node knows the key. Every level checks the same
// bytes for itself, whoever passed them on. Functions without state, thread-safe.
//
//   the school itself brings its first ──▶ its key is known
//   the key before vouches for the next ─▶ the next is known too, the last two are kept
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/security/school_key.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

// Who brings figures of a school to a node.
enum class Carrier {
  kHead,    // somebody of the node, who may enter figures that nobody signed
  kSchool,  // the school itself, by its credential
  kMember,  // another member, which passes them on
};

// Signs with the school's key; the one before it, where there is one, vouches for that key.
absl::Status SignSubmission(const security::SchoolKey* key,
                            v1::ComputeSubmissionResponse& submission);

// Whether the figures are the school's. Puts a key that was learned into `member` and answers
// whether it did. NOT_SIGNED, KEY_NOT_KNOWN, FIGURES_OF_ANOTHER.
absl::StatusOr<bool> CheckSigned(const v1::SubmitCellsRequest& request, Carrier carrier,
                                 v1::Member& member);

// Whether what is kept bears a right signature, or none.
bool IsSigned(const v1::Submission& submission);

}  // namespace vivier::statistics
