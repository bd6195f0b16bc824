#include "tests/support/world.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/base/uuid.h"
#include "shared/process/verify.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;

// Tests live in this week unless they say otherwise.
const absl::Time kStart =
    absl::FromCivil(absl::CivilSecond(2026, 9, 7, 9, 0, 0), absl::UTCTimeZone());
constexpr absl::Duration kSettleTimeout = absl::Minutes(1);

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "the world does not start: %s\n", status.ToString().c_str());
  std::abort();
}

std::string FreshFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "vivier-world-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) Die(absl::InternalError("no temporary folder"));
  return path;
}

}  // namespace

World::World(storage::Engine engine) : World(engine, std::set<std::string>()) {}

World::World(storage::Engine engine, const std::function<void(config::v1::Config&)>& change)
    : World(engine, change, {}) {}

World::World(storage::Engine engine, std::set<std::string> services)
    : World(
          engine, [](config::v1::Config&) {}, std::move(services)) {}

World::World(storage::Engine engine, const std::function<void(config::v1::Config&)>& change,
             std::set<std::string> services)
    : services_(std::move(services)), data_(FreshFolder()), now_(absl::ToUnixMicros(kStart)) {
  config_.add_schools(kSchool);
  config_.set_network("test");
  config_.set_listen_address(absl::StrCat("unix:", data_, "/socket"));
  config_.set_development(true);
  config_.set_engine(config::v1::SQLITE);
  if (engine == storage::Engine::kPostgres) {
    config_.set_engine(config::v1::POSTGRES);
    config_.set_postgres(FreshPostgres());
  }
  change(config_);
  Start();
}

World::~World() {
  Stop();
  std::error_code error;
  std::filesystem::remove_all(data_, error);
}

std::vector<site::Module> World::Modules() const {
  std::vector<site::Module> modules;
  for (site::Module& module : AllModules())
    if (services_.empty() || services_.count(module.name()) > 0)
      modules.push_back(std::move(module));
  return modules;
}

void World::Start() {
  if (absl::Status migrated = site::MigrateAll(config_, data_, Modules()); !migrated.ok())
    Die(migrated);
  site::Site::Options options;
  options.config = config_;
  options.data = data_;
  options.modules = Modules();
  options.now = [this] { return now(); };
  absl::StatusOr<std::unique_ptr<site::Site>> site = site::Site::Start(std::move(options));
  if (!site.ok()) Die(site.status());
  site_ = *std::move(site);
  channel_ = site_->channel();
}

void World::Stop() {
  channel_ = nullptr;
  site_ = nullptr;
}

void World::Restart() {
  Stop();
  Start();
}

std::string World::DatabaseUrl(const std::string& service) const {
  return site::DatabaseUrl(config_, data_, service);
}

security::Caller World::Person(const std::string& role) {
  return {role, security::Caller::Kind::kPerson, {role}, {kSchool}, ""};
}

std::string World::NewRequestId() { return RandomUuid(); }

std::string World::Authorization(const security::Caller& caller) {
  absl::StatusOr<std::string> token = site_->Authorization(caller);
  if (!token.ok()) Die(token.status());
  return *token;
}

absl::StatusOr<std::string> World::CallRaw(const pb::MethodDescriptor& method,
                                           const std::string& request,
                                           const std::string& authorization) {
  return channel_->Call(rpc::PathOf(method), request, {absl::Seconds(30), authorization, ""});
}

absl::Status World::CallInto(const pb::Message& request, const security::Caller& caller,
                             pb::Message& response) {
  const pb::MethodDescriptor* method = rpc::MethodTaking(*request.GetDescriptor());
  if (method == nullptr)
    return absl::InternalError("no rpc takes a " + request.GetDescriptor()->full_name());
  absl::StatusOr<std::string> bytes =
      CallRaw(*method, request.SerializeAsString(), Authorization(caller));
  if (!bytes.ok()) return bytes.status();
  return response.ParseFromString(*bytes) ? absl::OkStatus()
                                          : absl::InternalError("not the rpc's response type");
}

void World::Settle() {
  const absl::Time start = absl::Now();
  while (true) {
    absl::StatusOr<site::v1::VerifyInvariantsResponse> state =
        site_->Verify(kSchool, relations::Detail::kPositions);
    ASSERT_TRUE(state.ok()) << state.status();
    if (site::IsAtRest(*state)) return;
    ASSERT_LT(absl::Now() - start, kSettleTimeout)
        << "the followers do not catch up: " << state->DebugString();
    absl::SleepFor(absl::Milliseconds(5));
  }
}

void World::AdvanceTo(absl::Time time) {
  now_ = absl::ToUnixMicros(time);
  site_->RunTicks();
  Settle();
}

void World::ExpectInvariants() {
  Settle();
  absl::StatusOr<site::v1::VerifyInvariantsResponse> state =
      site_->Verify(kSchool, relations::Detail::kEveryClaim);
  ASSERT_TRUE(state.ok()) << state.status();
  site::CompareClaims(*state);
  for (const site::v1::InvariantReport& report : state->reports())
    EXPECT_EQ(report.violations(), 0) << report.ShortDebugString();
}

std::unique_ptr<site::Clock> ClockOf(const World& world) {
  config::v1::Config config;
  config.set_development(true);
  auto clock = site::Clock::Open(config, world.data(), [&world] { return world.now(); });
  if (!clock.ok()) Die(clock.status());
  return *std::move(clock);
}

}  // namespace vivier::testing
