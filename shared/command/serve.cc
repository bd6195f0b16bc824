#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/log/log.h"
#include "shared/rules/compiled.h"
#include "shared/service/catalogue.h"
#include "shared/site/certificates.h"
#include "shared/site/ending.h"
#include "shared/site/memory.h"
#include "shared/site/portal.h"
#include "shared/site/site.h"
#include "shared/site/watchdog.h"

namespace vivier::command {
namespace {

constexpr char kPortal[] = "portal";
// Of a site in development whose configuration names no other (docs/web.md).
constexpr uint16_t kDevelopmentPort = 7480;

// Every connection is a descriptor, and gRPC 1.51 never accepts again once they ran out
// (CVE-2023-4785).
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// By the watchdog: no drain, which would wait for threads that may be stuck. What was committed
// stays, and what was not answered is asked again.
void EndDead(const absl::Status& why) {
  Log(LogLevel::kError, "our own port is dead; ending, to be started again",
      {{"error", why.message()}});
  _exit(cli::kDeadPort);
}

absl::StatusOr<Modules> Chosen(const Arguments& services, Modules modules) {
  if (services.size() == 1 && services[0] == "all") return modules;
  for (const std::string& service : services)
    if (std::none_of(modules.begin(), modules.end(),
                     [&](const site::Module& module) { return module.name() == service; }))
      return cli::Misuse(absl::StrCat(
          "there is no service ", service, cli::DidYouMean(service, rpc::TradeServices()),
          " Serve all, or some of ", absl::StrJoin(rpc::TradeServices(), ", ")));
  modules.erase(std::remove_if(modules.begin(), modules.end(),
                               [&](const site::Module& module) {
                                 return std::find(services.begin(), services.end(),
                                                  module.name()) == services.end();
                               }),
                modules.end());
  return modules;
}

// Before any thread, so that only sigwait sees them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Who watches the port is gone before the port is.
void AwaitSignal(site::Site& site, const Settings& settings, const sigset_t& signals) {
  const std::string& process = site.process();
  const site::Watchdog watchdog(
      {{.target = site.address(), .tls = site::DiallingTls(settings.config, process, process)},
       [&site] { return site.Beats(); },
       &EndDead});
  int signal = 0;
  sigwait(&signals, &signal);
}

bool IsFree(uint16_t port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

// Whoever tries a school out, and says of no address where it listens, has a browser. A second site
// on the machine takes any port, which its log and `vivier status` name.
void OpenWebInDevelopment(config::v1::Config& config) {
  if (!config.development() || !config.web().listen_address().empty()) return;
  config.mutable_web()->set_listen_address(
      absl::StrCat("127.0.0.1:", IsFree(kDevelopmentPort) ? kDevelopmentPort : 0));
}

// The gateway alone: it has no data, and no port of gRPC that a watchdog could try.
absl::Status ServePortal(const Line& line, const Modules& modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  SetLogService(kPortal);
  site::PrepareAllocator();
  RaiseDescriptorLimit();
  const sigset_t signals = BlockSignals();
  const auto has_operations = [&modules](const std::string& service) {
    return std::any_of(modules.begin(), modules.end(), [&](const site::Module& module) {
      return module.name() == service && !module.service.operations().empty();
    });
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<site::Portal> portal,
                   site::Portal::Start(settings.config, settings.data, has_operations));
  {
    // It needs no data; where it is beside some, `vivier status` finds it.
    RunNotes notes(settings.data);
    if (std::error_code error; std::filesystem::is_directory(settings.data, error))
      notes.OfPortal(portal->address());
    site::ReturnFreedMemory();
    int signal = 0;
    sigwait(&signals, &signal);
    site::LimitStop(kPortal);
    Log(LogLevel::kInfo, "draining");
    portal->Stop();
  }
  Log(LogLevel::kInfo, "stopped");
  site::EndProcess(EXIT_SUCCESS);
}

absl::Status ServeUntilSignal(const Line& line, Modules modules) {
  const Arguments& arguments = line.arguments();
  if (arguments == Arguments{kPortal}) return ServePortal(line, modules);
  ASSIGN_OR_RETURN(Modules chosen, Chosen(arguments, std::move(modules)));
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  if (!settings.config.certificates().empty() && arguments.size() > 1)
    return cli::Misuse(
        "over TLS a process runs one service or all, since its certificate has one name");
  if (!settings.configured && !settings.config.development())
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_CONFIGURED",
                 absl::StrCat("there is no ", settings.data,
                              "/config.textproto, and no --config "
                              "FILE names another one; write it, or add --development to try the "
                              "program out with a school nancy of its own"),
                 {{"data", settings.data}});
  if (arguments == Arguments{"all"} && !line.Has(cli::kListenAddress))
    OpenWebInDevelopment(settings.config);
  std::vector<std::string> names;
  for (const site::Module& module : chosen) names.push_back(module.name());
  const std::string services = absl::StrJoin(names, "+");
  const std::string log_name = arguments[0] == "all" ? "all" : services;
  SetLogService(log_name);
  rules::CompiledTables();  // a broken one ends the process now and not at its first question
  site::PrepareAllocator();
  RaiseDescriptorLimit();
  const sigset_t signals = BlockSignals();
  site::Site::Options options;
  options.config = settings.config;
  options.data = settings.data;
  options.modules = std::move(chosen);
  ASSIGN_OR_RETURN(std::unique_ptr<site::Site> site, site::Site::Start(std::move(options)));
  {
    RunNotes notes(settings.data);
    notes.OfServices(names, site->address());
    if (!site->web_address().empty()) notes.OfPortal(site->web_address());
    Log(LogLevel::kInfo, "serving", {{"services", services}, {"address", site->address()}});
    site::ReturnFreedMemory();
    AwaitSignal(*site, settings, signals);
    site::LimitStop(log_name);
    Log(LogLevel::kInfo, "draining");
    site->Stop();
  }
  Log(LogLevel::kInfo, "stopped");
  site::EndProcess(EXIT_SUCCESS);
}

}  // namespace

absl::StatusOr<int> Serve(const Line& line, Modules modules) {
  RETURN_IF_ERROR(ServeUntilSignal(line, std::move(modules)));
  return 0;
}

}  // namespace vivier::command
