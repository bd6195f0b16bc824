#include "tests/node/national_node.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"
#include "tests/support/engines.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;

const char* const kServices[] = {"access", "statistics"};

std::string FreshFolder() {
  std::string folder = (fs::temp_directory_path() / "vivier-node-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder;
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string Manifest(const std::string& path) {
  return ReadFile(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/k8s/", path));
}

void Replace(const std::string& from, const std::string& to, std::string& text) {
  EXPECT_NE(text.find(from), std::string::npos) << "the manifest has no " << from;
  absl::StrReplaceAll({{from, to}}, &text);
}

void WriteSecret(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
}

}  // namespace

bool Eventually(const std::function<bool()>& holds) {
  for (const absl::Time start = absl::Now(); absl::Now() - start < absl::Seconds(30);
       absl::SleepFor(absl::Milliseconds(20)))
    if (holds()) return true;
  return false;
}

std::string NationalNode::InFrance(const std::string& text) {
  return absl::StrReplaceAll(text, {{"$N", "schools/france"}});
}

NationalNode::NationalNode(storage::Engine engine, const Issuer& issuer)
    : engine_(engine),
      folder_(FreshFolder()),
      postgres_(engine == storage::Engine::kPostgres ? FreshPostgres() : "") {
  for (const char* service : kServices)
    addresses_[service] = absl::StrCat("localhost:", FreePort());
  Create(issuer);
  for (const char* process : kServices)
    Configure(process, std::atoi(addresses_[process].substr(10).c_str()));
  Configure("operator", 0);
  if (!postgres_.empty()) {
    EXPECT_EQ(Command("migrate"), 0);
  }
  config::v1::Config site;
  site.add_schools("france");
  site.set_network("free-schools");
  site.set_certificates(certificates_.folder());
  for (const char* service : kServices) {
    processes_.push_back(std::make_unique<Process>(
        std::vector<std::string>{
            "serve", service, absl::StrCat("--config=", folder_, "/", service),
            absl::StrCat("--data=", folder_, "/data"),
            absl::StrCat("--engine=", postgres_.empty() ? "sqlite" : "postgres")},
        absl::StrCat(folder_, "/", service, ".log")));
    processes_.back()->WaitForAddress(folder_ + "/data", service);
    channels_[service] = transport::Connect(
        {.target = addresses_[service], .tls = site::DiallingTls(site, "edge", service)});
  }
}

NationalNode::~NationalNode() {
  for (const auto& process : processes_) EXPECT_EQ(process->Terminate(), 0) << process->Log();
  fs::remove_all(folder_);
}

void NationalNode::Create(const Issuer& issuer) {
  std::string output;
  std::vector<std::string> words = {"node",
                                    "create",
                                    "france",
                                    folder_ + "/overlay",
                                    "--address=france.example",
                                    absl::StrCat("--issuer=", issuer.url())};
  if (!postgres_.empty()) words.push_back(absl::StrCat("--postgres=", postgres_));
  EXPECT_EQ(RunToEnd(words, &output), 0) << output;
}

// As the ConfigMap of the overlay has it, in a folder for each pod.
void NationalNode::Configure(const std::string& process, int port) {
  std::string services = Manifest("base/services.textproto");
  Replace("0.0.0.0:7400", absl::StrCat("127.0.0.1:", port), services);
  Replace("0.0.0.0:7401", "127.0.0.1:0", services);
  Replace("0.0.0.0:9464", "127.0.0.1:0", services);
  Replace("\"/certificates\"", absl::StrCat("\"", certificates_.folder(), "\""), services);
  std::string peers = Manifest("components/parent-node/peers.textproto");
  for (const auto& [service, address] : addresses_)
    Replace(absl::StrCat("dns:///", service, ":7400"), address, peers);
  const std::string site = ReadFile(folder_ + "/overlay/site.textproto");
  const std::string folder = absl::StrCat(folder_, "/", process);
  fs::create_directory(folder);
  std::ofstream(folder + "/services.textproto") << services;
  std::ofstream(folder + "/peers.textproto") << peers;
  std::ofstream(folder + "/site.textproto") << site;
  EXPECT_EQ((services + peers + site).find("development"), std::string::npos);
}

rpc::Channel& NationalNode::ChannelTo(const std::string& service) { return *channels_.at(service); }

int NationalNode::Command(const std::string& command, const std::string& argument) {
  std::vector<std::string> words = {
      command, absl::StrCat("--config=", folder_, "/operator"),
      absl::StrCat("--data=", folder_, "/data"),
      absl::StrCat("--engine=", postgres_.empty() ? "sqlite" : "postgres")};
  if (!argument.empty()) words.insert(words.begin() + 1, argument);
  std::string output;
  const int status = RunToEnd(words, &output);
  EXPECT_EQ(status, 0) << command << ": " << output;
  return status;
}

SchoolBelow::SchoolBelow(const std::string& name, const NationalNode& node, const std::string& code)
    : name_(name), folder_(FreshFolder()) {
  std::ofstream(folder_ + "/config.textproto") << absl::Substitute(
      "schools: \"$0\" network: \"free-schools\" development: true engine: SQLITE "
      "listen_address: \"unix:$1/socket\" parents { name: \"schools/france\" address: \"$2\" "
      "join_codes: \"$1/codes\" certificates: \"$3\" }\n",
      name_, folder_, node.address(), node.certificates());
  fs::create_directory(folder_ + "/codes");
  WriteSecret(absl::StrCat(folder_, "/codes/", name_), code);
  process_ = std::make_unique<Process>(std::vector<std::string>{"serve", "all", "--data", folder_},
                                       folder_ + "/log");
  channel_ = transport::Connect({.target = process_->WaitForAddress(folder_), .tls = std::nullopt});
  EXPECT_EQ(RunToEnd({"token", "--data", folder_}, &authorization_), 0) << authorization_;
  absl::StripTrailingAsciiWhitespace(&authorization_);
  curriculum::v1::ImportLheoRequest import;
  import.set_content(
      ReadFile(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/demo/nancy/programme.xml")));
  const auto report = Must<curriculum::v1::ImportReport, curriculum::v1::ImportLheoRequest>(
      absl::StrCat("parent: '$N' ", import.ShortDebugString()));
  revision_ = Must<curriculum::v1::ProgrammeRevision, curriculum::v1::PublishProgrammeRequest>(
                  absl::StrCat("name: '", report.formations(0).programme(), "'"))
                  .name();
}

SchoolBelow::~SchoolBelow() {
  EXPECT_EQ(process_->Terminate(), 0) << process_->Log();
  fs::remove_all(folder_);
}

std::string SchoolBelow::Doctor() const {
  std::string output;
  RunToEnd({"doctor", "--data", folder_}, &output);
  return output;
}

template <class Response, class Request>
Response SchoolBelow::Must(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrReplaceAll(text, {{"$N", "schools/" + name_}}), &request))
      << text;
  request.set_request_id(RandomUuid());
  const auto response = rpc::Invoke<Response>(*channel_, *rpc::MethodTaking(*Request::descriptor()),
                                              request, {absl::Seconds(20), authorization_, ""});
  EXPECT_TRUE(response.ok()) << Request::descriptor()->name() << ": " << response.status();
  return response.value_or(Response());
}

void SchoolBelow::Open() {
  const std::string id = absl::StrCat("c-", ++opened_);
  Must<enrolment::v1::Cohort, enrolment::v1::CreateCohortRequest>(absl::Substitute(
      "parent: '$$N' cohort_id: '$0' cohort { title: '$0' capacity: 12 programme_revision: '$1' "
      "start_date { year: 2031 month: 3 day: 1 } end_date { year: 2031 month: 9 day: 30 } }",
      id, revision_));
  Must<enrolment::v1::Cohort, enrolment::v1::OpenCohortRequest>("name: '$N/cohorts/" + id + "'");
  Must<statistics::v1::RequestSubmissionResponse, statistics::v1::RequestSubmissionRequest>(
      "parent: '$N'");
}

std::vector<std::string> SchoolBelow::Complaints() const {
  std::vector<std::string> complaints;
  for (const absl::string_view line : absl::StrSplit(process_->Log(), '\n'))
    for (const char* what : {"a delivery waits", "a delivery was refused", "does not know"})
      if (absl::StrContains(line, what)) complaints.emplace_back(line);
  return complaints;
}

}  // namespace vivier::testing
