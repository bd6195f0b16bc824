#include "shared/command/session.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"

namespace vivier::command {
std::map<std::string, Note> ReadNotes(const std::string& data) {
  std::map<std::string, Note> notes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/run", error)) {
    if (entry.path().extension() != ".address") continue;
    Note note;
    std::ifstream(entry.path()) >> note.process >> note.address;
    if (note.process > 0 && kill(note.process, 0) == 0) notes[entry.path().stem().stem()] = note;
  }
  return notes;
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
    if (!std::filesystem::is_directory(settings.data))
      return NotFound("the folder " + settings.data);
    site::Site::Options options;
    options.config = settings.config;
    options.config.set_listen_address("127.0.0.1:0");
    options.config.clear_metrics_address();
    options.config.clear_health_address();
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

RunNotes::RunNotes(const std::string& data, const std::vector<std::string>& services,
                   const std::string& address) {
  std::filesystem::create_directories(data + "/run");
  for (const std::string& service : services) {
    files_.push_back(absl::StrCat(data, "/run/", service, ".", getpid(), ".address"));
    const std::string fresh = files_.back() + ".new";
    std::ofstream(fresh) << getpid() << ' ' << address << '\n';
    std::filesystem::rename(fresh, files_.back());
  }
}

RunNotes::~RunNotes() {
  std::error_code error;
  for (const std::string& file : files_) std::filesystem::remove(file, error);
}

}  // namespace vivier::command
