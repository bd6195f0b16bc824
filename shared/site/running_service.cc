#include "shared/site/running_service.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/log/log.h"
#include "shared/rotation/school_keys.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/mac_audit.h"
#include "shared/storage/rows/schema_objects.h"

namespace vivier::site {

using config::v1::Config;

namespace {

constexpr int kBatchWorksMax = 256;

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

// Before anybody writes there, which would make a new one.
absl::Status CheckHeads(rpc::Readers& readers, const rpc::Service& service,
                        const std::set<std::string>& schools) {
  const std::vector<storage::MacTable> tables = storage::MacTablesOf(service.schemas());
  for (const std::string& school : schools)
    RETURN_IF_ERROR(readers.Read(school, [&tables](storage::Transaction& transaction) {
      return storage::CheckHasHead(transaction, tables);
    }));
  return absl::OkStatus();
}

// Says what somebody has added to an embedded database or taken from it; that costs some
// milliseconds. On PostgreSQL it is some hundred, and `verify` does it.
void LookAtObjects(storage::Database& database, const std::string& service) {
  const auto check = storage::CheckObjects(database, service);
  if (!check.ok() || check->odd.empty()) return;
  Log(LogLevel::kError, "the database has other objects than migrations make; run vivier verify",
      {{"service", service},
       {"count", absl::StrCat(check->odd.size())},
       {"first", check->odd.front()}});
}

}  // namespace

rpc::ReadBudgets BudgetsOf(const Config& config) {
  rpc::ReadBudgets budgets;
  for (const config::v1::ReadBudget& line : config.read_budgets())
    budgets.Set(line.role(), {line.opened(), line.rows()});
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

RunningService::RunningService(Module module, const Common& common,
                               std::unique_ptr<storage::Database> database,
                               const security::SchoolKey* school_key)
    : module_(std::move(module)),
      common_(common),
      database_(std::move(database)),
      school_key_(school_key),
      metrics_(module_.name()) {}

absl::StatusOr<std::unique_ptr<RunningService>> RunningService::Open(Module module,
                                                                     const Common& common) {
  const Site::Options& options = *common.options;
  ASSIGN_OR_RETURN(std::unique_ptr<storage::Database> database,
                   OpenDatabase(options.config, options.data, module.name()));
  // Nobody else could migrate the file of an embedded service; a PostgreSQL is migrated once,
  // before its replicas.
  if (common.OwnsRows()) RETURN_IF_ERROR(storage::Migrate(*database, module.name()));
  RETURN_IF_ERROR(CheckSchema(*database, module.service));
  if (database->engine() == storage::Engine::kSqlite) LookAtObjects(*database, module.name());
  ASSIGN_OR_RETURN(
      const security::SchoolKey* key,
      rotation::KeysNeeded(*database, module.name(), common.schools(), *common.school_key));
  std::unique_ptr<RunningService> running(
      new RunningService(std::move(module), common, std::move(database), key));
  RETURN_IF_ERROR(running->Start());
  return running;
}

absl::Status RunningService::Start() {
  const Site::Options& options = *common_.options;
  readers_ = std::make_unique<rpc::Readers>(*database_, school_key_);
  RETURN_IF_ERROR(CheckHeads(*readers_, service(), common_.schools()));
  peers_ = std::make_unique<Peers>(*common_.cache, [this](const std::string& callee) {
    return common_.authorization(callee, name());
  });
  storage::Writer::Options writing;
  const int configured = options.config.batch_works_max();
  writing.batch_works_max = configured > 0 ? configured : kBatchWorksMax;
  writing.now = common_.now;
  ASSIGN_OR_RETURN(const int reading_months, MonthsOfReadings(options.config));
  ASSIGN_OR_RETURN(writer_, storage::Writer::Start(*database_, school_key_, writing, Observe()));
  ASSIGN_OR_RETURN(adapter_, rpc::Adapter::Make(service(), Surroundings()));
  followed_ = WhatFollows();
  // The writer's observer tells them of every commit.
  keepers_ = std::make_unique<Keepers>(Keepers::Options{
      &service(), common_.schools(), options.data, writer_.get(), readers_.get(), common_.scheduler,
      common_.OwnsRows() ? Keepers::Committers::kThisProcess : Keepers::Committers::kReplicas,
      options.now, common_.now, reading_months});
  return keepers_->ApplyList();
}

rpc::Adapter::Surroundings RunningService::Surroundings() const {
  const Site::Options& options = *common_.options;
  rpc::Adapter::Surroundings surroundings;
  surroundings.engine = database_->engine();
  surroundings.writer = writer_.get();
  surroundings.readers = readers_.get();
  surroundings.workers = common_.workers;
  surroundings.verifier = &common_.tokens->verifier();
  surroundings.references = peers_.get();
  surroundings.near = common_.OwnsRows() ? common_.near : nullptr;
  surroundings.schools = common_.schools();
  surroundings.read_budgets = BudgetsOf(options.config);
  surroundings.tls = !options.config.certificates().empty();
  surroundings.now = options.now;
  surroundings.call_time = common_.now;
  return surroundings;
}

storage::Writer::Observer RunningService::Observe() {
  storage::Writer::Observer observer;
  observer.committed = [this](const storage::Transaction& transaction) {
    for (const auto& [schema, row] : transaction.changed()) common_.near->Drop(row);
    peers_->Changed(transaction.changed());
    common_.committed(name(), transaction.school(), transaction.head().event_number);
    keepers_->Committed(transaction);
  };
  observer.measured = [this](size_t works, absl::Duration held, absl::Duration commit) {
    metrics_.batch_size.Observe(static_cast<double>(works));
    metrics_.held_seconds.Observe(absl::ToDoubleSeconds(held));
    metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(commit));
  };
  observer.tell_elsewhere = common_.tell_elsewhere;
  return observer;
}

Vitals::Followed RunningService::WhatFollows() const {
  Vitals::Followed followed;
  const Site::Options& options = *common_.options;
  if (!options.background) return followed;
  for (const rpc::Service::EventReaction& reaction : service().reactions())
    if (reaction.producer != name() && common_.reachable.count(reaction.producer) > 0)
      for (const std::string& school : options.config.schools())
        if (auto& progress = followed[{reaction.producer, school}]; progress == nullptr)
          progress = std::make_shared<follow::Progress>(options.now());
  return followed;
}

void RunningService::Follow() {
  std::map<std::string, std::vector<const rpc::Service::EventReaction*>> reactions;
  for (const rpc::Service::EventReaction& reaction : service().reactions())
    reactions[reaction.producer].push_back(&reaction);
  std::map<rpc::Channel*, std::vector<follow::FollowedLog::Source>> processes;
  for (const auto& [where, progress] : followed_) {
    const auto& [producer, school] = where;
    processes[peers_->Find(producer)].push_back({producer, school, reactions[producer], progress});
  }
  for (auto& [channel, logs] : processes) {
    const std::string& one = logs.front().producer;  // all of a process take the same token
    followers_.push_back(std::make_unique<follow::Follower>(follow::Follower::Options{
        name(), logs, channel, [this, one] { return common_.authorization(one, name()); },
        writer_.get(), readers_.get(), common_.workers, common_.loop, common_.options->now}));
  }
}

void RunningService::Begin() {
  Follow();
  keepers_->Begin();
}

void RunningService::Deliver(const config::v1::Parent& parent, rpc::Channel& there) {
  if (service().deliveries().empty()) return;
  for (const std::string& school : common_.options->config.schools()) {
    follow::ParentSecret* const secret =
        secrets_
            .emplace_back(std::make_unique<follow::ParentSecret>(follow::ParentSecret::Options{
                school, parent.name(), absl::StrCat(parent.join_codes(), "/", school),
                ParentSecretFile(common_.options->data, parent, school),
                std::string(common_.school_key->Derive("parents").bytes()), &service().joining(),
                &there, common_.scheduler, common_.options->now}))
            .get();
    for (const rpc::Service::EventDelivery& delivery : service().deliveries())
      keepers_->Deliver({school, parent.name(), &delivery,
                         [this, here = peers_->Find(name())] {
                           return rpc::Outside::End{here, common_.tokens->OfService(name())};
                         },
                         [channel = &there, secret]() -> absl::StatusOr<rpc::Outside::End> {
                           ASSIGN_OR_RETURN(std::string shown, secret->Authorization());
                           return rpc::Outside::End{channel, std::move(shown)};
                         },
                         writer_.get(), readers_.get(), common_.scheduler});
  }
}

void RunningService::End() {
  followers_.clear();
  keepers_->End();
  secrets_.clear();
}

}  // namespace vivier::site
