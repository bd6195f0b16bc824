#include "shared/command/running.h"

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/command/session.h"
#include "shared/site/certificates.h"
#include "shared/transport/channel.h"

namespace vivier::command {

absl::StatusOr<std::unique_ptr<Running>> Running::Open(const Settings& settings) {
  auto running = std::make_unique<Running>();
  running->data_ = settings.data;
  running->config_ = settings.config;
  if (ReadNotes(settings.data).empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNING",
                 absl::StrCat("nothing serves ", settings.data, "; start `vivier serve all --data ",
                              settings.data, "`"));
  }
  RETURN_IF_ERROR(site::CheckCertificates(settings.config, "operator"));
  ASSIGN_OR_RETURN(running->tokens_, site::Tokens::Load(settings.config, settings.data));
  return running;
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Running::To(const std::string& service) {
  const std::map<std::string, Note> notes = ReadNotes(data_);
  const auto note = notes.find(service);
  if (note == notes.end()) return Unavailable(absl::StrCat(service, " does not run here"));
  std::shared_ptr<rpc::Channel>& channel = channels_[note->second.address];
  if (channel == nullptr)
    channel = transport::Connect(
        {.target = note->second.address, .tls = site::DiallingTls(config_, "operator", service)});
  return channel;
}

}  // namespace vivier::command
