// People whom the school knows: their files, by what they are known again, and how they are
// forgotten. Stateless besides its tables, hence thread-safe.
//
//   people.cc   files and keys      erasure.cc   erasure and retention (retention.h)
#pragma once

#include <string>
#include <vector>

#include "shared/service/hook.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {

class People {
 public:
  // Puts its rpcs, reactions and ticks into the service.
  void AddTo(rpc::Service& service);

  const storage::Rows<v1::Candidate>& candidates() const { return candidates_; }

  // Names of the rows that know a person again: by e-mail, by name and birth date; as many as the
  // file has facts for.
  absl::StatusOr<std::vector<std::string>> KeysOf(rpc::Call& call, const v1::Candidate& candidate);
  // The person whom one of `keys` names, or "".
  absl::StatusOr<std::string> KnownAs(rpc::Call& call, const std::vector<std::string>& keys);
  // Stores a new person, and their keys.
  absl::Status Add(rpc::Call& call, v1::Candidate& candidate, const std::vector<std::string>& keys);

  // Something about the person was decided: the time for which their file is kept counts anew.
  absl::Status RestartRetention(rpc::Call& call, const std::string& candidate);

  // Before an erasure: refuses while the school or the law needs the person (PERSON_NEEDED), and
  // adds the other names by which a part knows them.
  rpc::Hook<v1::PersonErased&> erasing;
  // With an erasure: forgets what no key encrypts.
  rpc::Hook<const v1::PersonErased&> erased;
  // Says that a training of the person was paid or proved, so that no date of erasure applies.
  rpc::Hook<const std::string&, bool&> trained;

 private:
  absl::StatusOr<v1::Candidate> CreateCandidate(rpc::Call& call,
                                                const v1::CreateCandidateRequest& request);
  absl::StatusOr<v1::Erasure> EraseCandidate(rpc::Call& call,
                                             const v1::EraseCandidateRequest& request);
  // Of its own log: with EraseCandidate, and again when a restored backup is told.
  absl::Status OnPersonErased(rpc::Call& call, const v1::PersonErased& event);
  absl::Status EraseUnsuccessful(rpc::Call& call, const std::string& candidate);

  // Stores those of `keys` that name nobody yet.
  absl::Status AddKeys(rpc::Call& call, const std::string& candidate,
                       const std::vector<std::string>& keys);
  // What is known again by another name, date or address from now on.
  absl::Status KeepKeys(rpc::Call& call, const v1::Candidate& after);
  absl::StatusOr<v1::Erasure> Erase(rpc::Call& call, const std::string& name,
                                    v1::ErasureCause cause);
  // Sets when the file is to be erased, counted from now.
  absl::Status SetEraseBy(rpc::Call& call, v1::Candidate& candidate);

  storage::Table<v1::Candidate> candidates_;
  storage::Table<v1::CandidateKey> keys_;
};

}  // namespace vivier::enrolment
