// Writes that keep coming to a running school at a steady pace, as its staff, portals and programs
// make them: each is sent until it is answered, with the same request_id, and what became of it is
// remembered. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/support/client.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::testing {

class Load {
 public:
  // A write whose outcome was unknown at least once; the same request_id, sent again, resolved it.
  struct Unknown {
    int times = 0;
    std::string last_error;
  };
  // What has become of the writes, by "RPC REQUEST_ID".
  struct Tally {
    int64_t acknowledged = 0;
    std::map<std::string, std::set<std::string>>
        request_ids;  // of the acknowledged ones, by name of the rpc
    std::map<std::string, Unknown> unknown;
    std::map<std::string, std::string> refused;  // why; it was not sent again
    std::vector<int> by_second;                  // acknowledged in each second since the start
  };

  // What a sender does whose service did not answer: its channel looks the service up again at its
  // own pace, of ten seconds, or it dials anew.
  enum class AfterFailure { kSameChannel, kNewChannel };

  // Starts at once: `per_second` writes over all services, and among them the admissions, in order,
  // until none is left.
  Load(const std::map<std::string, std::string>& targets, const std::string& authorization,
       int per_second, std::vector<enrolment::v1::AdmitApplicationRequest> admissions = {},
       AfterFailure after_failure = AfterFailure::kSameChannel);
  ~Load() { Stop(); }

  // No further write is begun; waits until those that were have their answers.
  void Stop();

  // Waits until so many more writes than now are acknowledged; false if that takes longer than a
  // minute.
  bool AwaitMore(int64_t writes);

  Tally tally() const;

 private:
  using Request = std::unique_ptr<google::protobuf::Message>;

  using Dial = std::function<std::unique_ptr<Client>()>;

  void Send(const Dial& dial);
  void SendUntilAnswered(std::unique_ptr<Client>& client, const Dial& dial,
                         const google::protobuf::Message& request, const std::string& what);
  Request Next(int64_t number);

  const absl::Time start_;
  const int per_second_;
  const std::vector<enrolment::v1::AdmitApplicationRequest> admissions_;
  const AfterFailure after_failure_;
  std::atomic<int64_t> begun_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable absl::Mutex mutex_;
  Tally tally_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> senders_;
};

// One number of a service's database, read by SQL; -1 with a failure of the test.
int64_t NumberIn(const std::string& database_url, const std::string& sql);

// Fails the test unless each acknowledged write is in its service's database, once, with one audit
// record. `url_of` says where a service's database is, `before` how many writes of an rpc others
// had made.
void ExpectEachOnce(const Load::Tally& tally,
                    const std::function<std::string(const std::string& service)>& url_of,
                    const std::map<std::string, int64_t>& before = {});

}  // namespace vivier::testing
