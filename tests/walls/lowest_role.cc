#include "tests/walls/lowest_role.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/transport/channel.h"
#include "tests/support/client.h"
#include "tests/support/process.h"
#include "tests/support/ranked_cohorts.h"
#include "tests/walls/crowd_rows.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/partners/v1/partners.pb.h"

namespace vivier::testing {
namespace {

using Request = std::shared_ptr<google::protobuf::Message>;

constexpr char kCohort[] = "schools/nancy/cohorts/ia-2027";
constexpr char kCompany[] = "schools/nancy/companies/98765074400012";
constexpr char kFunder[] = "schools/nancy/funders/ia-2027-grand-est";
constexpr char kInvoice[] = "schools/nancy/invoices/ia-2027-grand-est";
constexpr char kSheet[] = "schools/nancy/cohorts/ia-2027/attendanceSheets/crowd-1";

constexpr absl::Duration kTimeout = absl::Seconds(5);
constexpr int kAttackers = 64;
constexpr int kHonestPerSecond = 20;
constexpr int kHonestThreads = 10;

template <class R>
Request ByName(const std::string& name) {
  auto request = std::make_shared<R>();
  request->set_name(name);
  return request;
}

template <class R>
Request SmallPage(const std::string& parent) {
  auto request = std::make_shared<R>();
  request->set_parent(parent);
  request->set_page_size(20);
  return request;
}

Request Write(int64_t number) {
  auto request = std::make_shared<funding::v1::UpdateFunderRequest>();
  request->mutable_funder()->set_name(kFunder);
  request->mutable_funder()->set_title(absl::StrCat("Région Grand Est ", number));
  request->mutable_update_mask()->add_paths("title");
  request->set_request_id(TimeOrderedUuid());
  return request;
}

// Gets and small lists of four services; one of a second's is a write.
Request HonestRequest(int64_t number) {
  static const auto& reads = *new std::vector<Request>{
      ByName<enrolment::v1::GetCohortRequest>(kCohort),
      SmallPage<funding::v1::ListFundersRequest>(kSchool),
      ByName<partners::v1::GetCompanyRequest>(kCompany),
      SmallPage<curriculum::v1::ListCertificatesRequest>(kSchool),
      ByName<funding::v1::GetFunderRequest>(kFunder),
      SmallPage<enrolment::v1::ListCohortsRequest>(kSchool),
      ByName<curriculum::v1::GetJurySessionRequest>("schools/nancy/jurySessions/ia-2027-jury"),
      SmallPage<partners::v1::ListCompaniesRequest>(kSchool),
  };
  return number % kHonestPerSecond == 0 ? Write(number)
                                        : reads[static_cast<size_t>(number) % reads.size()];
}

absl::Status Send(const Channels& channels, const google::protobuf::Message& request,
                  const std::string& authorization) {
  const auto* method = rpc::MethodTaking(*request.GetDescriptor());
  return channels.at(rpc::ServiceOf(method->file()))
      ->Call(rpc::PathOf(*method), request.SerializeAsString(), {kTimeout, authorization, ""})
      .status();
}

// Each call has its moment; who waits for an answer before it makes the next one late, and that
// counts as its waiting.
Calls AskHonestly(const Channels& channels, const std::string& authorization, absl::Duration time) {
  const absl::Time start = absl::Now();
  std::atomic<int64_t> begun = 0;
  absl::Mutex mutex;
  Calls calls;  // guarded by mutex
  std::vector<std::thread> threads;
  for (int i = 0; i < kHonestThreads; ++i)
    threads.emplace_back([&] {
      while (true) {
        const int64_t number = begun++;
        const absl::Time due = start + absl::Seconds(1) * number / kHonestPerSecond;
        if (due >= start + time) return;
        absl::SleepFor(due - absl::Now());
        const Request request = HonestRequest(number);
        const std::string outcome = OutcomeOf(Send(channels, *request, authorization));
        const double took = absl::ToDoubleMilliseconds(absl::Now() - due);
        absl::MutexLock lock(&mutex);
        calls.Add(request->GetDescriptor()->name(), outcome, took);
      }
    });
  for (std::thread& thread : threads) thread.join();
  return calls;
}

}  // namespace

CrowdedSite::CrowdedSite(storage::Engine engine, int64_t rows)
    : school_(std::make_unique<SchoolProcesses>(SchoolProcesses::Setup{
          // A budget would end what is to be measured.
          .engine = engine,
          .config = "read_budgets { opened: -1 rows: -1 }\n"})) {
  school_->BeginStory();
  EXPECT_NE(school_->Figures(), "");
  school_->Stop();
  rows_ = PutCrowd(school_->databases(),
                   *security::SchoolKey::Load(school_->data() + "/keys/school.key"), rows);
  school_->Start();
  for (const std::string& name : school_->ProcessNames()) ids_[name] = school_->process(name).id();
  honest_ = Token("school_director");
  inside_ = {"inside", school_->targets(), school_->targets(), std::nullopt};
  StartEdge();
}

CrowdedSite::~CrowdedSite() = default;

std::string CrowdedSite::Token(const std::string& role, const std::string& acts_for) {
  std::string token;
  EXPECT_EQ(
      RunToEnd({"token", "--role", role, "--partner", acts_for, "--data", school_->data()}, &token),
      0)
      << token;
  return std::string(absl::StripAsciiWhitespace(token));
}

// What an access link opens.
std::string CrowdedSite::Session(const std::string& purpose, const std::string& resource) {
  enrolment::v1::CreateAccessLinkRequest create;
  create.set_parent(kSchool);
  create.set_access_link_id(absl::AsciiStrToLower(purpose.substr(0, 3)));
  create.mutable_access_link()->set_resource(resource);
  enrolment::v1::AccessLink::Purpose value = {};
  EXPECT_TRUE(enrolment::v1::AccessLink::Purpose_Parse(purpose, &value));
  create.mutable_access_link()->set_purpose(value);
  const auto created = Client(school_->targets(), honest_)
                           .Must<enrolment::v1::CreateAccessLinkResponse>(std::move(create));
  enrolment::v1::RedeemAccessLinkRequest redeem;
  redeem.set_parent(kSchool);
  return "Bearer " + Client(school_->targets(), "Bearer " + created.secret())
                         .Must<enrolment::v1::RedeemAccessLinkResponse>(std::move(redeem))
                         .token();
}

std::vector<Asker> CrowdedSite::Lowest() {
  const std::string programme = "schools/nancy/programmes/crowd-1", school = kSchool;
  enrolment::v1::ListPresenceEntriesRequest list;
  list.set_parent(absl::StrCat(kCohort, "/attendanceSheets/2027-01-04-am"));
  list.set_page_size(1);
  enrolment::v1::ListPresenceEntriesResponse entries;
  entries.ParseFromString(*Client(school_->targets(), honest_).Send(list));
  const std::string entry = entries.presence_entries(0).name();
  enrolment::v1::GetLearnerRequest get;
  get.set_name(entries.presence_entries(0).learner());
  enrolment::v1::Learner learner;
  learner.ParseFromString(*Client(school_->targets(), honest_).Send(get));
  return {
      {"trainer", Token("trainer"), {school, kCohort, kSheet, programme}},
      {"assessor", Token("assessor"), {school, kCohort, programme}},
      {"partner", Token("partner", kCompany), {school, kCompany}},
      {"funder", Token("funder", kFunder), {school, kFunder, kInvoice}},
      {"session:sign_presence", Session("SIGN_PRESENCE", entry), {list.parent(), entry}},
      {"session:own_data", Session("OWN_DATA", learner.candidate()), {learner.candidate()}},
  };
}

std::vector<Costly> CrowdedSite::Costliest(const Asker& asker) {
  const Channels channels = Dial(inside_.attackers, inside_.tls, /*holds_back=*/false);
  return CostlyRequests(asker, [&](const Costly& costly) {
    return channels.at(costly.service())
        ->Call(rpc::PathOf(*costly.method), costly.Bytes(), {kTimeout, asker.authorization, ""});
  });
}

CrowdedSite::Outcome CrowdedSite::Attack(const Way& way, const Asker& asker,
                                         const std::vector<Costly>& requests, absl::Duration time) {
  const Channels honest = Dial(way.honest, way.tls, /*holds_back=*/true);
  for (int64_t i = 1; i <= kHonestPerSecond; ++i)  // connects, which is not measured
    EXPECT_EQ(Send(honest, *HonestRequest(i), honest_), absl::OkStatus());
  std::optional<Attackers> attackers;
  if (!requests.empty())
    attackers.emplace(school_->data(), Attackers::Plan{way.attackers, way.tls, asker.authorization,
                                                       requests, kAttackers, time});
  Outcome outcome;
  outcome.honest = AskHonestly(honest, honest_, time);
  if (attackers.has_value()) outcome.attackers = attackers->End();
  return outcome;
}

std::string CrowdedSite::Dead() {
  for (const auto& [name, id] : ids_)
    if (!school_->process(name).running() || school_->process(name).id() != id) return name;
  return nginx_->running() ? "" : "nginx";
}

// Honest callers come from another address, for the edge limits each.
void CrowdedSite::StartEdge() {
  const std::string folder = school_->data() + "/edge";
  std::filesystem::create_directory(folder);
  const char* source = std::getenv("VIVIER_SOURCE");
  for (const char* file : {"nginx.conf", "locations.conf"})
    std::filesystem::copy(absl::StrCat(source == nullptr ? "." : source, "/deploy/edge/", file),
                          absl::StrCat(folder, "/", file));
  const std::string certificate = folder + "/edge.pem";
  std::string output;
  EXPECT_EQ(
      RunToEnd({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "1", "-subj", "/CN=edge", "-addext", "subjectAltName=IP:127.0.0.1,IP:::1",
                "-keyout", folder + "/edge.key", "-out", certificate},
               &output, absl::Seconds(10), "/usr/bin/openssl"),
      0)
      << output;
  std::ofstream inside(folder + "/inside.conf"), outside(folder + "/outside.conf");
  inside << "map \"\" $inside { default grpc; }\n";
  for (const auto& [service, target] : school_->targets())
    inside << "upstream " << service << " { server " << target << "; keepalive 32; }\n";
  const std::string attackers = absl::StrCat("127.0.0.1:", FreePort());
  const std::string honest = absl::StrCat("[::1]:", FreePort());
  for (const std::string& address : {attackers, honest})
    outside << "listen " << address << " ssl http2;\n";
  outside << "ssl_certificate edge.pem;\nssl_certificate_key edge.key;\n";
  inside.close();
  outside.close();
  nginx_ = std::make_unique<Process>(
      std::vector<std::string>{"-p", folder, "-c", folder + "/nginx.conf", "-g", "daemon off;"},
      folder + "/edge.log", "/usr/sbin/nginx");
  edge_ = {"edge", {}, {}, transport::Tls{}};
  edge_.tls->authorities = certificate;
  for (const auto& [service, target] : school_->targets()) {
    edge_.attackers[service] = attackers;
    edge_.honest[service] = honest;
  }
  for (const std::string& address : {attackers, honest})
    EXPECT_EQ(transport::TryConnect({.target = address, .tls = edge_.tls}, absl::Seconds(10)),
              absl::OkStatus())
        << nginx_->Log();
}

namespace {

// Of each rpc, so many of what costs most.
constexpr int kOfAnRpc = 3;
constexpr size_t kTold = 10;  // in the table
// Less is no measure: it is what a machine's scheduler adds when both of two cores are busy.
constexpr double kQuietMilliseconds = 10;

void Tell(const std::vector<Costly>& costliest, const std::string& role) {
  for (size_t i = 0; i < std::min(kTold, costliest.size()); ++i)
    std::cout << absl::StreamFormat("%8.1f ms  %-24s %-26s %-34s %s\n", costliest[i].milliseconds,
                                    role, costliest[i].method->name(), costliest[i].outcome,
                                    costliest[i].what);
}

std::vector<Costly> SomeOfEach(const std::vector<Costly>& costliest) {
  std::map<const google::protobuf::MethodDescriptor*, int> taken;
  std::vector<Costly> some;
  for (const Costly& costly : costliest)
    if (++taken[costly.method] <= kOfAnRpc) some.push_back(costly);
  return some;
}

// An answer, or a refusal that says what was wrong with the request, or that it was too much; or,
// without a reason of ours, what gRPC broke off because too much was sent (docs/overload.md).
bool IsClear(const std::string& outcome) {
  static const auto& clear = *new std::set<std::string>{
      "OK",           "RESOURCE_EXHAUSTED",  "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED",
      "OUT_OF_RANGE", "FAILED_PRECONDITION", "DEADLINE_EXCEEDED"};
  return clear.count(outcome.substr(0, outcome.find(' '))) > 0 || outcome == "UNAVAILABLE " ||
         outcome == "INTERNAL ";
}

void Judge(CrowdedSite& site, const std::string& what, const Calls& quiet,
           const CrowdedSite::Outcome& outcome, std::optional<double> ratio_max) {
  const double ratio = outcome.honest.Percentile(99) / quiet.Percentile(99);
  std::cout << absl::StreamFormat(
                   "%-34s honest p50 %.1f ms, p99 %.1f ms, %.1f times; of %d: %s | attackers p50 "
                   "%.0f ms, of %d: %s\n",
                   what, outcome.honest.Percentile(50), outcome.honest.Percentile(99), ratio,
                   outcome.honest.count(), outcome.honest.Text(), outcome.attackers.Percentile(50),
                   outcome.attackers.count(), outcome.attackers.Text())
            << std::flush;
  std::cout << "    slowest, in ms: " << outcome.honest.Slowest() << "; "
            << outcome.attackers.Slowest() << "\n"
            << std::flush;
  // A second with twenty calls says little of a machine that is busy with other tests too.
  const double answered_min = ratio_max.has_value() ? 1 : 0.8;
  const auto asked = static_cast<double>(outcome.honest.count());
  EXPECT_GE(static_cast<double>(outcome.honest.answered()), answered_min * asked) << what;
  EXPECT_GT(outcome.honest.count(), 0) << what;
  EXPECT_GT(outcome.attackers.count(), 0) << what;
  for (const auto& [of_attackers, count] : outcome.attackers.outcomes())
    EXPECT_TRUE(IsClear(of_attackers)) << what << ": " << of_attackers;
  EXPECT_EQ(site.Dead(), "") << what;
  if (ratio_max.has_value()) {
    EXPECT_LE(outcome.honest.Percentile(99),
              *ratio_max * std::max(quiet.Percentile(99), kQuietMilliseconds))
        << what;
  }
}

}  // namespace

void Besiege(const Siege& siege) {
  CrowdedSite site(siege.engine, siege.rows);
  std::cout << site.rows() << " rows put\n";
  const std::vector<Asker> askers = site.Lowest();
  std::map<std::string, Calls> quiet;
  for (const CrowdedSite::Way* way : {&site.inside(), &site.edge()}) {
    quiet[way->name] = site.Attack(*way, askers[0], {}, siege.time).honest;
    std::cout << absl::StreamFormat("%s, quiet: honest p50 %.1f ms, p99 %.1f ms; %s\n", way->name,
                                    quiet[way->name].Percentile(50),
                                    quiet[way->name].Percentile(99), quiet[way->name].Text());
    EXPECT_EQ(quiet[way->name].answered(), quiet[way->name].count());
  }
  for (const Asker& asker : askers) {
    std::vector<Costly> costliest = site.Costliest(asker);
    Tell(costliest, asker.role);
    for (const Costly& costly : costliest)
      EXPECT_TRUE(IsClear(costly.outcome))
          << costly.method->name() << " " << costly.what << ": " << costly.outcome;
    ASSERT_FALSE(costliest.empty()) << asker.role;
    for (const CrowdedSite::Way* way : {&site.inside(), &site.edge()})
      Judge(site, absl::StrCat(way->name, ", ", asker.role), quiet[way->name],
            site.Attack(*way, asker, SomeOfEach(costliest), siege.time), siege.ratio_max);
  }
}

}  // namespace vivier::testing
