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
#include "shared/testing/engines.h"

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
  return absl::StrCat(source == nullptr ? "." : source, "/deploy/demo");
}

}  // namespace

SchoolProcesses::SchoolProcesses(const Setup& setup) : setup_(setup) {
  std::string pattern = (std::filesystem::temp_directory_path() / "vivier-school-XXXXXX").string();
  data_ = mkdtemp(pattern.data());
  for (const std::string& service : FiveServices()) ports_[service] = FreePort();
  for (const std::string& service : setup_.replicated) ports_[service + "-2"] = FreePort();
  if (setup_.one_process) ports_["all"] = FreePort();
  if (setup_.tls) certificates_ = std::make_unique<Certificates>("test", "nancy");
  WriteConfig();
  EXPECT_EQ(RunToEnd({"migrate", "--data", data_}), 0);
  if (setup_.one_process) {
    Start("all");
  } else {
    for (const std::string& service : FiveServices()) Start(service);
    for (const std::string& service : setup_.replicated) Start(service + "-2");
  }
}

SchoolProcesses::~SchoolProcesses() {
  story_ = nullptr;
  processes_.clear();
  std::error_code error;
  std::filesystem::remove_all(data_, error);
}

void SchoolProcesses::WriteConfig() {
  std::ofstream config(data_ + "/config.textproto");
  config << "schools: \"nancy\"\nnetwork: \"test\"\ndevelopment: true\n" << setup_.config;
  if (certificates_ != nullptr) config << "certificates: \"" << certificates_->folder() << "\"\n";
  if (!setup_.redis.empty()) config << "redis: \"unix:" << setup_.redis << "\"\n";
  if (setup_.engine == storage::Engine::kPostgres)
    config << "engine: POSTGRES\npostgres: \"" << (setup_.postgres.empty() ? FreshPostgres() : setup_.postgres)
           << "\"\n";
  for (const std::string& service : FiveServices()) {
    const bool twice = ports_.count(service + "-2") > 0;
    targets_[service] = twice ? absl::StrCat("ipv4:", AddressOf(service), ",", AddressOf(service + "-2"))
                              : AddressOf(setup_.one_process ? "all" : service);
    config << "peers { service: \"" << service << "\" address: \"" << targets_[service] << "\" }\n";
  }
}

void SchoolProcesses::Start(const std::string& name, const std::string& executable) {
  const std::string service(absl::StripSuffix(name, "-2"));
  std::vector<std::string> arguments = {"serve", service, "--data", data_, "--listen_address", AddressOf(name)};
  if (setup_.metrics) {
    int& port = metrics_ports_[name];
    if (port == 0) port = FreePort();
    arguments.insert(arguments.end(), {"--metrics_address", absl::StrCat("127.0.0.1:", port)});
  }
  processes_[name] = std::make_unique<Process>(arguments, absl::StrCat(data_, "/", name, ".log"), executable);
  processes_[name]->WaitForAddress(data_, service == "all" ? "enrolment" : service);
}

void SchoolProcesses::Restart(const std::string& name, const std::string& executable) { Start(name, executable); }

std::vector<std::string> SchoolProcesses::ProcessNames() const {
  std::vector<std::string> names;
  for (const auto& [name, process] : processes_) names.push_back(name);
  return names;
}

void SchoolProcesses::BeginStory(const std::string& story) {
  story_ = std::make_unique<Process>(
      std::vector<std::string>{"demo", "--data", data_, "--stories", Stories(), "--story", story},
      data_ + "/story.log");
}

std::string SchoolProcesses::Figures() {
  EXPECT_EQ(story_->Wait(absl::Minutes(5)), 0) << story_->Log();
  // Steps say "word: …", the log is JSON; a figure is a name and a number.
  static const RE2& figure = *new RE2("[A-Za-z0-9_./-]+ -?[0-9.]+( .*)?");
  std::string figures;
  for (absl::string_view line : absl::StrSplit(story_->Log(), '\n'))
    if (RE2::FullMatch(re2::StringPiece(line.data(), line.size()), figure)) absl::StrAppend(&figures, line, "\n");
  return figures;
}

int SchoolProcesses::Verify(std::string* output) { return RunToEnd({"verify", "--data", data_}, output); }

int64_t SchoolProcesses::NumberIn(const std::string& service, const std::string& sql,
                                  const std::vector<storage::Value>& parameters) {
  const std::string copy = absl::StrCat(data_, "/copy-", service, ".db");
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = absl::StrCat(data_, "/db/", service, ".db", suffix);
    if (std::filesystem::exists(file))
      std::filesystem::copy_file(file, copy + suffix, std::filesystem::copy_options::overwrite_existing);
  }
  auto database = storage::Database::Open("sqlite:" + copy);
  EXPECT_TRUE(database.ok()) << database.status();
  auto connection = (*database)->Connect(storage::Access::kWrite);  // recovers the copied log
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Begin(storage::Access::kRead).ok());
  auto result = (*connection)->Query(sql, parameters);
  EXPECT_TRUE(result.ok()) << result.status();
  (*connection)->Rollback();
  return result->rows.empty() ? 0 : std::get<int64_t>(result->rows[0][0]);
}

// The receive queues of the connections whose local port is the service's. gRPC listens on sockets of both families.
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
  return NumberIn(service, "SELECT event_number FROM heads WHERE school = $1", {storage::Value("nancy")});
}

int64_t SchoolProcesses::Followed(const std::string& follower, const std::string& producer) {
  return NumberIn(follower, "SELECT number FROM cursors WHERE school = $1 AND producer = $2",
                  {storage::Value("nancy"), storage::Value(producer)});
}

}  // namespace vivier::testing
