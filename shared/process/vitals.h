// How a process is: what its services run, where their logs stand, how far they are behind those
// they follow, what the caches answered. One look serves both those who ask (GetStatus) and the
// metrics endpoint. Thread-safe once every service is added.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/cache/layered.h"
#include "shared/follow/progress.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

class Vitals {
 public:
  // By producer and school. Const once the process serves.
  using Followed = std::map<std::pair<std::string, std::string>, std::shared_ptr<follow::Progress>>;

  struct Part {
    const rpc::Service* service;
    rpc::Readers* readers;
    storage::Writer* writer;
    const Followed* followed;
    std::string database;  // SQLite's file, "" on PostgreSQL
  };
  struct Options {
    std::set<std::string> schools;
    std::vector<std::string> targets;      // of deliveries, schools/{parent}
    std::string data;                      // the folder
    std::string certificate;               // the process's own, "" without TLS
    std::function<absl::Time()> now;       // the machine's
    std::function<absl::Time()> log_time;  // of the clock that events are stamped with
  };

  explicit Vitals(Options options) : options_(std::move(options)), begin_(options_.now()) {}

  // What is pointed to outlives this.
  void Add(Part part) { parts_.push_back(std::move(part)); }
  void SetCaches(const cache::NearCache* own, cache::Layered* others) {
    own_ = own;
    others_ = others;
  }

  absl::StatusOr<v1::GetStatusResponse> Look(const std::string& school) const;

  // Adds the followers of the school that are forked.
  void AddForks(const std::string& school, v1::VerifyInvariantsResponse& response) const;

  // The invariants of the school were evaluated.
  void Verified(const std::string& school, const v1::VerifyInvariantsResponse& response);

  // For the metrics endpoint.
  const Options& options() const { return options_; }
  const std::vector<Part>& parts() const { return parts_; }
  cache::Layered* others() const { return others_; }
  absl::Time begin() const { return begin_; }

 private:
  struct Verdict {
    absl::Time time;
    int64_t violations = 0;  // without those on the disk
    int64_t on_disk = 0;     // which a verification without a look at it leaves as they were
  };

  absl::Status LookAt(const Part& part, const std::string& school, v1::ServiceStatus& status) const;
  void AddFollowers(const Part& part, const std::string& school, v1::ServiceStatus& status) const;
  absl::Status AddDeliveries(const Part& part, storage::Transaction& snapshot,
                             v1::ServiceStatus& status) const;
  void AddCaches(v1::ServiceStatus& status) const;

  const Options options_;
  const absl::Time begin_;
  std::vector<Part> parts_;
  const cache::NearCache* own_ = nullptr;
  cache::Layered* others_ = nullptr;
  mutable Monitor monitor_;                                          // guards what follows
  std::map<std::pair<std::string, std::string>, Verdict> verdicts_;  // by service and school
};

// The version of this binary, "0.1.0".
const char* Version();

}  // namespace vivier::site
