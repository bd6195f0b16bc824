// By what a school is known at a parent. It begins with a join code, which the parent gave and a
// person put into a file, once; what it is exchanged for is kept in a file of this process and
// renewed long before its end, beside the calls that show it. Whatever is asked of the parent has
// a request_id that follows from what is shown and from the school's key: a process that is killed
// before it has kept the answer, and each of several replicas, gets the same answer again, and
// nobody else who comes by a code that was used. Thread-safe.
//
//   file in join_codes ── join ──▶ DATA/parents/PARENT.SCHOOL ── renew ──▶ the same, replaced
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/queue/scheduler.h"
#include "shared/service/channel.h"
#include "shared/service/service.h"
#include "vivier/security/v1/membership_secret.pb.h"

namespace vivier::follow {

class ParentSecret {
 public:
  struct Options {
    std::string school;
    std::string target;       // schools/{parent}
    std::string code_file;    // where the join code lies, or will
    std::string secret_file;  // what this process keeps
    std::string salt;         // known to the school's processes alone
    const rpc::Joining* joining;
    rpc::Channel* there;
    Scheduler* scheduler;
    std::function<absl::Time()> now;  // the machine's clock
  };

  // Joins or renews from now on, whenever it is time.
  explicit ParentSecret(Options options);

  // What a call to the parent shows, "Bearer …". May ask the parent first. FAILED_PRECONDITION
  // where the school has not joined, with what to do.
  absl::StatusOr<std::string> Authorization();

 private:
  void Run();
  // These, and what they keep, are under the mutex. OK where there is something to show.
  absl::Status Refresh();
  absl::Status TryAgainLater(absl::Status failure, const std::string& code_hash, absl::Time now);
  absl::Status Ask(const rpc::Joining::Ask& ask, const std::string& shown,
                   const std::string& code_hash);
  void KeepRefusal(const absl::Status& refusal, absl::Time now);
  absl::Status Keep(const security::v1::MembershipSecret& secret) const;
  bool IsGood(absl::Time now) const;
  void Read();

  const Options options_;
  std::mutex mutex_;
  security::v1::MembershipSecret kept_;
  absl::Status failure_;                         // of the last try
  absl::Time log_again_ = absl::InfinitePast();  // not before the same failure
  std::string tried_;                            // hash of the code that lay there then
  absl::Time try_again_ = absl::InfinitePast();  // not before, unless another code lies there
  Scheduler::Timer timer_;
};

}  // namespace vivier::follow
