// A national node as `vivier node create` configures it: the very text of what it writes and of the
// components, in which nothing is replaced but addresses and folders; a process for each service,
// mutual TLS, a real issuer, no development mode. Ask and Try are thread-safe, the rest is not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/uuid.h"
#include "shared/service/channel.h"
#include "shared/storage/engines/database.h"
#include "tests/identity/issuer.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"

namespace vivier::testing {

class NationalNode {
 public:
  NationalNode(storage::Engine engine, const Issuer& issuer);
  ~NationalNode();

  // Asks as an outsider does, by the edge, with that bearer token; the request is text, in which $N
  // stands for schools/france.
  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& authorization, const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(InFrance(text), &request)) << text;
    if constexpr (requires { request.set_request_id(""); }) request.set_request_id(RandomUuid());
    return rpc::Invoke<Response>(ChannelTo(rpc::ServiceOf(Request::descriptor()->file())),
                                 *rpc::MethodTaking(*Request::descriptor()), request,
                                 {absl::Seconds(20), authorization, ""});
  }
  // "OK", or the reason of the refusal.
  template <class Response, class Request>
  std::string Try(const std::string& authorization, const std::string& text) {
    const absl::Status status = Ask<Response, Request>(authorization, text).status();
    return status.ok() ? "OK" : ReasonOf(status);
  }
  // Ends the test where the call fails.
  template <class Response, class Request>
  Response Must(const std::string& authorization, const std::string& text) {
    absl::StatusOr<Response> response = Ask<Response, Request>(authorization, text);
    EXPECT_TRUE(response.ok()) << Request::descriptor()->name() << ": " << response.status();
    return response.value_or(Response());
  }

  // A command of the operator at the machine: its exit status.
  int Command(const std::string& command, const std::string& argument = "");

  // For the schools below: where figures are taken, and who may have signed for that.
  const std::string& address() const { return addresses_.at("statistics"); }
  std::string certificates() const { return certificates_.folder(); }

 private:
  static std::string InFrance(const std::string& text);
  void Create(const Issuer& issuer);
  void Configure(const std::string& process, int port);
  rpc::Channel& ChannelTo(const std::string& service);

  const storage::Engine engine_;
  const std::string folder_;
  const std::string postgres_;
  Certificates certificates_{"free-schools", "france"};
  std::map<std::string, std::string> addresses_;  // by service
  std::map<std::string, std::shared_ptr<rpc::Channel>> channels_;
  std::vector<std::unique_ptr<Process>> processes_;
};

// A school below it, which takes part in figures and nothing else: one process on SQLite. Open may
// be called beside the others; the rest is not thread-safe.
class SchoolBelow {
 public:
  SchoolBelow(const std::string& name, const NationalNode& node, const std::string& code);
  ~SchoolBelow();

  // Opens another cohort, so that there are other figures, and has them sent.
  void Open();

  // Lines of its log that tell of figures that were not taken.
  std::vector<std::string> Complaints() const;
  // What `vivier doctor` prints there.
  std::string Doctor() const;

 private:
  template <class Response, class Request>
  Response Must(const std::string& text);

  const std::string name_;
  const std::string folder_;
  std::unique_ptr<Process> process_;
  std::shared_ptr<rpc::Channel> channel_;
  std::string authorization_, revision_;
  int opened_ = 0;
};

// Asks until it is so; false after half a minute.
bool Eventually(const std::function<bool()>& holds);

}  // namespace vivier::testing
