#include "shared/command/session.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/cli/input.h"
#include "shared/cli/options.h"
#include "shared/log/log.h"
#include "shared/process/vitals.h"
#include "shared/signin/store.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"

namespace vivier::command {
namespace {

constexpr char kServiceNote[] = ".address", kPortalNote[] = ".web";

// Of a folder; a copy has another one.
uint64_t NumberOf(const std::string& folder) {
  struct stat found = {};
  return stat(folder.c_str(), &found) == 0 ? found.st_ino : 0;
}

// Not one that was killed and whose parent has not asked yet: it answers no more.
bool IsAlive(pid_t process) {
  if (process <= 0 || kill(process, 0) != 0) return false;
  std::ifstream file(absl::StrCat("/proc/", process, "/stat"));
  const std::string stat{std::istreambuf_iterator<char>(file), {}};
  const size_t name_end = stat.rfind(')');  // a name may hold anything
  return name_end == stat.npos || name_end + 2 >= stat.size() ||
         (stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X');
}

// "PID ADDRESS FOLDER VERSION". Those of a folder that was copied with its notes are of another
// site.
std::vector<std::pair<std::string, Note>> NotesOf(const std::string& data, const char* kind) {
  const uint64_t folder = NumberOf(data);
  std::vector<std::pair<std::string, Note>> notes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/run", error)) {
    if (entry.path().extension() != kind) continue;
    Note note;
    uint64_t of = 0;
    std::ifstream(entry.path()) >> note.process >> note.address >> of >> note.version;
    struct stat written = {};
    if (of != folder || note.process <= 0 || stat(entry.path().c_str(), &written) != 0) continue;
    note.start_time = absl::TimeFromTimespec(written.st_mtim);
    note.lives = IsAlive(note.process);
    notes.emplace_back(entry.path().stem().stem().string(), std::move(note));
  }
  return notes;
}

// gRPC ends the process over any other byte of a header.
absl::StatusOr<std::string> BearerIn(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string text, cli::ReadFile(file));
  absl::string_view token = absl::StripAsciiWhitespace(text);
  absl::ConsumePrefix(&token, "Bearer ");
  if (token.empty() || !std::all_of(token.begin(), token.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c));
      }))
    return cli::Misuse(absl::StrCat("--token-file ", file, " holds no token: one word of ASCII"));
  return absl::StrCat("Bearer ", token);
}

}  // namespace

security::Caller CallerOfLine(const cli::Line& line, const config::v1::Config& config,
                              const std::string& role) {
  const std::string given = line.Text(cli::kRole), roles = given.empty() ? role : given;
  security::Caller caller;
  caller.subject = line.Text(cli::kSubject).empty() ? roles : line.Text(cli::kSubject);
  caller.roles = absl::StrSplit(roles, ',');
  caller.schools = {config.schools().begin(), config.schools().end()};
  caller.acts_for = line.Text(cli::kPartner);
  if (!caller.acts_for.empty()) caller.kind = security::Caller::Kind::kPartner;
  return caller;
}

absl::StatusOr<Who> WhoAsks(const cli::Line& line, const Settings& settings,
                            const security::Caller& caller) {
  if (const std::string file = line.Text(cli::kTokenFile); !file.empty()) {
    ASSIGN_OR_RETURN(std::string header, BearerIn(file));
    return Who{std::move(header)};
  }
  ASSIGN_OR_RETURN(std::unique_ptr<site::Tokens> tokens,
                   site::Tokens::Load(settings.config, settings.data));
  if (settings.config.development()) {
    ASSIGN_OR_RETURN(std::string header, tokens->ForDevelopment(caller));
    return Who{std::move(header)};
  }
  if (line.Has(cli::kRole) || line.Has(cli::kSubject) || line.Has(cli::kPartner))
    return cli::Misuse(
        "--role, --subject and --partner are for a site in development; here say who asks with "
        "--token-file FILE");
  for (const config::v1::Issuer& issuer : settings.config.issuers()) {
    ASSIGN_OR_RETURN(const std::optional<std::string> token,
                     signin::AccessToken(issuer.issuer(), issuer.authority_file()));
    if (token.has_value()) return Who{"Bearer " + *token};
  }
  const bool over_tls =
      !settings.config.certificates().empty() && !ReadNotes(settings.data).empty();
  return Who{over_tls ? "" : tokens->OfService("operator"), true};
}

absl::Status Told(const Who& who, const absl::Status& status) {
  if (!who.is_operator || (!absl::IsPermissionDenied(status) && !absl::IsUnauthenticated(status)))
    return status;
  absl::Status told(status.code(),
                    absl::StrCat(status.message(),
                                 "; the operator of this machine may not ask it: "
                                 "`vivier login`, or --token-file FILE, says who does"));
  status.ForEachPayload([&told](absl::string_view type, const absl::Cord& payload) {
    told.SetPayload(type, payload);
  });
  return told;
}

std::map<std::string, Note> ReadNotes(const std::string& data) {
  std::map<std::string, Note> notes;
  for (auto& [service, note] : NotesOf(data, kServiceNote))
    if (note.lives) notes[service] = std::move(note);
  return notes;
}

std::optional<Note> ReadPortalNote(const std::string& data) {
  std::optional<Note> found;
  for (auto& [name, note] : NotesOf(data, kPortalNote))
    if (!found.has_value() || note.lives) found = std::move(note);
  return found;
}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const Settings& settings,
                                                       std::vector<site::Module> modules) {
  auto session = std::make_unique<Session>();
  const std::map<std::string, Note> notes = ReadNotes(settings.data);
  session->over_tls_ = !notes.empty() && !settings.config.certificates().empty();
  if (!notes.empty()) RETURN_IF_ERROR(site::CheckCertificates(settings.config, "operator"));
  for (const auto& [service, note] : notes) {
    std::shared_ptr<rpc::Channel>& process = session->processes_[note.address];
    if (process == nullptr)
      process = transport::Connect(
          {.target = note.address, .tls = site::DiallingTls(settings.config, "operator", service)});
    session->channels_[service] = process;
  }
  if (notes.empty()) {
    // A slip in --data would make a new school, of which nothing is broken.
    RETURN_IF_ERROR(CheckIsSite(settings));
    site::Site::Options options;
    options.config = settings.config;
    options.config.set_listen_address("127.0.0.1:0");
    options.config.clear_metrics_address();
    options.config.clear_health_address();
    options.config.clear_web();
    options.config.clear_certificates();  // nobody comes in from outside
    options.data = settings.data;
    options.modules = std::move(modules);
    options.background = false;
    std::vector<std::string> services;
    for (const site::Module& module : options.modules) services.push_back(module.name());
    ASSIGN_OR_RETURN(session->site_, site::Site::Start(std::move(options)));
    for (const std::string& service : services)
      session->channels_[service] = session->site_->channel();
    session->processes_["here"] = session->site_->channel();
  }
  ASSIGN_OR_RETURN(session->tokens_, site::Tokens::Load(settings.config, settings.data));
  return session;
}

absl::Status Session::ActAs(const cli::Line& line, const Settings& settings,
                            const std::string& role) {
  if (!line.Has(cli::kTokenFile) && !line.Has(cli::kRole) && !line.Has(cli::kSubject))
    return absl::OkStatus();
  ASSIGN_OR_RETURN(const Who who,
                   WhoAsks(line, settings, CallerOfLine(line, settings.config, role)));
  authorization_ = who.header;
  return absl::OkStatus();
}

absl::StatusOr<rpc::Channel*> Session::To(const std::string& service) {
  auto channel = channels_.find(service);
  if (channel == channels_.end()) return Unavailable(absl::StrCat(service, " does not run here"));
  return channel->second.get();
}

std::vector<rpc::Channel*> Session::Processes() const {
  std::vector<rpc::Channel*> processes;
  for (const auto& [address, channel] : processes_) processes.push_back(channel.get());
  return processes;
}

void RunNotes::OfServices(const std::vector<std::string>& services, const std::string& address) {
  for (const std::string& service : services)
    Write(absl::StrCat(service, ".", getpid(), kServiceNote), address);
}

void RunNotes::OfPortal(const std::string& address) {
  Write(absl::StrCat("portal.", getpid(), kPortalNote), address);
}

void RunNotes::Write(const std::string& name, const std::string& address) {
  std::error_code error;
  std::filesystem::create_directories(data_ + "/run", error);
  files_.push_back(absl::StrCat(data_, "/run/", name));
  const std::string fresh = files_.back() + ".new";
  std::ofstream(fresh) << getpid() << ' ' << address << ' ' << NumberOf(data_) << ' '
                       << site::Version() << '\n';
  std::filesystem::rename(fresh, files_.back(), error);
  if (error)
    Log(LogLevel::kWarning, "commands will not find this process: its note cannot be written",
        {{"file", files_.back()}, {"error", error.message()}});
}

RunNotes::~RunNotes() {
  std::error_code error;
  for (const std::string& file : files_) std::filesystem::remove(file, error);
}

}  // namespace vivier::command
