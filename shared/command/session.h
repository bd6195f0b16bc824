// How a command reaches a school on this machine: through the processes that serve its data folder,
// or, when none runs, by opening the data itself. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/command/settings.h"
#include "shared/security/caller.h"
#include "shared/service/channel.h"
#include "shared/site/module.h"
#include "shared/site/site.h"
#include "shared/site/tokens.h"

namespace vivier::command {

// Where a running process of the school is.
struct Note {
  pid_t process = 0;
  std::string address;
  std::string version;
  absl::Time start_time;
  bool lives = false;
};

// The notes of processes that still live, by service.
std::map<std::string, Note> ReadNotes(const std::string& data);
// That of the gateway, which is no service: where it speaks HTTP. One that lives, else one that
// ended without taking it away, else nothing.
std::optional<Note> ReadPortalNote(const std::string& data);

// Who --role, --subject and --partner say that a development token stands for; without --role, one
// of that role.
security::Caller CallerOfLine(const cli::Line& line, const config::v1::Config& config,
                              const std::string& role);

// Who asks, by the header "Bearer …": of the token that --token-file names; in development of the
// `caller`; else of who signed in with `vivier login`; else "" for the operator of this machine,
// whom a certificate names or, without TLS, a token of the site's own key. FAILED_PRECONDITION
// where neither is to be had.
struct Who {
  std::string header;
  bool is_operator = false;
};
absl::StatusOr<Who> WhoAsks(const cli::Line& line, const Settings& settings,
                            const security::Caller& caller);
// Where the operator was refused, says that somebody else would have to ask, and how.
absl::Status Told(const Who& who, const absl::Status& status);

class Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(const Settings& settings,
                                                       std::vector<site::Module> modules);

  bool running() const { return site_ == nullptr; }
  bool Serves(const std::string& service) const { return channels_.count(service) > 0; }
  // UNAVAILABLE when that service of a running school does not run.
  absl::StatusOr<rpc::Channel*> To(const std::string& service);
  // A channel to every process of the school, for what is asked of all.
  std::vector<rpc::Channel*> Processes() const;
  // Where --token-file, --role or --subject is given, all that follows is asked as whom they name,
  // of that role without --role; else as the machine's operator.
  absl::Status ActAs(const cli::Line& line, const Settings& settings, const std::string& role);
  // The answers of every process of the school together, asked as the machine's operator.
  template <class Response, class Request>
  absl::StatusOr<Response> AskAll(const Request& request) {
    Response all;
    for (const auto& [address, channel] : processes_) {
      ASSIGN_OR_RETURN(Response response, Ask<Response>(*channel, request));
      all.MergeFrom(response);
    }
    return all;
  }
  // The same page by page, however many there are; where a page does something, under a request_id
  // of its own.
  template <class Response, class Request>
  absl::Status AskAllPages(Request request, const std::function<void(const Response&)>& see) {
    for (const auto& [address, channel] : processes_) {
      request.clear_page_token();
      do {
        if constexpr (requires { request.set_request_id(""); })
          request.set_request_id(TimeOrderedUuid());
        ASSIGN_OR_RETURN(const Response page, Ask<Response>(*channel, request));
        see(page);
        request.set_page_token(page.next_page_token());
      } while (!request.page_token().empty());
    }
    return absl::OkStatus();
  }
  // The answer of one service, asked as the machine's operator.
  template <class Response, class Request>
  absl::StatusOr<Response> AskAsOperator(const std::string& service, const Request& request,
                                         absl::Duration timeout = kAskTimeout) {
    ASSIGN_OR_RETURN(rpc::Channel * channel, To(service));
    return Ask<Response>(*channel, request, timeout);
  }

 private:
  // A full check reads every row of a school.
  static constexpr absl::Duration kAskTimeout = absl::Minutes(5);

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(rpc::Channel& channel, const Request& request,
                               absl::Duration timeout = kAskTimeout) {
    const std::string of_operator = over_tls_ ? "" : tokens_->OfService("operator");
    return rpc::Invoke<Response>(
        channel, *rpc::MethodTaking(*Request::descriptor()), request,
        {timeout, authorization_.empty() ? of_operator : authorization_, ""});
  }

  bool over_tls_ = false;      // then the certificate says who we are
  std::string authorization_;  // of whom the options name
  std::map<std::string, std::shared_ptr<rpc::Channel>> channels_;   // by service
  std::map<std::string, std::shared_ptr<rpc::Channel>> processes_;  // by address
  std::unique_ptr<site::Tokens> tokens_;
  std::unique_ptr<site::Site> site_;  // where nothing runs
};

// Leaves a note of a running process in DATA/run, SERVICE.PID.address for each of its services,
// which Session reads, and portal.PID.web of a gateway; removed at the end. Of several replicas of
// a service a command asks one.
class RunNotes {
 public:
  explicit RunNotes(std::string data) : data_(std::move(data)) {}
  ~RunNotes();

  void OfServices(const std::vector<std::string>& services, const std::string& address);
  void OfPortal(const std::string& address);

 private:
  void Write(const std::string& name, const std::string& address);

  const std::string data_;
  std::vector<std::string> files_;
};

}  // namespace vivier::command
