// What curriculum decides: whether a programme can be published, what a revision says, what a jury
// may decide. Pure functions on messages, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::curriculum {

// What stands between the programme and its publication (errors), and what somebody should look at
// (warnings).
std::vector<v1::Finding> Shortcomings(const v1::Programme& programme);

// Makes the texts plain and records the shortcomings.
void Assess(v1::Programme& programme);

// PROGRAMME_INCOMPLETE with a metadata entry, field and reason, for each error among the findings.
absl::Status CheckPublishable(const v1::Programme& programme);

// Everything the programme says: without its name and the fields that the server sets, lheo_extras
// excepted.
v1::Programme ContentOf(const v1::Programme& programme);
std::string ContentHash(const v1::Programme& programme);

// The next revision of the programme, published at `time`.
v1::ProgrammeRevision NextRevision(const v1::Programme& programme, absl::Time time);

// Records the decisions in the session when they are possible: each learner once, blocks of the
// revision only, all of them for FULL, some for PARTIAL, none for NONE.
absl::Status Deliberate(const v1::ProgrammeRevision& revision,
                        const google::protobuf::RepeatedPtrField<v1::JuryDecision>& decisions,
                        v1::JurySession& session);

// One certificate for each decision. `certified` has the learners who hold the full title already.
absl::StatusOr<std::vector<v1::Certificate>> Award(const v1::JurySession& session,
                                                   const std::vector<std::string>& certified);

}  // namespace vivier::curriculum
