#include "tests/bench/web.h"

#include <signal.h>

#include <fstream>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/site/memory.h"
#include "shared/site/portal.h"
#include "tests/bench/http_channel.h"
#include "tests/bench/process.h"

namespace vivier::bench {
namespace {

constexpr char kGet[] = "/vivier.enrolment.v1.CohortService/GetCohort";
constexpr int kCallers[] = {1, 64};
constexpr int kIdle = 2000;
// The gateway's own bound: the rate over HTTP as a share of that over gRPC.
constexpr double kRateTarget = 0.5;

// The proportional set size, in MiB.
double MemoryOf(pid_t process) {
  std::ifstream file(absl::StrCat("/proc/", process, "/smaps_rollup"));
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "Pss:")) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    double kibibytes = 0;
    if (words.size() > 1 && absl::SimpleAtod(words[1], &kibibytes)) return kibibytes / 1024;
  }
  return 0;
}

absl::StatusOr<std::map<std::string, double>> Round(const WebRun& run, const Target& web) {
  std::map<std::string, double> rates;
  for (const int callers : kCallers) {
    const std::string suffix = absl::StrCat("_", callers);
    ASSIGN_OR_RETURN(const Outcome direct,
                     Drive({run.direct, kGet, callers, run.requests}, run.turn));
    const double site = ProcessorSeconds(run.direct->process);
    ASSIGN_OR_RETURN(const Outcome http, Drive({&web, kGet, callers, run.requests}, run.turn));
    rates["direct" + suffix] = direct.per_second();
    rates["direct" + suffix + "_processor_us"] = direct.processor_us();
    rates["web" + suffix] = http.per_second();
    rates["web" + suffix + "_portal_processor_us"] = http.processor_us();
    rates["web" + suffix + "_site_processor_us"] =
        (ProcessorSeconds(run.direct->process) - site) * 1e6 / http.answers;
  }
  return rates;
}

}  // namespace

absl::Status ServePortal(const std::vector<std::string>& words) {
  if (words.size() != 1) return InvalidField("portal", "takes the address of a site");
  site::PrepareAllocator();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  config::v1::Config config;
  config.mutable_web()->set_listen_address("127.0.0.1:0");
  auto& peer = *config.add_peers();
  peer.set_service("enrolment");
  peer.set_address(words[0]);
  ASSIGN_OR_RETURN(const auto portal,
                   site::Portal::Start(config, "", [](const std::string&) { return false; }));
  site::ReturnFreedMemory();
  std::cout << "ready " << portal->address() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  portal->Stop();
  return absl::OkStatus();
}

absl::Status MeasureWeb(const WebRun& run, Report& report) {
  report.Number("portal_mib", MemoryOf(run.portal_process));
  {
    ASSIGN_OR_RETURN(const auto idle, DialHttp(run.portal, kIdle));
    ASSIGN_OR_RETURN(const auto channel, DialHttp(run.portal, 1));
    Target one{{channel}, run.direct->authorization, run.portal_process};
    RETURN_IF_ERROR(Drive({&one, kGet, 1, run.requests}, run.turn).status());
    report.Number(absl::StrCat("portal_with_", kIdle, "_idle_mib"), MemoryOf(run.portal_process));
  }
  Target web{{}, run.direct->authorization, run.portal_process};
  ASSIGN_OR_RETURN(const auto channel, DialHttp(run.portal, kCallers[1]));
  web.channels.push_back(channel);
  RETURN_IF_ERROR(Round(run, web).status());  // warms caches, connections and the token
  for (int i = 0; i < run.rounds; ++i) {
    ASSIGN_OR_RETURN(auto rates, Round(run, web));
    report.AddRound(std::move(rates));
  }
  for (const int callers : kCallers) {
    const std::string suffix = absl::StrCat("_", callers);
    for (const std::string& name : {"direct" + suffix, "web" + suffix}) report.Rate(name);
    report.Ratio("web" + suffix + "_over_direct", "web" + suffix, "direct" + suffix, kRateTarget);
    for (const std::string& name :
         {"direct" + suffix + "_processor_us", "web" + suffix + "_portal_processor_us",
          "web" + suffix + "_site_processor_us"})
      report.Median(name);
  }
  report.Number("portal_after_mib", MemoryOf(run.portal_process));
  return absl::OkStatus();
}

}  // namespace vivier::bench
