// People whom the school knows: their files, by what they are known again, and how they are
// forgotten. Stateless besides its tables, hence thread-safe.
//
//   people.cc    files
//   keys.cc      by what people are known again
//   erasure.cc   erasure, and the end of the proof that it kept
#pragma once

#include <string>

#include "services/enrolment/people/keys.h"
#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {

class People {
 public:
  // Puts its rpcs, reactions and ticks into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Candidate>& candidates() const { return candidates_; }

  CandidateKeys& keys() { return keys_; }

  // INVALID_FIELD where somebody is born before 1900 or after the school's today.
  absl::Status CheckBirthDate(rpc::Call& call, const v1::Candidate& candidate);
  // PERSON_ERASED where the person was erased: nothing of them is stored any more.
  absl::Status CheckNotErased(rpc::Call& call, const std::string& name);
  // Stores a new person, and what they are known again by.
  absl::Status Add(rpc::Call& call, v1::Candidate& candidate);

  // Something about the person was decided: the time for which their file is kept counts anew.
  absl::Status RestartRetention(rpc::Call& call, const std::string& candidate);

  // Before an erasure: refuses while the school or the law needs the person (PERSON_NEEDED), adds
  // the other names by which a part knows them, and for what their proof is kept.
  rpc::Hook<v1::PersonErased&> erasing;
  // With an erasure: forgets what no key encrypts.
  rpc::Hook<const v1::PersonErased&> erased;
  // Says that a training of the person was paid or proved, so that no date of erasure applies.
  rpc::Hook<const std::string&, bool&> trained;

 private:
  absl::StatusOr<v1::Candidate> CreateCandidate(rpc::Call& call,
                                                const v1::CreateCandidateRequest& request);
  absl::StatusOr<v1::Candidate> GetCandidate(rpc::Call& call,
                                             const v1::GetCandidateRequest& request);
  absl::StatusOr<v1::Candidate> UpdateCandidate(rpc::Call& call,
                                                const v1::UpdateCandidateRequest& request);
  absl::StatusOr<v1::Erasure> EraseCandidate(rpc::Call& call,
                                             const v1::EraseCandidateRequest& request);
  // Of its own log: with the erasure or the end of the last period, and again when a restored
  // backup is told.
  absl::Status OnPersonErased(rpc::Call& call, const v1::PersonErased& event);
  absl::Status OnProofErased(rpc::Call& call, const v1::ProofErased& event);
  absl::Status EraseUnsuccessful(rpc::Call& call, const std::string& candidate);
  absl::Status EraseProof(rpc::Call& call, const std::string& kept_proof);

  absl::StatusOr<v1::Erasure> Erase(rpc::Call& call, const std::string& name,
                                    v1::ErasureCause cause);
  // Remembers until when the erasure keeps proof, where it does.
  absl::Status KeepProof(rpc::Call& call, const v1::PersonErased& event);
  // Sets when the file is to be erased, counted from now.
  absl::Status SetEraseBy(rpc::Call& call, v1::Candidate& candidate);

  storage::Table<v1::Candidate> candidates_;
  CandidateKeys keys_;
  storage::Table<v1::KeptProof> proofs_;
};

}  // namespace vivier::enrolment
