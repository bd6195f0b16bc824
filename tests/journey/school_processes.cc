#include "tests/journey/school_processes.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/service/catalogue.h"
#include "tests/support/engines.h"

namespace vivier::testing {

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(probe);
  return ntohs(address.sin_port);
}

namespace {

std::string Stories() {
  const char* source = std::getenv("VIVIER_SOURCE");
  return absl::StrCat(source == nullptr ? "." : source, "/demo");
}

}  // namespace

SchoolProcesses::SchoolProcesses(const Setup& setup) : setup_(setup) {
  UseFreshFolder();
  for (const std::string& service : rpc::TradeServices()) ports_[service] = FreePort();
  for (const std::string& service : setup_.replicated) ports_[service + "-2"] = FreePort();
  if (setup_.one_process) ports_["all"] = FreePort();
  if (setup_.tls) certificates_ = std::make_unique<Certificates>("test", "nancy");
  WriteConfig();
  EXPECT_EQ(RunToEnd({"migrate", "--data", data_}), 0);
  Start();
}

void SchoolProcesses::UseFreshFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "vivier-school-XXXXXX").string();
  data_ = mkdtemp(pattern.data());
  places_.push_back(data_);
}

void SchoolProcesses::Start() {
  if (setup_.one_process) {
    Start("all");
  } else {
    for (const std::string& service : rpc::TradeServices()) Start(service);
    for (const std::string& service : setup_.replicated) Start(service + "-2");
  }
}

void SchoolProcesses::Stop() {
  for (const auto& [name, process] : processes_) process->Terminate();
  processes_.clear();
}

void SchoolProcesses::Kill() { processes_.clear(); }

void SchoolProcesses::MoveElsewhere() {
  Stop();
  const std::string keys = data_ + "/keys";
  UseFreshFolder();
  std::filesystem::copy(keys, data_ + "/keys");
  WriteConfig();
}

SchoolProcesses::~SchoolProcesses() {
  story_ = nullptr;
  processes_.clear();
  std::error_code error;
  for (const std::string& place : places_) std::filesystem::remove_all(place, error);
}

void SchoolProcesses::WriteConfig() {
  std::ofstream config(data_ + "/config.textproto");
  config << "schools: \"nancy\"\nnetwork: \"test\"\ndevelopment: true\n" << setup_.config;
  if (certificates_ != nullptr) config << "certificates: \"" << certificates_->folder() << "\"\n";
  if (!setup_.redis.empty()) config << "redis: \"unix:" << setup_.redis << "\"\n";
  if (setup_.engine == storage::Engine::kPostgres) {
    postgres_ = setup_.postgres.empty() ? FreshPostgres() : setup_.postgres;
    config << "engine: POSTGRES\npostgres: \"" << postgres_ << "\"\n";
  }
  for (const std::string& service : rpc::TradeServices()) {
    const bool twice = ports_.count(service + "-2") > 0;
    targets_[service] =
        twice ? absl::StrCat("ipv4:", AddressOf(service), ",", AddressOf(service + "-2"))
              : AddressOf(setup_.one_process ? "all" : service);
    config << "peers { service: \"" << service << "\" address: \"" << targets_[service] << "\" }\n";
  }
}

void SchoolProcesses::Start(const std::string& name, const std::string& executable) {
  const std::string service(absl::StripSuffix(name, "-2"));
  std::vector<std::string> arguments = {
      "serve", service, "--data", data_, "--listen_address", AddressOf(name)};
  if (setup_.metrics) {
    int& port = metrics_ports_[name];
    if (port == 0) port = FreePort();
    arguments.insert(arguments.end(), {"--metrics_address", absl::StrCat("127.0.0.1:", port)});
  }
  processes_[name] =
      std::make_unique<Process>(arguments, absl::StrCat(data_, "/", name, ".log"), executable);
  processes_[name]->WaitForAddress(data_, service == "all" ? "enrolment" : service);
}

void SchoolProcesses::Restart(const std::string& name, const std::string& executable) {
  Start(name, executable);
}

std::vector<std::string> SchoolProcesses::ProcessNames() const {
  std::vector<std::string> names;
  for (const auto& [name, process] : processes_) names.push_back(name);
  return names;
}

void SchoolProcesses::BeginStory(const std::string& story) {
  story_ = std::make_unique<Process>(
      std::vector<std::string>{"demo", "--data", data_, "--stories", Stories(), "--story", story},
      absl::StrCat(data_, "/story-", ++stories_, ".log"));
}

std::string SchoolProcesses::Figures() {
  EXPECT_EQ(story_->Wait(absl::Minutes(5)), 0) << story_->Log();
  // Steps say "word: …", the log is JSON; a figure is a name and a number.
  static const RE2& figure = *new RE2("[A-Za-z0-9_./-]+ -?[0-9.]+( .*)?");
  std::string figures;
  for (absl::string_view line : absl::StrSplit(story_->Log(), '\n'))
    if (RE2::FullMatch(re2::StringPiece(line.data(), line.size()), figure))
      absl::StrAppend(&figures, line, "\n");
  return figures;
}

int SchoolProcesses::Verify(std::string* output) {
  return RunToEnd({"verify", "--data", data_}, output);
}

std::string SchoolProcesses::DatabaseUrl(const std::string& service) const {
  return postgres_.empty() ? absl::StrCat("sqlite:", data_, "/db/", service, ".db")
                           : absl::StrCat("postgres:", service, ":", postgres_);
}

int64_t SchoolProcesses::NumberIn(const std::string& service, const std::string& sql,
                                  const std::vector<storage::Value>& parameters) {
  std::string url = DatabaseUrl(service);
  if (postgres_.empty()) {
    const std::string copy = absl::StrCat(data_, "/copy-", service, ".db");
    for (const char* suffix : {"", "-wal"}) {
      const std::string file = absl::StrCat(data_, "/db/", service, ".db", suffix);
      if (std::filesystem::exists(file))
        std::filesystem::copy_file(file, copy + suffix,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    url = "sqlite:" + copy;
  }
  auto database = storage::Database::Open(url);
  EXPECT_TRUE(database.ok()) << database.status();
  auto connection = (*database)->Connect(storage::Access::kWrite);  // recovers the copied log
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
  auto result = (*connection)->Query(sql, parameters);
  EXPECT_TRUE(result.ok()) << result.status();
  (*connection)->Rollback();
  return result->rows.empty() ? 0 : std::get<int64_t>(result->rows[0][0]);
}

int64_t SchoolProcesses::AuditRecordsBefore(absl::Time time) {
  int64_t records = 0;
  for (const std::string& service : rpc::TradeServices())
    records += NumberIn(service, "SELECT COUNT(*) FROM audit_records WHERE create_time < $1",
                        {storage::Value(absl::ToUnixMicros(time))});
  return records;
}

void SchoolProcesses::CopyVolume(const std::string& service) {
  if (!postgres_.empty()) return CopySchema(service);
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = absl::StrCat(data_, "/db/", service, ".db", suffix);
    if (std::filesystem::exists(file))
      std::filesystem::copy_file(file, absl::StrCat(data_, "/", service, suffix));
  }
}

void SchoolProcesses::PutVolumeBack(const std::string& service) {
  if (!postgres_.empty())
    return RunScript(absl::StrCat("ALTER SCHEMA ", service,
                                  " RENAME TO lost; ALTER SCHEMA copied RENAME TO ", service, ";"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string file = absl::StrCat(data_, "/db/", service, ".db", suffix);
    const std::string copy = absl::StrCat(data_, "/", service, suffix);
    std::filesystem::remove(file);
    if (std::filesystem::exists(copy)) std::filesystem::copy_file(copy, file);
  }
}

// Every table with its rows; nobody writes into it before it is put back.
void SchoolProcesses::CopySchema(const std::string& service) {
  auto database = storage::Database::Open("postgres:public:" + postgres_);
  auto connection = (*database)->Connect(storage::Access::kRead);
  ASSERT_TRUE(connection.ok()) << connection.status();
  ASSERT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
  const auto tables = (*connection)
                          ->Query(
                              "SELECT CAST(table_name AS TEXT) FROM information_schema.tables "
                              "WHERE table_schema = CAST($1 AS TEXT)",
                              {storage::Value(service)});
  (*connection)->Rollback();
  ASSERT_TRUE(tables.ok()) << tables.status();
  std::string script = "CREATE SCHEMA copied;";
  for (const storage::Row& row : tables->rows) {
    const std::string table = absl::StrCat(".", std::get<std::string>(row[0]));
    absl::StrAppend(&script, "CREATE TABLE copied", table, " (LIKE ", service, table,
                    " INCLUDING ALL); INSERT INTO copied", table, " SELECT * FROM ", service, table,
                    ";");
  }
  RunScript(script);
}

void SchoolProcesses::RunScript(const std::string& script) {
  auto database = storage::Database::Open("postgres:public:" + postgres_);
  auto connection = (*database)->Connect(storage::Access::kWrite);
  ASSERT_TRUE(connection.ok()) << connection.status();
  ASSERT_EQ((*connection)->Begin(storage::Access::kWrite), absl::OkStatus());
  ASSERT_EQ((*connection)->Script(script), absl::OkStatus());
  ASSERT_EQ((*connection)->Commit(), absl::OkStatus());
}

// The receive queues of the connections whose local port is the service's. gRPC listens on sockets
// of both families.
int64_t SchoolProcesses::UnreadBytes(const std::string& service) const {
  constexpr unsigned kListening = 0x0A;
  int64_t unread = 0;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream connections(file);
    std::string line;
    while (std::getline(connections, line)) {
      unsigned port = 0, state = 0, received = 0;
      const char* format = " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%*X %X %*X:%X";
      if (std::sscanf(line.c_str(), format, &port, &state, &received) != 3) continue;  // the header
      if (static_cast<int>(port) == ports_.at(service) && state != kListening) unread += received;
    }
  }
  return unread;
}

int64_t SchoolProcesses::LastEvent(const std::string& service) {
  return NumberIn(service, "SELECT event_number FROM heads WHERE school = $1",
                  {storage::Value("nancy")});
}

int64_t SchoolProcesses::Followed(const std::string& follower, const std::string& producer) {
  return NumberIn(follower, "SELECT number FROM cursors WHERE school = $1 AND producer = $2",
                  {storage::Value("nancy"), storage::Value(producer)});
}

}  // namespace vivier::testing
