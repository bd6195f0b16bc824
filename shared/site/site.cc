#include "shared/site/site.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/cache/layered.h"
#include "shared/follow/log_service.h"
#include "shared/log/log.h"
#include "shared/process/exposition.h"
#include "shared/process/operation_service.h"
#include "shared/process/process_service.h"
#include "shared/process/vitals.h"
#include "shared/rpc/metrics.h"
#include "shared/security/school_key.h"
#include "shared/site/certificates.h"
#include "shared/site/clock.h"
#include "shared/site/portal.h"
#include "shared/site/reflection.h"
#include "shared/site/running_service.h"
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
// In development another process may move the clock on, which tells nobody (docs/clock.md).
constexpr absl::Duration kLookAtClock = absl::Milliseconds(500);
// What the certificate of a process with several services is called.
constexpr char kAll[] = "all";

Vitals::Options VitalsOptions(const Site::Options& options, const std::string& process,
                              std::function<absl::Time()> log_time) {
  Vitals::Options vitals;
  vitals.schools = {options.config.schools().begin(), options.config.schools().end()};
  for (const config::v1::Parent& parent : options.config.parents())
    vitals.targets.push_back(parent.name());
  vitals.data = options.data;
  if (const auto tls = ServingTls(options.config, process)) vitals.certificate = tls->certificate;
  vitals.now = options.now;
  vitals.log_time = std::move(log_time);
  return vitals;
}

Scheduler::Options Scheduling(const Config& config, rpc::Workers& workers,
                              std::function<absl::Time()> site) {
  Scheduler::Options scheduling;
  scheduling.run = [&workers](std::function<void()> task) {
    return workers.Submit(std::move(task));
  };
  scheduling.site = std::move(site);
  if (config.development()) scheduling.look_again = kLookAtClock;
  return scheduling;
}

absl::StatusOr<std::optional<cache::Redis::Options>> RedisOptions(
    const Config& config, const security::SchoolKey& school_key) {
  const std::string& password_file = config.redis_password_file();
  if (!password_file.empty()) RETURN_IF_ERROR(cache::ReadRedisPassword(password_file).status());
  if (config.redis().empty()) return std::nullopt;
  return cache::Redis::Options{.address = config.redis(),
                               .password_file = password_file,
                               .mac_key = school_key.Derive("cache")};
}

// Where all services run in one process, their gateway does too. It comes in by the port, as
// whoever it speaks for would: inside the process its calls would take turns with our own.
absl::StatusOr<std::unique_ptr<web::Gateway>> GatewayTo(
    const std::vector<std::unique_ptr<RunningService>>& services, const Config& config,
    const std::string& address, const Entrance& entrance) {
  const std::shared_ptr<rpc::Channel> channel =
      transport::Connect({.target = address, .tls = DiallingTls(config, kAll, kAll)});
  std::vector<Reachable> reachable;
  for (const std::unique_ptr<RunningService>& running : services)
    reachable.push_back({running->name(), !running->service().operations().empty(), channel});
  return StartGateway(config, reachable, entrance);
}

// To those of this process by `here`, to the others as the configuration says.
void ConnectPeers(const std::vector<std::unique_ptr<RunningService>>& all, const Config& config,
                  const std::string& process, const std::shared_ptr<rpc::Channel>& here) {
  for (const std::unique_ptr<RunningService>& running : all) {
    for (const std::unique_ptr<RunningService>& other : all)
      running->peers().Set(other->name(), here);
    for (const config::v1::Peer& peer : config.peers())
      if (running->peers().Find(peer.service()) == nullptr)
        running->peers().Set(
            peer.service(),
            transport::Connect(
                {.target = peer.address(), .tls = DiallingTls(config, process, peer.service())}));
  }
}

Reflection::May WhoMayReflect(const Config& config, const rpc::Entry& entry, Tokens& tokens,
                              rpc::Workers& workers, std::function<absl::Time()> now) {
  if (config.development())
    return [](const rpc::Peer&, const auto& then) { then(absl::OkStatus()); };
  return Reflection::WhoeverMayCall(entry, tokens.verifier(), workers,
                                    {config.schools().begin(), config.schools().end()},
                                    std::move(now));
}

class RunningSite : public Site {
 public:
  explicit RunningSite(Options options)
      : options_(std::move(options)),
        process_(options_.modules.size() == 1 ? options_.modules[0].name() : kAll),
        workers_(kWorkerThreads),
        near_(options_.near_bytes_max),
        vitals_(VitalsOptions(options_, process_, [this] { return Now(); })) {
    for (const config::v1::Peer& peer : config().peers()) common_.reachable.insert(peer.service());
    for (const Module& module : options_.modules) common_.reachable.insert(module.name());
  }
  ~RunningSite() override { Stop(); }

  absl::Status Open() {
    RETURN_IF_ERROR(CheckCertificates(config(), process_));
    RETURN_IF_ERROR(CreateKeys(options_.data));
    RETURN_IF_ERROR(OpenClock());
    scheduler_.Begin();
    ASSIGN_OR_RETURN(tokens_, Tokens::Load(config(), options_.data, options_.now));
    ASSIGN_OR_RETURN(security::SchoolKey key,
                     security::SchoolKey::OfFolder(options_.data + "/keys"));
    school_key_ = std::make_unique<security::SchoolKey>(std::move(key));
    ASSIGN_OR_RETURN(auto redis, RedisOptions(config(), *school_key_));
    cache_ = std::make_unique<cache::Layered>(kPeerBytesMax, std::move(redis));
    ShareWhatIsCommon();
    vitals_.SetCaches(common_.OwnsRows() ? &near_ : nullptr, cache_.get());
    for (Module& module : options_.modules) RETURN_IF_ERROR(OpenService(std::move(module)));
    tokens_->StartFetching();
    RETURN_IF_ERROR(Listen());
    ConnectPeers(running_, config(), process_, here_);
    if (options_.background) Begin();
    Entrance entrance{options_.data, nullptr, options_.now};
    if (config().development())
      entrance.token = [this](const security::Caller& caller) { return Authorization(caller); };
    if (process_ != kAll || config().web().listen_address().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(gateway_, GatewayTo(running_, config(), address(), entrance));
    return absl::OkStatus();
  }

  void Stop() override {
    if (gateway_ != nullptr) gateway_->Stop();
    for (const std::unique_ptr<RunningService>& running : running_) running->End();
    log_service_.Stop();
    operation_service_.Stop();
    if (health_ != nullptr) health_->SetServing(false);
    if (server_ != nullptr && !server_->Drain())
      Log(LogLevel::kWarning, "calls were still in flight at the end");
    if (tokens_ != nullptr) tokens_->StopFetching();
    for (const std::unique_ptr<RunningService>& running : running_) running->writer().Stop();
    if (server_ != nullptr) server_->Shutdown();
    workers_.Stop();  // a page for a follower that has gone is read to its end
  }

  const std::string& address() const override { return server_->address(); }
  std::string web_address() const override { return gateway_ ? gateway_->address() : ""; }
  const std::string& process() const override { return process_; }
  uint64_t Beats() override {
    server_->Run([] {});
    return server_->beats();
  }
  std::shared_ptr<rpc::Channel> channel() override { return here_; }

  absl::StatusOr<std::string> Authorization(const security::Caller& caller) override {
    return tokens_->ForDevelopment(caller);
  }

  absl::StatusOr<v1::VerifyInvariantsResponse> Verify(const std::string& school,
                                                      relations::Detail detail) override {
    return process_service_.Verify(school, detail);
  }

  int RunTicks() override {
    int handled = 0;
    for (const std::unique_ptr<RunningService>& running : running_) handled += running->RunTicks();
    for (const std::unique_ptr<RunningService>& running : running_)
      if (const absl::Status kept = running->KeepHouse(); !kept.ok())
        Log(LogLevel::kWarning, "housekeeping failed",
            {{"service", running->name()}, {"error", kept.message()}});
    return handled;
  }

 private:
  const Config& config() const { return options_.config; }
  bool RunsHere(const std::string& service) const {
    return std::any_of(running_.begin(), running_.end(),
                       [&](const auto& running) { return running->name() == service; });
  }
  // Inside the process and without TLS a token says who calls; over TLS the certificate does.
  std::string AuthorizationTo(const std::string& callee, const std::string& caller) {
    return config().certificates().empty() || RunsHere(callee) ? tokens_->OfService(caller) : "";
  }

  absl::Status OpenClock() {
    if (!config().development()) return CheckNotMoved(options_.data);
    ASSIGN_OR_RETURN(clock_, Clock::Open(config(), options_.data, options_.now));
    if (clock_->ahead() > absl::ZeroDuration())
      Log(LogLevel::kWarning, "DEVELOPMENT: the site's clock is ahead of the machine's",
          {{"ahead", absl::FormatDuration(clock_->ahead())}});
    return absl::OkStatus();
  }
  absl::Time Now() const { return clock_ == nullptr ? options_.now() : clock_->Now(); }

  void ShareWhatIsCommon() {
    common_.options = &options_;
    common_.now = [this] { return Now(); };
    common_.tokens = tokens_.get();
    common_.school_key = school_key_.get();
    common_.cache = cache_.get();
    common_.near = &near_;
    common_.workers = &workers_;
    common_.scheduler = &scheduler_;
    common_.loop = &loop_;
    common_.authorization = [this](const std::string& callee, const std::string& caller) {
      return AuthorizationTo(callee, caller);
    };
    common_.committed = [this](const std::string& service, const std::string& school,
                               int64_t last) { log_service_.Wake(service, school, last); };
    common_.tell_elsewhere = [this](std::function<void()> tell) {
      transport::Server* const server = answering_;
      server == nullptr ? tell() : server->Run(std::move(tell));
    };
  }

  absl::Status OpenService(Module module) {
    ASSIGN_OR_RETURN(std::unique_ptr<RunningService> opened,
                     RunningService::Open(std::move(module), common_));
    RunningService& running = *running_.emplace_back(std::move(opened));
    log_service_.Add(running.name(), running.readers(), running.adapter().entry(), running.writer(),
                     common_.OwnsRows() ? follow::LogService::Committers::kThisProcess
                                        : follow::LogService::Committers::kReplicas);
    process_service_.Add(
        {&running.service(), &running.adapter(), &running.readers(), &running.writer(),
         [&running](const std::string& service) { return running.peers().Find(service); },
         [this, &running](const std::string& service) {
           return AuthorizationTo(service, running.name());
         }});
    vitals_.Add({&running.service(), &running.readers(), &running.writer(), &running.followed(),
                 common_.OwnsRows() ? DatabaseFile(options_.data, running.name()) : ""});
    return operation_service_.Add(running.service(), running.Surroundings(), running.operations());
  }

  absl::Status Listen() {
    std::vector<rpc::Endpoint> endpoints = log_service_.Endpoints();
    const auto add = [&endpoints](std::vector<rpc::Endpoint> more) {
      std::move(more.begin(), more.end(), std::back_inserter(endpoints));
    };
    add(process_service_.Endpoints());
    add(operation_service_.Endpoints());
    for (const std::unique_ptr<RunningService>& running : running_)
      add(running->adapter().Endpoints());
    auto may = WhoMayReflect(config(), running_.front()->adapter().entry(), *tokens_, workers_,
                             [this] { return Now(); });
    add(std::make_shared<Reflection>(OutsidersServices(common_.reachable), std::move(may))
            ->Endpoints());
    transport::ServerOptions options;
    options.address = config().listen_address();
    options.io_threads = std::max(1, config().io_threads());
    options.tls = ServingTls(config(), process_);
    options.share = [&entry = running_.front()->adapter().entry()](const rpc::Peer& peer) {
      return entry.KnownShare(peer);
    };
    ASSIGN_OR_RETURN(server_, transport::Server::Start(options, std::move(endpoints)));
    answering_ = server_.get();
    here_ = server_->InProcessChannel();
    return ListenBeside();
  }

  // Metrics and health, where they have addresses of their own.
  absl::Status ListenBeside() {
    if (!config().metrics_address().empty()) {
      // From now on, so that the first one is seen to rise.
      rpc::metrics::ReadBudgetAlarms("spent");
      rpc::metrics::Refusals("calls");
      ASSIGN_OR_RETURN(metrics_,
                       transport::MetricsEndpoint::Start(config().metrics_address(),
                                                         std::make_shared<Exposition>(vitals_)));
    }
    transport::ServerOptions plain;
    plain.address = config().health_address();
    if (plain.address.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(health_, transport::Server::Start(plain, {}));
    return absl::OkStatus();
  }

  void Begin() {
    for (const config::v1::Parent& parent : config().parents())
      parents_[parent.name()] =
          transport::Connect({.target = parent.address(), .tls = ParentTls(parent)});
    for (const std::unique_ptr<RunningService>& running : running_) {
      for (const config::v1::Parent& parent : config().parents())
        running->Deliver(parent, *parents_[parent.name()]);
      running->Begin();
    }
  }

  Options options_;
  const std::string process_;     // what its certificate is called
  std::unique_ptr<Clock> clock_;  // null outside development
  rpc::Workers workers_;
  Scheduler scheduler_{Scheduling(options_.config, workers_, [this] { return Now(); })};
  std::unique_ptr<Tokens> tokens_;
  std::unique_ptr<security::SchoolKey> school_key_;
  std::unique_ptr<cache::Layered> cache_;
  cache::NearCache near_;
  Common common_;
  follow::Loop loop_;
  follow::LogService log_service_{loop_, workers_};
  Vitals vitals_;
  ProcessService process_service_{workers_, vitals_, BudgetsOf(options_.config),
                                  [this] { return Now(); }, common_.reachable};
  OperationService operation_service_{scheduler_};
  std::map<std::string, std::shared_ptr<rpc::Channel>> parents_;
  std::vector<std::unique_ptr<RunningService>> running_;
  std::unique_ptr<transport::Server> server_;
  std::shared_ptr<rpc::Channel> here_;  // to it, for all: each channel takes 30 KB
  std::atomic<transport::Server*> answering_ =
      nullptr;                                 // the same, for the writers, which are older
  std::unique_ptr<transport::Server> health_;  // null unless it has an address of its own
  std::unique_ptr<transport::MetricsEndpoint> metrics_;
  std::unique_ptr<web::Gateway> gateway_;  // null unless it has an address, and all services run
};

}  // namespace

std::string DatabaseUrl(const Config& config, const std::string& data, const std::string& service) {
  if (config.engine() == config::v1::POSTGRES)
    return absl::StrCat("postgres:", service, ":", config.postgres());
  return "sqlite:" + DatabaseFile(data, service);
}

std::string ParentSecretFile(const std::string& data, const config::v1::Parent& parent,
                             const std::string& school) {
  return absl::StrCat(data, "/parents/", IdOf(parent.name()), ".", school);
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
