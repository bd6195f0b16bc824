#include "tests/journey/school_processes.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "shared/service/catalogue.h"
#include "tests/support/engines.h"
#include "tests/support/process.h"

namespace vivier::testing {

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
  const std::string before = data_;
  UseFreshFolder();
  std::filesystem::copy(before + "/keys", data_ + "/keys");
  std::filesystem::copy(before + "/clock", data_ + "/clock");
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
  // The log is JSON; the table stands behind the last step, and its lines begin with two blanks.
  std::string figures;
  for (absl::string_view line : absl::StrSplit(story_->Log(), '\n')) {
    if (absl::StartsWith(line, "  "))
      absl::StrAppend(&figures, line, "\n");
    else if (!line.empty() && !absl::StartsWith(line, "{"))
      figures.clear();
  }
  return figures;
}

int SchoolProcesses::Verify(std::string* output) {
  return RunToEnd({"verify", "--data", data_}, output);
}

}  // namespace vivier::testing
