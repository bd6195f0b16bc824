#include "shared/site/site.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cache/layered.h"
#include "shared/follow/delivery.h"
#include "shared/follow/follower.h"
#include "shared/follow/log_service.h"
#include "shared/follow/operation_runner.h"
#include "shared/follow/ticker.h"
#include "shared/log/log.h"
#include "shared/process/exposition.h"
#include "shared/process/housekeeping.h"
#include "shared/process/operation_service.h"
#include "shared/process/process_service.h"
#include "shared/process/vitals.h"
#include "shared/rpc/adapter.h"
#include "shared/rpc/metrics.h"
#include "shared/security/school_key.h"
#include "shared/security/secret_file.h"
#include "shared/site/certificates.h"
#include "shared/site/tokens.h"
#include "shared/storage/engines/migrate.h"
#include "shared/transport/channel.h"
#include "shared/transport/metrics_endpoint.h"
#include "shared/transport/server.h"

namespace vivier::site {
namespace {

using config::v1::Config;

// Other services' resources.
constexpr size_t kPeerBytesMax = 16 << 20;
// They wait for PostgreSQL, Redis and peers most of their time.
constexpr int kWorkerThreads = 8;
constexpr int kBatchWorksMax = 256;

Vitals::Options VitalsOptions(const Site::Options& options, const std::string& process) {
  Vitals::Options vitals;
  vitals.schools = {options.config.schools().begin(), options.config.schools().end()};
  for (const config::v1::Parent& parent : options.config.parents())
    vitals.targets.push_back(parent.name());
  vitals.data = options.data;
  if (const auto tls = ServingTls(options.config, process)) vitals.certificate = tls->certificate;
  vitals.now = options.now;
  return vitals;
}

rpc::ReadBudgets Budgets(const config::v1::ReadBudgets& configured) {
  rpc::ReadBudgets budgets;
  if (configured.person() != 0) budgets.person = configured.person();
  if (configured.partner() != 0) budgets.partner = configured.partner();
  return budgets;
}

std::string DatabaseFile(const std::string& data, const std::string& service) {
  return absl::StrCat(data, "/db/", service, ".db");
}

absl::StatusOr<std::unique_ptr<storage::Database>> OpenDatabase(const Config& config,
                                                                const std::string& data,
                                                                const std::string& service) {
  std::error_code error;
  std::filesystem::create_directories(data + "/db", error);
  return storage::Database::Open(DatabaseUrl(config, data, service));
}

absl::Status CheckSchema(storage::Database& database, const rpc::Service& service) {
  ASSIGN_OR_RETURN(std::vector<std::string> pending, storage::Pending(database, service.name()));
  if (!pending.empty())
    return Error(
        absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
        absl::StrCat("run `vivier migrate` first; not applied: ", absl::StrJoin(pending, ", ")));
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Connection> connection,
                   database.Connect(storage::Access::kRead));
  RETURN_IF_ERROR(connection->Begin(storage::Access::kRead));
  for (const storage::Schema* schema : service.schemas())
    RETURN_IF_ERROR(schema->CheckDrift(*connection));
  return connection->Commit();
}

// A service with all that runs it.
struct Running {
  Running(Module running, std::unique_ptr<storage::Database> opened)
      : module(std::move(running)), database(std::move(opened)), metrics(module.name()) {}

  Module module;
  std::unique_ptr<storage::Database> database;
  rpc::metrics::Writer metrics;
  std::unique_ptr<rpc::Readers> readers;
  std::unique_ptr<storage::Writer> writer;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<rpc::Adapter> adapter;
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<follow::Ticker> ticker;
  std::unique_ptr<follow::OperationRunner> operations;  // null where the service has none
  Vitals::Followed followed;
  std::vector<std::unique_ptr<follow::Follower>> followers;
  std::vector<std::unique_ptr<follow::Delivery>> deliveries;
};

class RunningSite : public Site {
 public:
  explicit RunningSite(Options options)
      : options_(std::move(options)),
        process_(options_.modules.size() == 1 ? options_.modules[0].name() : "all"),
        workers_(kWorkerThreads),
        near_(options_.near_bytes_max),
        vitals_(VitalsOptions(options_, process_)) {
    for (const config::v1::Peer& peer : config().peers()) reachable_.insert(peer.service());
    for (const Module& module : options_.modules) reachable_.insert(module.name());
  }
  ~RunningSite() override { Stop(); }

  absl::Status Open() {
    RETURN_IF_ERROR(CheckCertificates(config(), process_));
    RETURN_IF_ERROR(CreateKeys(options_.data));
    ASSIGN_OR_RETURN(tokens_, Tokens::Load(config(), options_.data, options_.now));
    ASSIGN_OR_RETURN(security::SchoolKey key,
                     security::SchoolKey::Load(options_.data + "/keys/school.key"));
    school_key_ = std::make_unique<security::SchoolKey>(std::move(key));
    std::optional<cache::Redis::Options> redis;
    if (!config().redis().empty()) redis = cache::Redis::Options{.address = config().redis()};
    cache_ = std::make_unique<cache::Layered>(kPeerBytesMax, std::move(redis));
    vitals_.SetCaches(OwnsRows() ? &near_ : nullptr, cache_.get());
    for (Module& module : options_.modules) RETURN_IF_ERROR(OpenService(std::move(module)));
    tokens_->StartFetching();
    RETURN_IF_ERROR(Listen());
    if (options_.background)
      for (const std::unique_ptr<Running>& running : running_) StartBackground(*running);
    return absl::OkStatus();
  }

  void Stop() override {
    for (const std::unique_ptr<Running>& running : running_) {
      running->followers.clear();
      running->deliveries.clear();
      running->ticker = nullptr;
      running->housekeeping = nullptr;
      if (running->operations != nullptr) running->operations->Stop();
    }
    log_service_.Stop();
    operation_service_.Stop();
    if (health_ != nullptr) health_->SetServing(false);
    if (server_ != nullptr && !server_->Drain())
      Log(LogLevel::kWarning, "calls were still in flight at the end");
    if (tokens_ != nullptr) tokens_->StopFetching();
    for (const std::unique_ptr<Running>& running : running_) running->writer->Stop();
    if (server_ != nullptr) server_->Shutdown();
  }

  const std::string& address() const override { return server_->address(); }
  const std::string& process() const override { return process_; }
  std::shared_ptr<rpc::Channel> channel() override { return server_->InProcessChannel(); }

  absl::StatusOr<std::string> Authorization(const security::Caller& caller) override {
    return tokens_->ForDevelopment(caller);
  }

  absl::StatusOr<v1::VerifyInvariantsResponse> Verify(const std::string& school) override {
    return process_service_.Verify(school);
  }

  int RunTicks() override {
    int handled = 0;
    for (const std::unique_ptr<Running>& running : running_) {
      if (running->ticker != nullptr) handled += running->ticker->RunOnce();
      if (running->operations != nullptr) running->operations->RunOnce();
    }
    for (const std::unique_ptr<Running>& running : running_) {
      const absl::Status kept = running->housekeeping->RunOnce();
      if (!kept.ok())
        Log(LogLevel::kWarning, "the house could not be kept", {{"error", kept.message()}});
    }
    return handled;
  }

 private:
  const Config& config() const { return options_.config; }
  std::set<std::string> schools() const {
    return {config().schools().begin(), config().schools().end()};
  }
  bool HasTls() const { return !config().certificates().empty(); }
  // Inside the process and without TLS a token says who calls; over TLS the certificate does.
  std::string AuthorizationTo(const std::string& callee, const std::string& caller) {
    return HasTls() && !RunsHere(callee) ? "" : tokens_->OfService(caller);
  }
  bool RunsHere(const std::string& service) const {
    return std::any_of(
        running_.begin(), running_.end(),
        [&](const std::unique_ptr<Running>& running) { return running->module.name() == service; });
  }
  bool OwnsRows() const { return config().engine() == config::v1::SQLITE; }

  absl::Status OpenService(Module module) {
    ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database,
                     OpenDatabase(config(), options_.data, module.name()));
    // Nobody else could migrate the file of an embedded service; a PostgreSQL is migrated once,
    // before its replicas.
    if (OwnsRows()) RETURN_IF_ERROR(storage::Migrate(*database, module.name()));
    RETURN_IF_ERROR(CheckSchema(*database, module.service));
    running_.push_back(std::make_unique<Running>(std::move(module), std::move(database)));
    Running& running = *running_.back();
    running.readers = std::make_unique<rpc::Readers>(*running.database, school_key_.get());
    running.peers = std::make_unique<Peers>(
        *cache_, [this, caller = running.module.name()](const std::string& callee) {
          return AuthorizationTo(callee, caller);
        });
    storage::Writer::Options options;
    options.batch_works_max =
        config().batch_works_max() > 0 ? config().batch_works_max() : kBatchWorksMax;
    options.now = options_.now;
    ASSIGN_OR_RETURN(running.writer, storage::Writer::Start(*running.database, school_key_.get(),
                                                            options, Observe(running)));
    rpc::Adapter::Surroundings surroundings;
    surroundings.engine = running.database->engine();
    surroundings.writer = running.writer.get();
    surroundings.readers = running.readers.get();
    surroundings.workers = &workers_;
    surroundings.verifier = &tokens_->verifier();
    surroundings.references = running.peers.get();
    surroundings.near = OwnsRows() ? &near_ : nullptr;
    surroundings.schools = schools();
    surroundings.read_budgets = Budgets(config().read_budgets());
    surroundings.tls = HasTls();
    surroundings.now = options_.now;
    ASSIGN_OR_RETURN(running.adapter, rpc::Adapter::Make(running.module.service, surroundings));
    log_service_.Add(running.module.name(), *running.readers, *running.adapter, *running.writer);
    process_service_.Add(
        {&running.module.service, running.adapter.get(), running.readers.get(),
         running.writer.get(),
         [&running](const std::string& service) { return running.peers->Find(service); },
         [this, caller = running.module.name()](const std::string& service) {
           return AuthorizationTo(service, caller);
         }});
    running.followed = WhatFollows(running.module);
    vitals_.Add({&running.module.service, running.readers.get(), running.writer.get(),
                 &running.followed,
                 OwnsRows() ? DatabaseFile(options_.data, running.module.name()) : ""});
    running.housekeeping = std::make_unique<Housekeeping>(
        Housekeeping::Options{&running.module.service, schools(), options_.data,
                              running.writer.get(), running.readers.get(), options_.now});
    RETURN_IF_ERROR(running.housekeeping->ApplyList());
    return OpenOperations(running, std::move(surroundings));
  }

  // Without background an operation goes on when somebody waits for it.
  absl::Status OpenOperations(Running& running, rpc::Adapter::Surroundings surroundings) {
    follow::OperationRunner::Options options{&running.module.service, schools(),
                                             running.writer.get(), running.readers.get()};
    if (!options_.background) options.interval = absl::InfiniteDuration();
    if (!running.module.service.operations().empty())
      running.operations = std::make_unique<follow::OperationRunner>(std::move(options));
    return operation_service_.Add(running.module.service, std::move(surroundings),
                                  running.operations.get());
  }

  // Producers and schools that the service will follow once it serves.
  Vitals::Followed WhatFollows(const Module& module) const {
    Vitals::Followed followed;
    if (!options_.background) return followed;
    for (const rpc::Service::EventReaction& reaction : module.service.reactions())
      if (reaction.producer != module.name() && reachable_.count(reaction.producer) > 0)
        for (const std::string& school : config().schools())
          if (auto& progress = followed[{reaction.producer, school}]; progress == nullptr)
            progress = std::make_shared<follow::Progress>(options_.now());
    return followed;
  }

  storage::Writer::Observer Observe(Running& running) {
    storage::Writer::Observer observer;
    observer.committed = [this, &running](const std::vector<storage::RowKey>& changed) {
      for (const auto& [schema, name] : changed) near_.Drop(name);
      running.peers->Changed(changed);
      log_service_.Wake(running.module.name());
    };
    observer.measured = [&running](size_t works, absl::Duration held, absl::Duration commit) {
      running.metrics.batch_size.Observe(static_cast<double>(works));
      running.metrics.held_seconds.Observe(absl::ToDoubleSeconds(held));
      running.metrics.commit_seconds.Observe(absl::ToDoubleSeconds(commit));
    };
    observer.tell_elsewhere = [this](std::function<void()> tell) {
      transport::Server* const server = answering_;
      server == nullptr ? tell() : server->Run(std::move(tell));
    };
    return observer;
  }

  absl::Status Listen() {
    std::vector<rpc::Endpoint> endpoints = log_service_.Endpoints();
    for (rpc::Endpoint& endpoint : process_service_.Endpoints())
      endpoints.push_back(std::move(endpoint));
    for (rpc::Endpoint& endpoint : operation_service_.Endpoints())
      endpoints.push_back(std::move(endpoint));
    for (const std::unique_ptr<Running>& running : running_)
      for (rpc::Endpoint& endpoint : running->adapter->Endpoints())
        endpoints.push_back(std::move(endpoint));
    transport::ServerOptions options;
    options.address = config().listen_address();
    options.io_threads = std::max(1, config().io_threads());
    options.tls = ServingTls(config(), process_);
    ASSIGN_OR_RETURN(server_, transport::Server::Start(options, std::move(endpoints)));
    answering_ = server_.get();
    if (!config().metrics_address().empty()) {
      rpc::metrics::ReadBudgetAlarms(
          "spent");  // from now on, so that the first one is seen to rise
      ASSIGN_OR_RETURN(metrics_,
                       transport::MetricsEndpoint::Start(config().metrics_address(),
                                                         std::make_shared<Exposition>(vitals_)));
    }
    transport::ServerOptions plain;
    plain.address = config().health_address();
    if (!plain.address.empty()) {
      ASSIGN_OR_RETURN(health_, transport::Server::Start(plain, {}));
    }
    for (const std::unique_ptr<Running>& running : running_) ConnectPeers(*running);
    return absl::OkStatus();
  }

  void ConnectPeers(Running& running) {
    for (const std::unique_ptr<Running>& other : running_)
      running.peers->Set(other->module.name(), server_->InProcessChannel());
    for (const config::v1::Peer& peer : config().peers())
      if (running.peers->Find(peer.service()) == nullptr)
        running.peers->Set(
            peer.service(),
            transport::Connect({.target = peer.address(),
                                .tls = DiallingTls(config(), process_, peer.service())}));
  }

  void StartBackground(Running& running) {
    std::map<std::string, std::vector<const rpc::Service::EventReaction*>> by_producer;
    for (const rpc::Service::EventReaction& reaction : running.module.service.reactions())
      by_producer[reaction.producer].push_back(&reaction);
    for (const auto& [where, progress] : running.followed) {
      const auto& [producer, school] = where;
      running.followers.push_back(std::make_unique<follow::Follower>(follow::Follower::Options{
          running.module.name(), producer, school, by_producer[producer],
          running.peers->Find(producer),
          [this, producer = producer, caller = running.module.name()] {
            return AuthorizationTo(producer, caller);
          },
          running.writer.get(), running.readers.get(), progress, options_.now}));
    }
    for (const rpc::Service::EventDelivery& delivery : running.module.service.deliveries())
      for (const config::v1::Parent& parent : config().parents())
        StartDelivery(running, delivery, parent);
    running.ticker = std::make_unique<follow::Ticker>(
        follow::Ticker::Options{&running.module.service, schools(), running.writer.get(),
                                running.readers.get(), options_.now});
    running.housekeeping->Begin();
  }

  void StartDelivery(Running& running, const rpc::Service::EventDelivery& delivery,
                     const config::v1::Parent& parent) {
    std::shared_ptr<rpc::Channel>& there = parents_[parent.name()];
    if (there == nullptr)
      there = transport::Connect({.target = parent.address(), .tls = ParentTls(parent)});
    const std::string service = running.module.name();
    for (const std::string& school : config().schools())
      running.deliveries.push_back(std::make_unique<follow::Delivery>(follow::Delivery::Options{
          school, parent.name(), &delivery,
          [this, service, here = running.peers->Find(service)] {
            return rpc::Outside::End{here, tokens_->OfService(service)};
          },
          [channel = there.get(),
           file = parent.token_file()]() -> absl::StatusOr<rpc::Outside::End> {
            ASSIGN_OR_RETURN(std::string token, security::ReadSecretFile(file));
            return rpc::Outside::End{channel,
                                     std::string(absl::StripTrailingAsciiWhitespace(token))};
          },
          running.writer.get(), running.readers.get()}));
  }

  Options options_;
  const std::string process_;        // what its certificate is called
  std::set<std::string> reachable_;  // services that run here or are configured as peers
  rpc::Workers workers_;
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<security::SchoolKey> school_key_;
  std::unique_ptr<cache::Layered> cache_;
  cache::NearCache near_;
  follow::LogService log_service_;
  Vitals vitals_;
  ProcessService process_service_{workers_, vitals_, Budgets(options_.config.read_budgets()),
                                  options_.now};
  OperationService operation_service_;
  std::map<std::string, std::shared_ptr<rpc::Channel>> parents_;
  std::vector<std::unique_ptr<Running>> running_;
  std::unique_ptr<transport::Server> server_;
  std::atomic<transport::Server*> answering_ =
      nullptr;                                 // the same, for the writers, which are older
  std::unique_ptr<transport::Server> health_;  // null unless it has an address of its own
  std::unique_ptr<transport::MetricsEndpoint> metrics_;
};

}  // namespace

std::string DatabaseUrl(const Config& config, const std::string& data, const std::string& service) {
  if (config.engine() == config::v1::POSTGRES)
    return absl::StrCat("postgres:", service, ":", config.postgres());
  return "sqlite:" + DatabaseFile(data, service);
}

absl::StatusOr<std::unique_ptr<Site>> Site::Start(Options options) {
  if (options.config.schools().empty()) return InvalidField("schools", "name at least one school");
  if (options.config.development())
    Log(LogLevel::kWarning,
        "DEVELOPMENT: this process trusts tokens that anybody with its key folder can make");
  auto site = std::make_unique<RunningSite>(std::move(options));
  RETURN_IF_ERROR(site->Open());
  return site;
}

absl::Status MigrateAll(const Config& config, const std::string& data,
                        const std::vector<Module>& modules) {
  for (const Module& module : modules) {
    ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database,
                     OpenDatabase(config, data, module.name()));
    RETURN_IF_ERROR(storage::Migrate(*database, module.name()));
  }
  return absl::OkStatus();
}

}  // namespace vivier::site
