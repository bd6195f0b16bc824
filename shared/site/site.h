// One process of a site: the services that it runs, each with its database, writer, adapter,
// followers and ticks, behind one server. `vivier serve` runs one until SIGTERM; tests run several
// in one process. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/relations/claims.h"
#include "shared/site/module.h"
#include "shared/site/peers.h"
#include "vivier/config/v1/config.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::site {

class Site {
 public:
  struct Options {
    config::v1::Config config;
    std::string data;  // folder: keys/, db/
    std::vector<Module> modules;
    std::function<absl::Time()> now = absl::Now;  // the machine's clock; the site's is site::Clock
    // Without, nothing follows and nothing ticks: to look at data at rest.
    bool background = true;
    // Own rows, kept serialized: a school's working set is a few thousand resources of about 1 KB.
    // 0 keeps none.
    size_t near_bytes_max = 64 << 20;
  };

  // Opens the databases (SQLite files are migrated, a PostgreSQL must have been), refuses on any
  // drift between binary and schema, and serves from the moment it returns.
  static absl::StatusOr<std::unique_ptr<Site>> Start(Options options);

  // Finishes what was accepted (within 25 s), then stops.
  virtual ~Site() = default;
  virtual void Stop() = 0;

  virtual const std::string& address() const = 0;
  // Of the gateway; "" where none runs here.
  virtual std::string web_address() const = 0;
  // What its certificate is called: its one service, or "all".
  virtual const std::string& process() const = 0;
  // Lets the threads that poll come round if they can, soon; how often they did until now.
  virtual uint64_t Beats() = 0;
  // To this process's own services, without a network.
  virtual std::shared_ptr<rpc::Channel> channel() = 0;
  // "Bearer …" of a development token for that caller; FAILED_PRECONDITION unless the configuration
  // says development.
  virtual absl::StatusOr<std::string> Authorization(const security::Caller& caller) = 0;
  virtual absl::StatusOr<v1::VerifyInvariantsResponse> Verify(const std::string& school,
                                                              relations::Detail detail) = 0;
  // Runs every tick that is due by now; gives how many rows were handled.
  virtual int RunTicks() = 0;
};

// Where a service of that configuration keeps its data, for storage::Database::Open.
std::string DatabaseUrl(const config::v1::Config& config, const std::string& data,
                        const std::string& service);

// Where a process keeps what `school` is known by at a parent, in the form of
// vivier.security.v1.MembershipSecret.
std::string ParentSecretFile(const std::string& data, const config::v1::Parent& parent,
                             const std::string& school);

// Applies the migrations of every module.
absl::Status MigrateAll(const config::v1::Config& config, const std::string& data,
                        const std::vector<Module>& modules);

}  // namespace vivier::site
