// vivier-bench [--json] [--quick] [--folder DIR]: what the house adds to an empty rpc, and what
// committing in batches gains over one transaction per request. Every server is a child process;
// client and server meet over TCP on the loopback. The measurements take turns in every round, so
// that whatever else the machine does meets all of them; what counts are the ratios within a round:
// of the rates, and of what a call takes of the server's processor time.
//
//   empty           grpc.health.v1.Health/Check, two bytes, on the same queue, without the adapter
//                   and without a token
//   near_300/_2k    GetCohort from the near cache, through the whole adapter
//   sqlite          GetCohort of 300 B from SQLite, through the whole adapter: a site whose near
//                   cache keeps nothing
//   peer_redis      GetCohort at another service's process, which fetches it from Redis (roles.h)
//   admit_N         AdmitApplication of N callers at a time: another application each, synced to
//                   the disk; request ids ordered by time, as our clients make them
//   admit_N_single  the same at a site whose batches hold one request
//   write_*         AdmitApplication of 4 callers at a time, alone and beside a batch of 1,000
//                   (beside.h)
//   web_N           GetCohort of N callers through the gateway, beside the rpc itself (web.h)
//   goodput_*       what a site held to a share of a core answers of twice and five times its peak
//                   (overload.h)
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "tests/bench/beside.h"
#include "tests/bench/disk.h"
#include "tests/bench/fixture.h"
#include "tests/bench/load.h"
#include "tests/bench/overload.h"
#include "tests/bench/process.h"
#include "tests/bench/report.h"
#include "tests/bench/roles.h"
#include "tests/bench/share.h"
#include "tests/bench/web.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

ABSL_FLAG(bool, json, false, "print one JSON object of numbers");
ABSL_FLAG(bool, quick, false, "within half a minute, less exact");
ABSL_FLAG(std::string, postgres, "",
          "an empty database, to measure writes beside a batch on PostgreSQL too");
ABSL_FLAG(bool, beside, false, "measure writes beside a batch, and nothing else");
ABSL_FLAG(bool, web, false, "measure the gateway beside the rpc itself, and nothing else");
ABSL_FLAG(bool, overload, false, "measure what is answered under overload, and nothing else");
ABSL_FLAG(bool, brief, false, "of --overload what a test looks at: reads and writes on SQLite");
ABSL_FLAG(bool, hostile, false, "let the floods of --overload go on whatever they are told");
ABSL_FLAG(int, share, 10, "percent of a core to which --overload holds the server; 0: all of it");
ABSL_FLAG(std::string, folder, "",
          "where the data shall be: decides which disk is measured; a temporary one without");

namespace vivier::bench {
namespace {

constexpr int kReaders = 64;
constexpr int kConnections = 4;
constexpr int kPage = 20;
constexpr int kSyncsPerRound = 50;
constexpr size_t kNearBytes = 64 << 20;  // a site's own setting
constexpr int kCallers[] = {1, 64, 256};
// Single commits are no more with more callers, who would wait so long that some are refused.
constexpr int kSingleCallers = 32;

struct Scale {
  int rounds;
  absl::Duration turn;      // of one measurement in one round
  int admissions_max;       // of one turn
  int cohorts;              // whose seats suffice for all turns
  absl::Duration overload;  // of one turn under overload
};
constexpr Scale kFull = {5, absl::Milliseconds(800), 3000, 1920, absl::Seconds(6)};
constexpr Scale kQuick = {3, absl::Milliseconds(300), 2000, 780, absl::Seconds(2)};

using Next = std::function<std::optional<std::string>()>;

// Gets of the names, in turn.
Next Gets(const std::vector<std::string>& names) {
  auto requests = std::make_shared<std::vector<std::string>>();
  for (const std::string& name : names) {
    enrolment::v1::GetCohortRequest request;
    request.set_name(name);
    requests->push_back(request.SerializeAsString());
  }
  return [requests, i = size_t{0}]() mutable { return (*requests)[i++ % requests->size()]; };
}

// A page of cohorts, as an office looks at it.
Next Lists() {
  enrolment::v1::ListCohortsRequest request;
  request.set_parent(absl::StrCat("schools/", kSchool));
  request.set_page_size(kPage);
  return [bytes = request.SerializeAsString()] { return bytes; };
}

// Changes of the named cohorts, in turn.
Next Updates(std::vector<std::string> names) {
  return [names = std::move(names), i = size_t{0}]() mutable {
    enrolment::v1::UpdateCohortRequest request;
    request.mutable_cohort()->set_name(names[i++ % names.size()]);
    request.mutable_cohort()->set_host_site(absl::StrCat("Room ", i));
    request.mutable_update_mask()->add_paths("host_site");
    request.set_request_id(TimeOrderedUuid());
    return request.SerializeAsString();
  };
}

// Admissions of one site's applications, each once, all turns together.
class Admissions {
 public:
  explicit Admissions(int cohorts) : names_(ApplicationNames(cohorts)) {}

  Next AtMost(int count) {
    return [this, left = count]() mutable -> std::optional<std::string> {
      if (left-- <= 0 || next_ == names_.size()) return std::nullopt;
      enrolment::v1::AdmitApplicationRequest request;
      request.set_name(names_[next_++]);
      request.set_request_id(TimeOrderedUuid());
      return request.SerializeAsString();
    };
  }

  // OK while the next turn will find applications.
  absl::Status Left() const {
    return next_ < names_.size() ? absl::OkStatus() : Internal("no application is left");
  }

 private:
  const std::vector<std::string> names_;
  size_t next_ = 0;
};

// A folder that is gone with the run.
class Folder {
 public:
  Folder() {
    std::string parent = absl::GetFlag(FLAGS_folder);
    if (parent.empty()) parent = std::filesystem::temp_directory_path().string();
    std::string pattern = parent + "/vivier-bench-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The child processes, and how to reach them.
struct Servers {
  std::unique_ptr<Process> redis, batched, single, uncached,
      peer;  // the peer goes first at the end
  Target batched_target, single_target, uncached_target, peer_target;
  Target bare_target, bare_uncached_target;  // the same processes, without a token
};

std::string Word(const Process& process, size_t i) {
  const std::vector<std::string> parts = absl::StrSplit(process.ready_line().substr(6), '\t');
  return i < parts.size() ? parts[i] : "";
}

absl::StatusOr<std::unique_ptr<Process>> StartSite(const std::string& folder, int batch_works_max,
                                                   size_t near_bytes) {
  return Process::Start(
      {"/proc/self/exe", "site", folder, absl::StrCat(batch_works_max), absl::StrCat(near_bytes)},
      "ready ");
}

absl::StatusOr<Servers> StartServers(const std::string& folder) {
  Servers servers;
  const std::string socket = folder + "/redis.sock";
  ASSIGN_OR_RETURN(servers.redis,
                   Process::Start({"redis-server", "--port", "0", "--unixsocket", socket, "--save",
                                   "", "--appendonly", "no", "--dir", folder},
                                  "ready to accept connections"));
  ASSIGN_OR_RETURN(servers.batched, StartSite(folder + "/batched", 256, kNearBytes));
  ASSIGN_OR_RETURN(servers.single, StartSite(folder + "/single", 1, kNearBytes));
  ASSIGN_OR_RETURN(servers.uncached, StartSite(folder + "/uncached", 256, 0));
  ASSIGN_OR_RETURN(servers.peer,
                   Process::Start({"/proc/self/exe", "peer", Word(*servers.batched, 0),
                                   Word(*servers.batched, 1), "unix:" + socket},
                                  "ready "));
  const auto dial = [](const Process& process, bool token) {
    return Dial(process.id(), Word(process, 0), token ? Word(process, 1) : "", kConnections);
  };
  servers.batched_target = dial(*servers.batched, true);
  servers.single_target = dial(*servers.single, true);
  servers.uncached_target = dial(*servers.uncached, true);
  servers.peer_target = dial(*servers.peer, false);
  servers.bare_target = dial(*servers.batched, false);
  servers.bare_uncached_target = dial(*servers.uncached, false);
  return servers;
}

// One data folder, and the same for every site.
absl::Status MakeData(const std::string& folder, int cohorts) {
  RETURN_IF_ERROR(Fill(folder + "/batched", cohorts));
  for (const char* site : {"/single", "/uncached"})
    std::filesystem::copy(folder + "/batched", folder + site,
                          std::filesystem::copy_options::recursive);
  return absl::OkStatus();
}

class Bench {
 public:
  Bench(const Scale& scale, std::string folder)
      : scale_(scale),
        folder_(std::move(folder)),
        batched_(scale.cohorts),
        single_(scale.cohorts) {}

  absl::Status Run() {
    if (absl::GetFlag(FLAGS_overload)) return Overloads();
    if (absl::GetFlag(FLAGS_web)) return Web();
    RETURN_IF_ERROR(BesideBatches());
    if (absl::GetFlag(FLAGS_beside)) return absl::OkStatus();
    RETURN_IF_ERROR(MakeData(folder_, scale_.cohorts));
    {
      ASSIGN_OR_RETURN(const Servers servers, StartServers(folder_));
      RETURN_IF_ERROR(
          Round(servers).status());  // warms caches, connections and the token's verification
      outcomes_.clear();
      for (int i = 0; i < scale_.rounds; ++i) {
        ASSIGN_OR_RETURN(auto rates, Round(servers));
        report_.AddRound(std::move(rates));
        ASSIGN_OR_RETURN(std::vector<double> syncs, SyncMicroseconds(folder_, kSyncsPerRound));
        syncs_.insert(syncs_.end(), syncs.begin(), syncs.end());
      }
    }
    return Conclude();
  }

  const Report& report() const { return report_; }

 private:
  using Rates = std::map<std::string, double>;

  absl::Status Measure(const std::string& name, const Load& load, Rates& rates) {
    ASSIGN_OR_RETURN(const Outcome outcome, Drive(load, scale_.turn));
    rates[name] = outcome.per_second();
    rates[name + "_processor_us"] = outcome.processor_us();
    outcomes_[name].push_back(outcome);
    return absl::OkStatus();
  }

  // At sites of their own, for a batch takes many applications.
  absl::Status BesideBatches() {
    const int cohorts = scale_.rounds * kBesideCohortsPerRound;
    const std::string sqlite = folder_ + "/beside", postgres = absl::GetFlag(FLAGS_postgres);
    RETURN_IF_ERROR(Fill(sqlite, cohorts));
    RETURN_IF_ERROR(Beside("sqlite", {sqlite, "256", "0"}));
    if (postgres.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(FillPostgres(folder_ + "/beside_postgres", postgres, cohorts));
    return Beside("postgres", {folder_ + "/beside_postgres", "256", "0", postgres});
  }

  absl::Status Beside(const std::string& engine, const std::vector<std::string>& site) {
    std::vector<std::string> words = {"/proc/self/exe", "site"};
    words.insert(words.end(), site.begin(), site.end());
    ASSIGN_OR_RETURN(const std::unique_ptr<Process> process, Process::Start(words, "ready "));
    const Target target = Dial(process->id(), Word(*process, 0), Word(*process, 1), kConnections);
    return MeasureBeside(target, engine, scale_.rounds, report_);
  }

  absl::Status Overloads() {
    const std::string sqlite = folder_ + "/overload", postgres = absl::GetFlag(FLAGS_postgres);
    RETURN_IF_ERROR(Fill(sqlite, 1));
    RETURN_IF_ERROR(OverloadsOf("sqlite", {sqlite, "256", "0"}));
    if (postgres.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(FillPostgres(folder_ + "/overload_postgres", postgres, 1));
    return OverloadsOf("postgres", {folder_ + "/overload_postgres", "256", "0", postgres});
  }

  absl::Status Web() {
    RETURN_IF_ERROR(Fill(folder_ + "/web", 1));
    ASSIGN_OR_RETURN(const auto site, StartSite(folder_ + "/web", 256, kNearBytes));
    ASSIGN_OR_RETURN(const auto portal,
                     Process::Start({"/proc/self/exe", "portal", Word(*site, 0)}, "ready "));
    const Target direct = Dial(site->id(), Word(*site, 0), Word(*site, 1), kConnections);
    return MeasureWeb(
        {&direct, Word(*portal, 0), portal->id(), Gets(SmallCohorts()), scale_.rounds, scale_.turn},
        report_);
  }

  absl::Status OverloadsOf(const std::string& engine, const std::vector<std::string>& site) {
    std::vector<std::string> words = {"/proc/self/exe", "site"};
    words.insert(words.end(), site.begin(), site.end());
    ASSIGN_OR_RETURN(const std::unique_ptr<Process> process, Process::Start(words, "ready "));
    std::unique_ptr<Share> share;
    if (absl::GetFlag(FLAGS_share) > 0) {
      ASSIGN_OR_RETURN(share, Share::Hold(process->id(), absl::GetFlag(FLAGS_share)));
    }
    const bool brief = absl::GetFlag(FLAGS_brief);
    const Target target = Dial(process->id(), Word(*process, 0), Word(*process, 1), kConnections);
    const auto flood = [&](const std::string& token) {
      return Dial(process->id(), Word(*process, 0), token, kConnections,
                  !absl::GetFlag(FLAGS_hostile));
    };
    const Target deputy = flood(Word(*process, 2)), other = flood(Word(*process, 3)),
                 nobody = flood("");
    const auto measure = [&](const std::string& name, const Load& load, std::vector<Flood> floods) {
      return MeasureOverload({absl::StrCat(name, "_", engine), load, process->id(), scale_.overload,
                              std::move(floods)},
                             report_);
    };
    // As many callers as are served within 50 ms, so that the peak is measured without a refusal.
    const std::string service = "/vivier.enrolment.v1.CohortService/",
                      list = service + "ListCohorts", update = service + "UpdateCohort",
                      get = service + "GetCohort";
    if (!brief)
      RETURN_IF_ERROR(measure(
          "list", {&target, list, 8, Lists()},
          {{"principal", {&deputy, list, 0, Lists()}}, {"peer", {&nobody, list, 0, Lists()}}}));
    RETURN_IF_ERROR(measure("write", {&target, update, 32, Updates(SmallCohorts())},
                            {{"school", {&other, update, 0, Updates(SmallCohorts(kOtherSchool))}},
                             {"principal", {&deputy, update, 0, Updates(LargeCohorts())}}}));
    return measure("get", {&target, get, 64, Gets(SmallCohorts())},
                   {{"principal", {&deputy, get, 0, Gets(SmallCohorts())}},
                    {"peer", {&nobody, get, 0, Gets(SmallCohorts())}}});
  }

  absl::StatusOr<Rates> Round(const Servers& servers) {
    const std::string check = "/grpc.health.v1.Health/Check",
                      get = "/vivier.enrolment.v1.CohortService/GetCohort";
    const Next nothing = [] { return std::string(); };
    Rates rates;
    RETURN_IF_ERROR(Measure("empty", {&servers.bare_target, check, kReaders, nothing}, rates));
    RETURN_IF_ERROR(
        Measure("near_300", {&servers.batched_target, get, kReaders, Gets(SmallCohorts())}, rates));
    RETURN_IF_ERROR(
        Measure("near_2k", {&servers.batched_target, get, kReaders, Gets(LargeCohorts())}, rates));
    RETURN_IF_ERROR(Measure("empty_uncached",
                            {&servers.bare_uncached_target, check, kReaders, nothing}, rates));
    RETURN_IF_ERROR(
        Measure("sqlite", {&servers.uncached_target, get, kReaders, Gets(SmallCohorts())}, rates));
    RETURN_IF_ERROR(Measure("empty_peer", {&servers.peer_target, check, kReaders, nothing}, rates));
    RETURN_IF_ERROR(
        Measure("peer_redis", {&servers.peer_target, get, kReaders, Gets(SmallCohorts())}, rates));
    for (const int callers : kCallers) {
      RETURN_IF_ERROR(
          Admit(absl::StrCat("admit_", callers), servers.batched_target, callers, batched_, rates));
      RETURN_IF_ERROR(Admit(absl::StrCat("admit_", callers, "_single"), servers.single_target,
                            std::min(callers, kSingleCallers), single_, rates));
    }
    return rates;
  }

  absl::Status Admit(const std::string& name, const Target& target, int callers,
                     Admissions& admissions, Rates& rates) {
    const std::string path = "/vivier.enrolment.v1.AdmissionService/AdmitApplication";
    RETURN_IF_ERROR(
        Measure(name, {&target, path, callers, admissions.AtMost(scale_.admissions_max)}, rates));
    return admissions.Left();
  }

  // The rate, and what a call costs the server's processor.
  void OverEmpty(const std::string& name, const std::string& measurement, const std::string& empty,
                 double target = 0) {
    report_.Ratio(name + "_over_empty", measurement, empty, target);
    report_.Ratio(name + "_processor_over_empty", measurement + "_processor_us",
                  empty + "_processor_us");
  }

  // After the servers have stopped: what stands in their data, and the figures.
  absl::Status Conclude() {
    OverEmpty("get_near_cache_2k", "near_2k", "empty", 0.8);
    OverEmpty("get_near_cache_300", "near_300", "empty");
    OverEmpty("get_sqlite", "sqlite", "empty_uncached", 0.7);
    OverEmpty("get_peer_redis", "peer_redis", "empty_peer", 0.55);
    for (const int callers : kCallers) {
      const std::string name = absl::StrCat("admit_", callers);
      report_.Ratio(name + "_over_single", name, name + "_single", callers == 64 ? 8 : 0);
      OverEmpty(name, name, "empty");
    }
    for (const auto& [name, outcomes] : outcomes_) {
      report_.Rate(name);
      report_.Median(name + "_processor_us");
    }
    ASSIGN_OR_RETURN(const double synchronous, Synchronous(folder_ + "/batched"));
    ASSIGN_OR_RETURN(const double synchronous_single, Synchronous(folder_ + "/single"));
    if (synchronous != synchronous_single)
      return Internal("the two sites do not synchronise alike");
    report_.Number("synchronous", synchronous);
    report_.Number("fsync_p50_us", Median(syncs_));
    for (const int callers : kCallers) {
      ASSIGN_OR_RETURN(
          const std::vector<double> sizes,
          BatchSizes(folder_ + "/batched", outcomes_[absl::StrCat("admit_", callers)]));
      report_.Number(absl::StrCat("batch_works_p50_", callers), Median(sizes));
      if (callers == 64) report_.Number("batch_works_p50", Median(sizes));
    }
    return absl::OkStatus();
  }

  const Scale scale_;
  const std::string folder_;
  Admissions batched_, single_;
  Report report_;
  std::map<std::string, std::vector<Outcome>> outcomes_;
  std::vector<double> syncs_;
};

absl::Status RunBench() {
  const Folder folder;
  if (folder.path().empty()) return Unavailable("cannot make a folder for the data");
  Bench bench(absl::GetFlag(FLAGS_quick) ? kQuick : kFull, folder.path());
  RETURN_IF_ERROR(bench.Run());
  std::cout << (absl::GetFlag(FLAGS_json) ? bench.report().Json() : bench.report().Table());
  return absl::OkStatus();
}

absl::Status Main(const std::vector<char*>& words) {
  if (words.size() < 2) return RunBench();
  const std::string role = words[1];
  const std::vector<std::string> rest(words.begin() + 2, words.end());
  if (role == "site") return ServeSite(rest);
  if (role == "peer") return ServePeer(rest);
  if (role == "portal") return ServePortal(rest);
  return InvalidField("command line", "takes flags only");
}

}  // namespace
}  // namespace vivier::bench

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "vivier-bench [--json] [--quick] [--folder DIR]: ratios to an empty rpc and to single "
      "commits");
  const absl::Status status = vivier::bench::Main(absl::ParseCommandLine(argc, argv));
  if (status.ok()) return 0;
  std::cerr << status.ToString() << "\n";
  return 1;
}
