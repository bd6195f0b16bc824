#include "services/table.h"

#include <iostream>

#include "demo/demo.h"
#include "services/command/commands.h"
#include "services/command/views.h"
#include "services/modules.h"
#include "shared/base/status.h"
#include "shared/cli/completion.h"
#include "shared/cli/help.h"
#include "shared/cli/manual.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"
#include "shared/command/edge_locations.h"
#include "shared/process/vitals.h"
#include "shared/reference/api_pages.h"

namespace vivier {
namespace {

using cli::Argument;
using cli::Command;
using cli::Group;
using cli::Line;
using Offer = cli::Argument::Offer;
using Options = std::vector<const cli::Option*>;

// A command of the house's, which is given every service.
std::function<absl::StatusOr<int>(const Line&)> With(absl::StatusOr<int> (*run)(const Line&,
                                                                                command::Modules)) {
  return [run](const Line& line) { return run(line, AllModules()); };
}

// And those of every command that needs a school.
Options Site(Options own) {
  own.insert(own.end(), {&cli::kData, &cli::kConfig, &cli::kSchools, &cli::kEngine, &cli::kPostgres,
                         &cli::kRedis, &cli::kRedisPasswordFile, &cli::kCertificates,
                         &cli::kDevelopment, &cli::kListenAddress, &cli::kMetricsAddress,
                         &cli::kHealthAddress, &cli::kWebListenAddress, &cli::kBatchWorksMax});
  return own;
}

// And of every command that acts for somebody.
Options Asking(Options own) {
  own.insert(own.end(), {&cli::kTokenFile, &cli::kRole, &cli::kSubject, &cli::kPartner});
  return Site(std::move(own));
}

std::vector<Command> Serving() {
  return {
      {"serve",
       Group::kSchool,
       "runs one, several or all services until SIGTERM or SIGINT",
       {{"SERVICE", "", Offer::kNothing, true, true}},
       Site({}),
       {{"vivier serve all --data data --development", "a whole school in one process, to try it"},
        {"vivier serve enrolment --data /var/lib/vivier/nancy",
         "one service, as configured there"}},
       "SERVICE is all, one or several of the services, whose names a wrong one is told, or "
       "portal: "
       "the gateway for browsers and HTTP. Without "
       "--development it needs a configuration: DATA/config.textproto or --config FILE.",
       With(&command::Serve)},
      {"migrate",
       Group::kSchool,
       "makes the databases, or brings them to this version's schema",
       {},
       Site({}),
       {{"vivier migrate --data /var/lib/vivier/nancy", "before a new version starts"}},
       "",
       With(&command::Migrate)},
      {"check",
       Group::kSchool,
       "looks at configuration, schema and keys before a start",
       {},
       Site({}),
       {{"vivier check --data /var/lib/vivier/nancy", "says what would stop a start"}},
       "",
       With(&command::Check)},
  };
}

std::vector<Command> Beginning() {
  return {
      {"create-keys",
       Group::kSchool,
       "makes the key files of a new school, those that are missing",
       {},
       Site({}),
       {{"vivier create-keys --data metz", "in metz/keys"}},
       "",
       With(&command::CreateKeys)},
      {"grant-admin",
       Group::kSchool,
       "makes a principal the director of the school",
       {{"SUBJECT", ""}},
       Site({}),
       {{"vivier grant-admin 'https://id.example/realms/nancy#f3b1c0de' --data nancy",
         "the first one, or when none is left"}},
       "SUBJECT is ISSUER#SUBJECT: the issuer that vouches, and its name for the person.",
       With(&command::GrantAdmin)},
      {"node",
       Group::kSchool,
       "writes the Kubernetes overlay of a node above schools",
       {{"VERB", "create", Offer::kChoice}, {"NAME", ""}, {"DIR", "", Offer::kFolder}},
       {&cli::kAddress, &cli::kIssuer, &cli::kNetwork, &cli::kParent, &cli::kPostgres,
        &cli::kImage},
       {{"vivier node create france node-france --address france.example "
         "--issuer https://id.example",
         "the uppermost, with a PostgreSQL in the cluster"}},
       "NAME is the node's, as in schools/NAME. DIR must not be there yet; the overlay names "
       "DIR/../../base and components. The issuer is asked for its addresses.",
       With(&command::Node)},
  };
}

std::vector<Command> Keeping() {
  return {
      {"backup",
       Group::kSchool,
       "adds a generation to a folder of backups",
       {{"DIR", "", Offer::kFolder}},
       Site({&cli::kFollow, &cli::kInterval}),
       {{"vivier backup /mnt/elsewhere/nancy --data nancy", "one generation, then ends"},
        {"vivier backup /mnt/elsewhere/nancy --follow --data nancy", "one every 30 s"}},
       "DIR is on another volume than the data, better on another machine.",
       With(&command::Backup)},
      {"restore",
       Group::kSchool,
       "puts a generation back, and proves the invariants on it",
       {{"DIR", "", Offer::kFolder}},
       Site({&cli::kGeneration, &cli::kReplace}),
       {{"vivier restore /mnt/elsewhere/nancy --data nancy", "the newest, into an empty folder"},
        {"vivier restore /mnt/elsewhere/nancy --generation 2026-11-23T0 --replace --data nancy",
         "an older one; the data that is there is put aside"}},
       "Every process of the site is stopped first.",
       With(&command::Restore)},
      {"reconcile",
       Group::kSchool,
       "finds and settles what a restored database has forgotten",
       {},
       Site({&cli::kTo, &cli::kGeneration}),
       {{"vivier reconcile --data nancy", "says what followers did for events that are gone"},
        {"vivier reconcile --to /mnt/elsewhere/nancy --data nancy", "goes back to a generation"}},
       "For after one database went back to the past alone; every process is stopped.",
       With(&command::Reconcile)},
      {"rotate-keys",
       Group::kSchool,
       "brings all rows under the school's new key",
       {},
       Site({&cli::kNewKey}),
       {{"vivier rotate-keys --new-key --data nancy", "first: makes the new key; then restart"},
        {"vivier rotate-keys --data nancy", "then: until every row is under it"}},
       "",
       With(&command::RotateKeys)},
      {"events",
       Group::kSchool,
       "lists or applies the events that services set aside",
       {{"EVENT", "", Offer::kNothing, false}},
       Site({&cli::kParked, &cli::kRetry}),
       {{"vivier events --parked --data nancy", "each, with its reason"},
        {"vivier events --retry --data nancy", "applies all, in their order"},
        {"vivier events --retry partners/enrolment/42 --data nancy",
         "that one, and those of its subject"}},
       "",
       With(&command::Events)},
  };
}

std::vector<Command> Looking() {
  return {
      {"status",
       Group::kLook,
       "how each service is: version, log, lags, what is set aside",
       {},
       Site({}),
       {{"vivier status --data nancy", "one screen; ends with 1 where something is not well"}},
       "",
       With(&command::Status)},
      {"checklist",
       Group::kLook,
       "what a school lacks to open a cohort, admit, seal, invoice and submit",
       {},
       Site({}),
       {{"vivier checklist --data nancy",
         "each with what to do; ends with 1 where one is lacking"}},
       "",
       With(&command::Checklist)},
      {"doctor",
       Group::kLook,
       "the surroundings: clock, disk, database, backup, certificates, …",
       {{"BACKUPS", "", Offer::kFolder, false}},
       Site({}),
       {{"vivier doctor --data nancy", "what the school rests on, each with what to do"},
        {"vivier doctor /mnt/elsewhere/nancy --data nancy", "and how old the last backup is"}},
       "",
       With(&command::Doctor)},
      {"verify",
       Group::kLook,
       "proves the invariants on the data, or says what they compare",
       {{"WHAT", "relations", Offer::kChoice, false}},
       Site({&cli::kDeep, &cli::kAnchors}),
       {{"vivier verify --data nancy", "no seat, euro or signature was lost"},
        {"vivier verify --anchors enrolment.log --data nancy", "and the log was not rewritten"},
        {"vivier verify relations", "what each column of each table follows from"}},
       "",
       With(&command::Verify)},
      {"audit",
       Group::kLook,
       "who changed a resource, and who was shown a person's data",
       {{"NAME", ""}},
       Asking({&cli::kDays}),
       {{"vivier audit schools/nancy/candidates/c-17 --data nancy", "of the last 30 days"},
        {"vivier audit schools/nancy --days 7 --data nancy", "of the school, the last week"}},
       "",
       With(&command::Audit)},
  };
}

absl::StatusOr<int> Protos(const Line& line) {
  const std::string out = line.Text(cli::kOut), folder = line.Argument(0);
  if (out.empty() == folder.empty())
    return cli::Misuse(out.empty() ? "DIR is missing; the form is `vivier protos DIR`"
                                   : "DIR and --out are the same: give one of them");
  RETURN_IF_ERROR(reference::WriteProtos(out.empty() ? folder : out));
  return 0;
}

absl::StatusOr<int> Reference(const Line& line) {
  RETURN_IF_ERROR(reference::WriteApiPages(line.Argument(0)));
  return 0;
}

std::vector<Command> LookingUp() {
  return {
      {"protos",
       Group::kLook,
       "writes the .proto files from which clients are generated",
       {{"DIR", "", Offer::kFolder, false}},
       {&cli::kOut},
       {{"vivier protos protos", "and protos/vivier.binpb, a descriptor set with comments"}},
       "",
       &Protos},
      {"reference",
       Group::kLook,
       "writes the pages of the API's reference",
       {{"DIR", "", Offer::kFolder}},
       {},
       {{"vivier reference api", "api/README.md, and a page a service"}},
       "",
       &Reference},
      {"explain",
       Group::kLook,
       "what happens around an rpc: who may call it, what it writes",
       {{"METHOD", "", Offer::kRpc}},
       Site({}),
       {{"vivier explain AdmitApplication", "of one rpc"}},
       "",
       With(&command::Explain)},
      {"views",
       Group::kLook,
       "who sees which fields of the messages that show persons",
       {},
       {},
       {{"vivier views", "by role, as docs/views.md ends"}},
       "",
       With(&command::Views)},
      {"rules",
       Group::kLook,
       "the rule tables: lists, checks and asks them",
       {{"VERB", "list|lint|test|explain", Offer::kChoice}, {"KEY", "", Offer::kFile, false, true}},
       {&cli::kOn},
       {{"vivier rules list", "every rule, its source, who confirmed it"},
        {"vivier rules explain R-tutor/load employer=no learners=4 --on 2026-09-01",
         "which row decides, and why"},
        {"vivier rules test R-my.table", "runs a table's cases"}},
       "KEY is that of a rule, or a FILE.table; of explain KEY or KEY/DECISION, then fact=value.",
       With(&command::Rules)},
  };
}

std::vector<Command> Calling() {
  return {
      {"call",
       Group::kData,
       "calls any rpc, request and answer as JSON",
       {{"METHOD", "", Offer::kRpc, false}, {"JSON", "", Offer::kFile, false}},
       Asking({&cli::kList, &cli::kReason, &cli::kService, &cli::kTraceparent, &cli::kEdge,
               &cli::kEdgeAuthority}),
       {{"vivier call --list", "names every rpc"},
        {"vivier call ListCohorts '{\"parent\": \"schools/nancy\"}' --data nancy", "one call"},
        {"vivier call CreateCohort @cohort.json --token-file token --data nancy",
         "the request from a file, as the person of a token"}},
       "JSON is the request, @FILE, or - for standard input; {} without. In development one asks "
       "as "
       "--role says, elsewhere as the token's person, or as the operator of this machine.",
       With(&command::Call)},
      {"login",
       Group::kData,
       "signs in at the school's issuer; call, export and others then ask as you",
       {},
       Site({&cli::kBrowser, &cli::kIssuer, &cli::kClientId, &cli::kScope, &cli::kResource}),
       {{"vivier login --data nancy", "shows a code that you confirm on any device"},
        {"vivier login --browser --data nancy", "with a browser of this machine"}},
       "The token is kept in ~/.config/vivier, readable by you alone, and refreshed.",
       With(&command::Login)},
      {"logout",
       Group::kData,
       "forgets the sign-in",
       {},
       Site({&cli::kIssuer}),
       {{"vivier logout --data nancy", "of the school's issuer"}},
       "",
       With(&command::Logout)},
  };
}

std::vector<Command> Exchanging() {
  return {
      {"import",
       Group::kData,
       "takes in lists of programmes, applicants or schools; tells of each row",
       {{"KIND", "lheo|applications|schools", Offer::kChoice}, {"FILE", "", Offer::kFile}},
       Asking({&cli::kCohort, &cli::kListOf}),
       {{"vivier import lheo catalogue.xml --data nancy", "programmes"},
        {"vivier import applications list.csv --cohort ia-2027 --data nancy", "a spreadsheet"},
        {"vivier import schools list.csv --network cci --data france", "at a node"}},
       "FILE is - for standard input.",
       With(&command::Import)},
      {"export",
       Group::kData,
       "gives the programmes, publishable figures, or all held of a person",
       {{"KIND", "lheo|person|statistics", Offer::kChoice}, {"NAME", "", Offer::kFile, false}},
       Asking({&cli::kYear, &cli::kEarlierYears, &cli::kFormat, &cli::kDefinitions}),
       {{"vivier export lheo catalogue.xml --data nancy", "the programmes, into a file"},
        {"vivier export statistics 2026.csv --year 2026 --data nancy", "nd is what is hidden"},
        {"vivier export person schools/nancy/candidates/c-17 --data nancy",
         "everything, a JSON object a line"}},
       "NAME is the person's; else a file, standard output without.",
       With(&command::Export)},
      {"erase",
       Group::kData,
       "erases a person everywhere, and says what stays and why",
       {{"NAME", ""}},
       Asking({}),
       {{"vivier erase schools/nancy/candidates/c-17 --data nancy",
         "again, it says how far the services are"}},
       "",
       With(&command::Erase)},
      {"evidence",
       Group::kData,
       "a cohort's signed presence or a certificate, for who checks it",
       {{"NAME", ""}, {"FILE", "", Offer::kFile, false}},
       Asking({}),
       {{"vivier evidence schools/nancy/cohorts/ia-2027 seals.jsonl --data nancy",
         "checked without this program by deploy/check-evidence"}},
       "",
       With(&command::Evidence)},
  };
}

std::vector<Command> Developing() {
  return {
      {"demo",
       Group::kDevelopment,
       "tells a story on a running site, then its figures",
       {},
       Site({&cli::kStory, &cli::kStories, &cli::kJson, &cli::kParentData}),
       {{"vivier demo --data data --development", "Nancy's story; serve all runs beside it"}},
       "",
       With(&demo::Run)},
      {"token",
       Group::kDevelopment,
       "prints a development token",
       {},
       Site({&cli::kRole, &cli::kSubject, &cli::kPartner}),
       {{"vivier token --data data --development", "of a school_director"},
        {"vivier token --role trainer --data data --development", "of another role"}},
       "",
       With(&command::Token)},
      {"clock",
       Group::kDevelopment,
       "shows or moves on the clock of a site in development",
       {{"TIME", "", Offer::kNothing, false}},
       Site({}),
       {{"vivier clock --data data --development", "what time it is there"},
        {"vivier clock +1d --data data --development", "a day passes"}},
       "TIME is a time such as 2027-09-01T08:00:00Z, or + and a duration.",
       With(&command::Clock)},
      {"edge-locations",
       Group::kDevelopment,
       "prints what nginx passes to which service",
       {},
       {},
       {{"vivier edge-locations >deploy/edge/locations.conf", "after a new rpc"}},
       "",
       With(&command::EdgeLocations)},
  };
}

absl::StatusOr<int> Help(const Line& line) {
  if (line.arguments().empty()) {
    std::cout << cli::Overview(Commands());
    return 0;
  }
  const Command* command = cli::Find(Commands(), line.Argument(0));
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const Command& known : Commands()) names.push_back(known.name);
    return cli::Misuse(absl::StrCat("there is no command ", line.Argument(0),
                                    cli::DidYouMean(line.Argument(0), names)));
  }
  std::cout << cli::HelpOf(*command);
  return 0;
}

absl::StatusOr<int> Version(const Line&) {
  std::cout << "vivier " << site::Version() << "\n";
  return 0;
}

absl::StatusOr<int> Completion(const Line& line) {
  const std::string shell = line.Argument(0);
  std::cout << (shell == "bash"  ? cli::BashCompletion(Commands())
                : shell == "zsh" ? cli::ZshCompletion(Commands())
                                 : cli::FishCompletion(Commands()));
  return 0;
}

absl::StatusOr<int> Manual(const Line& line) {
  RETURN_IF_ERROR(cli::WriteManual(Commands(), site::Version(), line.Argument(0)));
  return 0;
}

std::vector<Command> OfProgram() {
  return {
      {"help",
       Group::kProgram,
       "says what a command does, or lists them all",
       {{"COMMAND", "", Offer::kCommand, false}},
       {},
       {{"vivier help", "all"}, {"vivier help backup", "one, with its options and examples"}},
       "",
       &Help},
      {"version",
       Group::kProgram,
       "prints the version",
       {},
       {},
       {{"vivier version", "or vivier --version"}},
       "",
       &Version},
      {"completion",
       Group::kProgram,
       "prints what a shell needs to complete command lines",
       {{"SHELL", "bash|zsh|fish", Offer::kChoice}},
       {},
       {{"source <(vivier completion bash)", "for this shell"},
        {"vivier completion zsh >~/.zfunc/_vivier", "where ~/.zfunc is in $fpath"},
        {"vivier completion fish >~/.config/fish/completions/vivier.fish", "for good"}},
       "",
       &Completion},
      {"man",
       Group::kProgram,
       "writes the pages of the manual into a folder",
       {{"DIR", "", Offer::kFolder}},
       {},
       {{"vivier man /usr/local/share/man/man1", "then man vivier-backup"}},
       "",
       &Manual},
  };
}

}  // namespace

const cli::Table& Commands() {
  static const auto& table = *[] {
    auto* all = new cli::Table;
    for (const auto& part : {Serving(), Beginning(), Keeping(), Looking(), LookingUp(), Calling(),
                             Exchanging(), Developing(), OfProgram()})
      all->insert(all->end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

}  // namespace vivier
