#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_join.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/rpc/log.h"
#include "shared/site/site.h"

namespace vivier::command {
namespace {

// Every connection is a descriptor, and gRPC 1.51 never accepts again once they ran out (CVE-2023-4785).
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::StatusOr<Modules> Chosen(const Arguments& services, Modules modules) {
  if (services.size() == 1 && services[0] == "all") return modules;
  for (const std::string& service : services)
    if (std::none_of(modules.begin(), modules.end(),
                     [&](const site::Module& module) { return module.name() == service; }))
      return InvalidField("service", service + " is none; there is all, or one or several of the five");
  modules.erase(std::remove_if(modules.begin(), modules.end(),
                               [&](const site::Module& module) {
                                 return std::find(services.begin(), services.end(), module.name()) == services.end();
                               }),
                modules.end());
  return modules;
}

absl::Status ServeUntilSignal(const Arguments& arguments, Modules modules) {
  ASSIGN_OR_RETURN(Modules chosen, Chosen(arguments, std::move(modules)));
  ASSIGN_OR_RETURN(Settings settings, ReadSettings());
  std::vector<std::string> names;
  for (const site::Module& module : chosen) names.push_back(module.name());
  const std::string services = absl::StrJoin(names, "+");
  rpc::SetLogService(arguments[0] == "all" ? "all" : services);
  RaiseDescriptorLimit();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread, so that only sigwait sees them
  site::Site::Options options;
  options.config = settings.config;
  options.data = settings.data;
  options.modules = std::move(chosen);
  ASSIGN_OR_RETURN(std::unique_ptr<site::Site> site, site::Site::Start(std::move(options)));
  const RunNotes notes(settings.data, names, site->address());
  rpc::Log(rpc::Level::kInfo, "serving", {{"services", services}, {"address", site->address()}});
  int signal = 0;
  sigwait(&signals, &signal);
  rpc::Log(rpc::Level::kInfo, "draining");
  site->Stop();
  rpc::Log(rpc::Level::kInfo, "stopped");
  return absl::OkStatus();
}

}  // namespace

int Serve(const Arguments& arguments, Modules modules) {
  if (arguments.empty()) return Refuse(InvalidField("service", "name one or several services, or all"));
  const absl::Status status = ServeUntilSignal(arguments, std::move(modules));
  return status.ok() ? 0 : Refuse(status);
}

}  // namespace vivier::command
