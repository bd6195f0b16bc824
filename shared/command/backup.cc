// Backups of a school's databases, see docs/backup.md.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "shared/backup/erased.h"
#include "shared/backup/forks.h"
#include "shared/backup/place.h"
#include "shared/backup/restore.h"
#include "shared/backup/take.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/log/log.h"
#include "shared/security/school_key.h"
#include "shared/site/clock.h"

namespace vivier::command {
namespace {

using backup::Store;

// Deleting reads every manifest, so not with every generation.
constexpr absl::Duration kPruneInterval = absl::Minutes(10);

std::string KeyFile(const Settings& settings) {
  return absl::StrCat(settings.data, "/keys/", security::kSchoolKeyFile);
}

// One for each key that is there.
absl::StatusOr<std::vector<std::string>> ProofsOfKeys(const Settings& settings) {
  ASSIGN_OR_RETURN(const security::SchoolKey key,
                   security::SchoolKey::OfFolder(settings.data + "/keys"));
  return key.BlindIndexes("backup", "school key");
}

std::vector<backup::Source> SourcesOf(const Settings& settings, const Modules& modules) {
  std::vector<backup::Source> sources;
  for (const site::Module& module : modules)
    sources.push_back(
        {module.name(), site::DatabaseUrl(settings.config, settings.data, module.name())});
  return sources;
}

// A copy on the volume that it is to survive is none.
absl::Status CheckIsElsewhere(const std::string& folder, const Settings& settings) {
  const std::string data = std::filesystem::weakly_canonical(settings.data).string() + "/";
  const std::string there = std::filesystem::weakly_canonical(folder).string() + "/";
  return absl::StartsWith(there, data)
             ? InvalidField("DIR", "lies in the data folder, whose loss it is to survive")
             : absl::OkStatus();
}

absl::StatusOr<backup::Taken> AddGeneration(const Settings& settings, const Modules& modules,
                                            Store& store) {
  // A job that copies may have no key; then a restore cannot tell that it has the right one.
  const std::string proof =
      absl::StrJoin(ProofsOfKeys(settings).value_or(std::vector<std::string>()), " ");
  ASSIGN_OR_RETURN(backup::Taken taken,
                   backup::TakeBackup(SourcesOf(settings, modules), proof, absl::Now(), store));
  RETURN_IF_ERROR(backup::MergeErased(settings.data + "/erased", store.folder() + "/erased"));
  return taken;
}

// A generation of what somebody changed is kept all the same, beside the better ones before it.
absl::Status Judged(const backup::Taken& taken) {
  if (taken.findings.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kDataLoss, "ROW_CHANGED",
               absl::StrCat("the backup was made, of data that were changed outside the program: ",
                            absl::StrJoin(taken.findings, "; "),
                            "; vivier verify says what else, backups before have them as they "
                            "were"));
}

absl::Status BackUpOnce(const Settings& settings, const Modules& modules, Store& store) {
  ASSIGN_OR_RETURN(const backup::Taken taken, AddGeneration(settings, modules, store));
  std::cout << taken.generation << "\n"
            << taken.rows << " rows, " << taken.bytes_written << " bytes written, the cut took "
            << absl::ToInt64Microseconds(taken.cut) << " µs\n";
  return Judged(taken);
}

// Waits until then; true when a signal asks to end.
bool EndsBefore(absl::Time next, const sigset_t& signals) {
  const timespec patience = absl::ToTimespec(std::max(absl::ZeroDuration(), next - absl::Now()));
  return sigtimedwait(&signals, nullptr, &patience) > 0;
}

absl::Status Follow(const Settings& settings, const Modules& modules, Store& store,
                    absl::Duration interval) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  SetLogService("backup");
  absl::Time pruned = absl::Now();
  while (true) {
    const absl::Time start = absl::Now();
    const absl::StatusOr<backup::Taken> taken = AddGeneration(settings, modules, store);
    if (taken.ok())
      Log(LogLevel::kInfo, "backed up",
          {{"generation", taken->generation},
           {"bytes_written", absl::StrCat(taken->bytes_written)},
           {"seconds", absl::StrCat(absl::ToDoubleSeconds(absl::Now() - start))}});
    if (const absl::Status judged = taken.ok() ? Judged(*taken) : absl::OkStatus(); !judged.ok())
      Log(LogLevel::kError, "what was backed up was changed outside the program",
          {{"generation", taken->generation}, {"error", judged.message()}});
    if (!taken.ok())
      Log(LogLevel::kError, "no backup was made", {{"error", taken.status().message()}});
    if (start - pruned >= kPruneInterval) {
      RETURN_IF_ERROR(store.Prune(start));
      pruned = start;
    }
    if (EndsBefore(start + interval, signals)) return absl::OkStatus();
  }
}

absl::Status BackUp(const Line& line, const Modules& modules) {
  const std::string folder = line.Argument(0);
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  if (settings.config.engine() == config::v1::SQLITE) RETURN_IF_ERROR(CheckIsSite(settings));
  RETURN_IF_ERROR(CheckIsElsewhere(folder, settings));
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, Store::OpenToWrite(folder, absl::Now()));
  return line.Is(cli::kFollow) ? Follow(settings, modules, *store, line.Duration(cli::kInterval))
                               : BackUpOnce(settings, modules, *store);
}

// The time of acts: a site in development may have a clock of its own.
absl::Time TimeOfActs(const Settings& settings) {
  std::error_code error;
  if (!settings.config.development() || !std::filesystem::exists(settings.data + "/clock", error))
    return absl::Now();
  const auto clock = site::Clock::Open(settings.config, settings.data);
  return clock.ok() ? (*clock)->Now() : absl::Now();
}

// A generation that is to be put back into the data of `settings`.
struct Chosen {
  Settings settings;
  std::unique_ptr<Store> store;
  std::string generation;
  backup::v1::Manifest manifest;
  std::shared_ptr<const security::SchoolKey> key;
  std::unique_ptr<backup::Alone> alone;

  backup::Restoring Restoring() const {
    backup::Restoring restoring;
    restoring.target.data = settings.data;
    if (settings.config.engine() == config::v1::POSTGRES)
      restoring.target.postgres = settings.config.postgres();
    restoring.now = TimeOfActs(settings);
    restoring.key = key;
    return restoring;
  }
};

// Without the key nobody could read a person's data again, and a process that starts without one
// makes a new one.
absl::Status CheckKey(const Chosen& chosen) {
  const absl::StatusOr<std::vector<std::string>> proofs = ProofsOfKeys(chosen.settings);
  const std::vector<std::string> expected =
      absl::StrSplit(chosen.manifest.school_key_proof(), ' ', absl::SkipEmpty());
  const auto is_there = [&proofs](const std::string& proof) {
    return std::find(proofs->begin(), proofs->end(), proof) != proofs->end();
  };
  if (proofs.ok() && std::all_of(expected.begin(), expected.end(), is_there))
    return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY",
               absl::StrCat(KeyFile(chosen.settings),
                            " is not the key of this backup; put the school's key of then there "
                            "first, or beside it as ",
                            security::kPreviousSchoolKeyFile));
}

absl::StatusOr<Chosen> Choose(const Line& line, const std::string& folder) {
  Chosen chosen;
  ASSIGN_OR_RETURN(chosen.settings, ReadSettings(line));
  if (!ReadNotes(chosen.settings.data).empty())
    return Error(absl::StatusCode::kFailedPrecondition, "STILL_RUNNING",
                 "stop every process of the site first");
  ASSIGN_OR_RETURN(chosen.store, Store::OpenToRead(folder));
  ASSIGN_OR_RETURN(chosen.generation, chosen.store->Find(line.Text(cli::kGeneration)));
  ASSIGN_OR_RETURN(chosen.manifest, chosen.store->Read(chosen.generation));
  RETURN_IF_ERROR(CheckKey(chosen));
  ASSIGN_OR_RETURN(security::SchoolKey key,
                   security::SchoolKey::OfFolder(chosen.settings.data + "/keys"));
  chosen.key = std::make_shared<const security::SchoolKey>(std::move(key));
  ASSIGN_OR_RETURN(chosen.alone, backup::Alone::Take(chosen.Restoring().target));
  return chosen;
}

// The lists of erasures first: what starts on the restored data applies them before it serves.
absl::Status PutBack(const Chosen& chosen, const backup::Restoring& restoring) {
  const absl::Time start = absl::Now();
  RETURN_IF_ERROR(
      backup::MergeErased(chosen.store->folder() + "/erased", chosen.settings.data + "/erased"));
  ASSIGN_OR_RETURN(const int64_t rows,
                   backup::Restore(restoring, chosen.manifest, *chosen.store, *chosen.alone));
  std::cout << "restored " << chosen.generation << ": " << rows << " rows in "
            << absl::FormatDuration(absl::Trunc(absl::Now() - start, absl::Milliseconds(1)))
            << "\n";
  return absl::OkStatus();
}

absl::Status RestoreFrom(const Line& line, const std::string& folder) {
  ASSIGN_OR_RETURN(const Chosen chosen, Choose(line, folder));
  backup::Restoring restoring = chosen.Restoring();
  restoring.replace = line.Is(cli::kReplace);
  restoring.method = "vivier.restore";
  restoring.reason = "restored " + chosen.generation;
  return PutBack(chosen, restoring);
}

std::string ToJson(const site::v1::AuditRecord& record) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  google::protobuf::util::MessageToJsonString(record, &json, options);
  return json;
}

void Print(const backup::Fork& fork) {
  std::cout << "LOG_FORKED schools/" << fork.school << ": " << fork.follower
            << " has taken note of event " << fork.cursor << " of " << fork.producer
            << ", whose log ends at " << fork.log_end << " or differs; " << fork.effects.size()
            << " of its effects have no cause any more:\n";
  for (const site::v1::AuditRecord& effect : fork.effects)
    std::cout << "  " << ToJson(effect) << "\n";
}

absl::StatusOr<std::vector<backup::Fork>> ShowForks(const Settings& settings,
                                                    const Modules& modules) {
  ASSIGN_OR_RETURN(const auto cut, backup::Cut::Take(SourcesOf(settings, modules)));
  ASSIGN_OR_RETURN(std::vector<backup::Fork> forks, backup::FindForks(*cut));
  for (const backup::Fork& fork : forks) Print(fork);
  return forks;
}

// Writes what will be lost into a new file before anything is; gives what the audit trail says of
// it.
absl::StatusOr<std::string> ListLost(const Chosen& chosen, const Modules& modules, absl::Time now) {
  ASSIGN_OR_RETURN(const auto cut, backup::Cut::Take(SourcesOf(chosen.settings, modules)));
  ASSIGN_OR_RETURN(const auto lost, backup::RecordsBeyond(*cut, chosen.manifest, *chosen.store));
  std::string text;
  for (const site::v1::AuditRecord& record : lost) absl::StrAppend(&text, ToJson(record), "\n");
  const std::string folder = chosen.settings.data + "/reconciled";
  const std::string path = absl::StrCat(
      folder, "/", absl::FormatTime("%Y-%m-%dT%H-%M-%SZ", now, absl::UTCTimeZone()), ".jsonl");
  std::filesystem::create_directories(folder);
  std::ofstream file(path);
  if (!(file << text).flush()) return Unavailable("cannot write " + path);
  std::cout << lost.size()
            << " records of the audit trails are not in the backup; they are listed in " << path
            << "\n";
  return absl::StrCat("went back to ", chosen.generation, "; ", lost.size(),
                      " records lost by it are listed in ", path, ", SHA-256 ", Hex(Sha256(text)));
}

// True when nothing is forked any more.
absl::StatusOr<bool> SettleForks(const Line& line, const Modules& modules) {
  const std::string folder = line.Text(cli::kTo);
  if (folder.empty()) {
    ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
    RETURN_IF_ERROR(CheckIsSite(settings));
    ASSIGN_OR_RETURN(const auto forks, ShowForks(settings, modules));
    return forks.empty();
  }
  ASSIGN_OR_RETURN(const Chosen chosen, Choose(line, folder));
  RETURN_IF_ERROR(backup::CheckIsWhole(chosen.manifest));
  ASSIGN_OR_RETURN(const auto forks, ShowForks(chosen.settings, modules));
  if (forks.empty()) return true;
  backup::Restoring restoring = chosen.Restoring();
  restoring.replace = true;
  restoring.method = "vivier.reconcile";
  ASSIGN_OR_RETURN(restoring.reason, ListLost(chosen, modules, restoring.now));
  RETURN_IF_ERROR(PutBack(chosen, restoring));
  return true;
}

}  // namespace

absl::StatusOr<int> Backup(const Line& line, Modules modules) {
  RETURN_IF_ERROR(BackUp(line, modules));
  return 0;
}

absl::StatusOr<int> Restore(const Line& line, Modules modules) {
  RETURN_IF_ERROR(RestoreFrom(line, line.Argument(0)));
  return VerifyAll(line, std::move(modules));
}

absl::StatusOr<int> Reconcile(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const bool settled, SettleForks(line, modules));
  if (!settled) return 1;
  return line.Has(cli::kTo) ? VerifyAll(line, std::move(modules)) : 0;
}

}  // namespace vivier::command
