// All services of a school in one process on one engine, with a clock that a test sets: the site as
// it is deployed, only closer. Not thread-safe, except Call.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/security/caller.h"
#include "shared/service/await_operation.h"
#include "shared/service/channel.h"
#include "shared/site/clock.h"
#include "shared/site/site.h"
#include "shared/storage/engines/database.h"

namespace vivier::testing {

class World {
 public:
  static constexpr char kSchool[] = "nancy";

  // Ends the test program with a clear message if the site does not start.
  explicit World(storage::Engine engine);
  // A world whose configuration `change` has changed.
  World(storage::Engine engine, const std::function<void(config::v1::Config&)>& change);
  // A world of these services alone, as a node above schools is.
  World(storage::Engine engine, std::set<std::string> services);
  ~World();

  // A person of the school with that role; the school's director without one.
  static security::Caller Person(const std::string& role = "school_director");

  // Calls the one rpc that takes this request, as `caller`, over the in-process channel.
  template <class Response>
  absl::StatusOr<Response> Call(const google::protobuf::Message& request,
                                const security::Caller& caller = Person()) {
    Response response;
    const absl::Status status = CallInto(request, caller, response);
    if (!status.ok()) return status;
    return response;
  }
  // The same for a write: gives the request a request_id of its own when it has none.
  template <class Response, class Request>
  absl::StatusOr<Response> Write(Request request, const security::Caller& caller = Person()) {
    if (request.request_id().empty()) request.set_request_id(NewRequestId());
    return Call<Response>(request, caller);
  }
  // The end of an operation that was begun.
  template <class Response>
  absl::StatusOr<Response> Await(const absl::StatusOr<operations::v1::Operation>& begun,
                                 const security::Caller& caller = Person()) {
    if (!begun.ok()) return begun.status();
    return rpc::AwaitOperation<Response>(*begun, [&](const google::protobuf::Message& wait) {
      return Call<operations::v1::Operation>(wait, caller);
    });
  }
  // Bytes in, bytes out, with any header; for what a typed call cannot say.
  absl::StatusOr<std::string> CallRaw(const google::protobuf::MethodDescriptor& method,
                                      const std::string& request, const std::string& authorization);

  std::string Authorization(const security::Caller& caller);
  std::string NewRequestId();

  // Waits until every follower has applied all that is logged; fails the test after a minute.
  void Settle();
  // Sets the clock and runs what is due, then settles.
  void AdvanceTo(absl::Time time);
  void Advance(absl::Duration by) { AdvanceTo(now() + by); }
  absl::Time now() const { return absl::FromUnixMicros(now_); }

  // Fails the test with every invariant that does not hold.
  void ExpectInvariants();

  // Stops the site and starts it again on the same data.
  void Restart();

  // URLs of the databases, to look at them with plain SQL while the site is stopped.
  std::string DatabaseUrl(const std::string& service) const;
  void Stop();
  void Start();

  site::Site& site() { return *site_; }
  const std::string& data() const { return data_; }

 private:
  World(storage::Engine engine, const std::function<void(config::v1::Config&)>& change,
        std::set<std::string> services);
  std::vector<site::Module> Modules() const;
  absl::Status CallInto(const google::protobuf::Message& request, const security::Caller& caller,
                        google::protobuf::Message& response);

  const std::set<std::string> services_;  // all when empty
  std::string data_;
  config::v1::Config config_;
  std::atomic<int64_t> now_;  // microseconds since 1970
  std::unique_ptr<site::Site> site_;
  std::shared_ptr<rpc::Channel> channel_;
};

// The clock of the world's site, which begins with the world's own.
std::unique_ptr<site::Clock> ClockOf(const World& world);

}  // namespace vivier::testing
