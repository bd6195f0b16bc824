// vivier <command>: one executable, every service a module of it.
#include <cstdio>
#include <iostream>
#include <vector>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "demo/demo.h"
#include "services/command/commands.h"
#include "services/modules.h"
#include "shared/command/edge_locations.h"

namespace vivier {
namespace {

struct Command {
  const char* name;
  const char* what;
  int (*run)(const command::Arguments&, command::Modules);
};

constexpr Command kCommands[] = {
    {"serve", "serve SERVICE… | all        run one, several or all services", &command::Serve},
    {"migrate", "migrate                     apply migrations", &command::Migrate},
    {"check", "check                       validate configuration, schema and keys before a start",
     &command::Check},
    {"status",
     "status                      how each service is: version, log, lags, what is set aside",
     &command::Status},
    {"doctor",
     "doctor [BACKUPS]            the surroundings: clock, names, disk, database, backup, "
     "certificates, …",
     &command::Doctor},
    {"verify", "verify [--deep | relations] prove the invariants on the data; or what they compare",
     &command::Verify},
    {"audit", "audit NAME [--days N]       who changed it, and who was shown its personal data",
     &command::Audit},
    {"grant-admin", "grant-admin SUBJECT         makes ISSUER#SUBJECT the school's director",
     &command::GrantAdmin},
    {"call", "call METHOD [JSON]          call any rpc; call --list names them all",
     &command::Call},
    {"explain", "explain METHOD              what the adapter does for an rpc", &command::Explain},
    {"edge-locations",
     "edge-locations              what nginx passes to which service (deploy/edge)",
     &command::EdgeLocations},
    {"import", "import KIND FILE            lheo, or applications with --cohort", &command::Import},
    {"export",
     "export lheo | person NAME   the published programmes, or all that is held of a person",
     &command::Export},
    {"evidence",
     "evidence COHORT [FILE]      its signed presence, for who checks it without this program",
     &command::Evidence},
    {"erase", "erase NAME                  erase a person everywhere, and say what stays",
     &command::Erase},
    {"events",
     "events --parked | --retry   the events that services set aside; applies them, or ID",
     &command::Events},
    {"backup", "backup DIR [--follow]       adds a generation to a folder; goes on doing so",
     &command::Backup},
    {"restore",
     "restore DIR                 puts a generation back and proves the invariants on it",
     &command::Restore},
    {"reconcile", "reconcile [--to DIR]        after one database went back to the past alone",
     &command::Reconcile},
    {"rules",
     "rules list | lint | test    the rule tables; explain KEY fact=value … [--on DATE]: which row",
     &command::Rules},
    {"clock", "clock [TIME | +DURATION]    shows or moves on the clock of a site in development",
     &command::Clock},
    {"demo", "demo [--story NAME]         tell a story on a running site, then its figures",
     &demo::Run},
    {"token", "token --role ROLE           a development token", &command::Token},
};

int Usage() {
  std::cerr << "vivier COMMAND [--data DIR] …\n";
  for (const Command& command : kCommands) std::cerr << "  " << command.what << "\n";
  return 2;
}

int Main(const std::vector<char*>& words) {
  if (words.size() < 2) return Usage();
  for (const Command& command : kCommands)
    if (command.name == std::string(words[1]))
      return command.run({words.begin() + 2, words.end()}, AllModules());
  return Usage();
}

}  // namespace
}  // namespace vivier

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("vivier COMMAND [--data DIR] …; without a command it lists them");
  return vivier::Main(absl::ParseCommandLine(argc, argv));
}
