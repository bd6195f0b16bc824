// One service of a process with all that runs it: its database, writer, adapter, followers,
// deliveries, ticks and operations. Opened and stopped by its site, on one thread; what it runs is
// thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/cache/layered.h"
#include "shared/cache/near.h"
#include "shared/follow/follower.h"
#include "shared/follow/parent_secret.h"
#include "shared/process/operation_service.h"
#include "shared/process/process_service.h"
#include "shared/process/vitals.h"
#include "shared/queue/scheduler.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/metrics.h"
#include "shared/security/school_key.h"
#include "shared/site/keepers.h"
#include "shared/site/module.h"
#include "shared/site/peers.h"
#include "shared/site/site.h"
#include "shared/site/tokens.h"

namespace vivier::site {

// What the services of a process have in common. All that it points to outlives them.
struct Common {
  const Site::Options* options = nullptr;
  Tokens* tokens = nullptr;
  const security::SchoolKey* school_key = nullptr;
  cache::Layered* cache = nullptr;
  cache::NearCache* near = nullptr;
  rpc::Workers* workers = nullptr;
  Scheduler* scheduler = nullptr;
  follow::Loop* loop = nullptr;
  std::function<absl::Time()> now;  // the site's clock; options->now is the machine's
  std::set<std::string> reachable;  // services that run here or are configured as peers
  // The token by which one service (the second) calls another; "" where its certificate does.
  std::function<std::string(const std::string& callee, const std::string& caller)> authorization;
  // After a commit of the service at a school, whose log ends there now, and what the writer leaves
  // to a thread of the server.
  std::function<void(const std::string& service, const std::string& school, int64_t last_event)>
      committed;
  std::function<void(std::function<void()>)> tell_elsewhere;

  bool OwnsRows() const { return options->config.engine() == config::v1::SQLITE; }
  std::set<std::string> schools() const {
    return {options->config.schools().begin(), options->config.schools().end()};
  }
};

class RunningService {
 public:
  // Opens the database (an SQLite file is migrated), refuses on any drift between binary and
  // schema.
  static absl::StatusOr<std::unique_ptr<RunningService>> Open(Module module, const Common& common);

  const std::string& name() const { return module_.name(); }
  const rpc::Service& service() const { return module_.service; }
  rpc::Adapter& adapter() { return *adapter_; }
  rpc::Readers& readers() { return *readers_; }
  storage::Writer& writer() { return *writer_; }
  Peers& peers() { return *peers_; }
  Vitals::Followed& followed() { return followed_; }
  follow::OperationRunner* operations() { return keepers_->operations(); }

  // What an adapter of this service stands on.
  rpc::Adapter::Surroundings Surroundings() const;

  // Follows, ticks and keeps the house from now on.
  void Begin();
  // Takes events of the service's own log to `parent` from now on, over `there`, where each school
  // is known by a secret of its own.
  void Deliver(const config::v1::Parent& parent, rpc::Channel& there);
  // Ends what Begin and Deliver began; the writer goes on.
  void End();

  // Runs the ticks and operations that are due; gives how many rows were handled.
  int RunTicks() { return keepers_->RunTicks(); }
  absl::Status KeepHouse() { return keepers_->KeepHouse(); }

 private:
  RunningService(Module module, const Common& common, std::unique_ptr<storage::Database> database,
                 const security::SchoolKey* school_key);

  absl::Status Start();
  storage::Writer::Observer Observe();
  // Producers and schools that the service will follow once it serves.
  Vitals::Followed WhatFollows() const;
  // One follower for each process that runs some of them.
  void Follow();

  const Module module_;
  const Common& common_;
  const std::unique_ptr<storage::Database> database_;
  const security::SchoolKey* const school_key_;  // of the common ones, what its rows need
  rpc::metrics::Writer metrics_;
  std::unique_ptr<rpc::Readers> readers_;
  std::unique_ptr<storage::Writer> writer_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<rpc::Adapter> adapter_;
  std::vector<std::unique_ptr<follow::ParentSecret>> secrets_;  // which deliveries show
  std::unique_ptr<Keepers> keepers_;
  Vitals::Followed followed_;
  std::vector<std::unique_ptr<follow::Follower>> followers_;  // one for each process
};

rpc::ReadBudgets BudgetsOf(const config::v1::Config& config);

// The file of an embedded service.
std::string DatabaseFile(const std::string& data, const std::string& service);

absl::StatusOr<std::unique_ptr<storage::Database>> OpenDatabase(const config::v1::Config& config,
                                                                const std::string& data,
                                                                const std::string& service);

}  // namespace vivier::site
