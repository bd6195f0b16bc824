// By what people are known again: a row for each fact of each file, named by the fact's blind
// index. Where several files say the same, since somebody looked or a person corrected their own,
// one holds the key and the others wait for it:
//
//   candidateKeys/email-{hash}         the file that CreateCandidate and imports find
//   candidateKeys/email-{hash}.{id}    a file that takes its place when that one is erased or says
//                                      something else
//
// Stateless besides its table, hence thread-safe.
#pragma once

#include <string>
#include <vector>

#include "services/enrolment/people/identity.h"
#include "shared/service/service.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::enrolment {

class CandidateKeys {
 public:
  void AddTo(rpc::Service& service) { service.Keeps(keys_, *this, &CandidateKeys::Rename); }

  // Names of the rows that would know the person again: as many as the file has facts for, under
  // each of the school's keys.
  absl::StatusOr<std::vector<std::string>> Of(rpc::Call& call, const v1::Candidate& candidate);
  // The person who holds one of `names`, or "".
  absl::StatusOr<std::string> HolderOf(rpc::Call& call, const std::vector<std::string>& names);
  // Somebody else who is known by what `after` says and `before` did not, or "".
  absl::StatusOr<std::string> KnownByChange(rpc::Call& call, const v1::Candidate& before,
                                            const v1::Candidate& after);

  // Stores the keys of a new file.
  absl::Status Add(rpc::Call& call, const v1::Candidate& candidate);
  // The file says this from now on.
  absl::Status Keep(rpc::Call& call, const v1::Candidate& after);
  // The person is erased.
  absl::Status Forget(rpc::Call& call, const std::string& candidate);

 private:
  // The school's key is another; who holds a key goes on holding it.
  absl::Status Rename(rpc::Call& call, const v1::CandidateKey& key);
  // Takes from the person the keys that are not in `kept`, and gives them to who waits.
  absl::Status Release(rpc::Call& call, const std::string& candidate,
                       const std::vector<std::string>& kept);

  storage::Table<v1::CandidateKey> keys_;
};

}  // namespace vivier::enrolment
