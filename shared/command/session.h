// How a command reaches a school on this machine: through the processes that serve its data folder,
// or, when none runs, by opening the data itself. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
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
};

// The notes of processes that still live, by service.
std::map<std::string, Note> ReadNotes(const std::string& data);

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
  absl::StatusOr<std::string> Authorization(const security::Caller& caller) {
    return tokens_->ForDevelopment(caller);
  }
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
    const std::string authorization = over_tls_ ? "" : tokens_->OfService("operator");
    return rpc::Invoke<Response>(channel, *rpc::MethodTaking(*Request::descriptor()), request,
                                 {timeout, authorization, ""});
  }

  bool over_tls_ = false;  // then the certificate says who we are
  std::map<std::string, std::shared_ptr<rpc::Channel>> channels_;   // by service
  std::map<std::string, std::shared_ptr<rpc::Channel>> processes_;  // by address
  std::unique_ptr<site::Tokens> tokens_;
  std::unique_ptr<site::Site> site_;  // where nothing runs
};

// Leaves a note of a running process in DATA/run, SERVICE.PID.address for each of its services,
// which Session reads; removed at the end. Of several replicas of a service a command asks one.
class RunNotes {
 public:
  RunNotes(const std::string& data, const std::vector<std::string>& services,
           const std::string& address);
  ~RunNotes();

 private:
  std::vector<std::string> files_;
};

}  // namespace vivier::command
