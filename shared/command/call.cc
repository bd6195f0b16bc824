#include <algorithm>
#include <cstdio>
#include <iostream>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/log/log.h"
#include "shared/service/method.h"
#include "shared/service/operation.h"
#include "shared/transport/channel.h"

ABSL_FLAG(std::string, role, "school_director",
          "roles of the token, comma-separated (services/policy/roles.cc)");
ABSL_FLAG(std::string, subject, "", "whom the token stands for; the role by default");
ABSL_FLAG(std::string, partner, "",
          "the company that a partner's token, the funder that a funder's acts for");
ABSL_FLAG(std::string, reason, "",
          "why the call goes beyond a read budget; kept in the audit record");
ABSL_FLAG(std::string, traceparent, "",
          "call: a W3C trace context to go on with; one that is logged by default");
ABSL_FLAG(bool, list, false, "call: name every rpc");
ABSL_FLAG(std::string, edge, "", "call: HOST:PORT of the edge, to come in as an outsider does");
ABSL_FLAG(std::string, edge_authority, "", "call: a PEM file, who signed the edge's certificate");

namespace vivier::command {
namespace {

namespace pb = google::protobuf;

security::Caller CallerOfFlags(const config::v1::Config& config) {
  const std::string roles = absl::GetFlag(FLAGS_role);
  security::Caller caller;
  caller.subject = absl::GetFlag(FLAGS_subject).empty() ? roles : absl::GetFlag(FLAGS_subject);
  caller.roles = absl::StrSplit(roles, ',');
  caller.schools = {config.schools().begin(), config.schools().end()};
  caller.acts_for = absl::GetFlag(FLAGS_partner);
  if (!caller.acts_for.empty()) caller.kind = security::Caller::Kind::kPartner;
  return caller;
}

absl::StatusOr<std::unique_ptr<pb::Message>> ParseRequest(const pb::MethodDescriptor& method,
                                                          const std::string& json) {
  std::unique_ptr<pb::Message> request = NewMessage(method.input_type());
  const auto parsed = pb::util::JsonStringToMessage(json, request.get());
  if (!parsed.ok()) return InvalidField("request", std::string(parsed.message()));
  // A person at a terminal means a new request each time.
  const pb::FieldDescriptor* id = method.input_type()->FindFieldByName("request_id");
  if (id != nullptr && request->GetReflection()->GetString(*request, id).empty())
    request->GetReflection()->SetString(request.get(), id, TimeOrderedUuid());
  return request;
}

absl::StatusOr<std::string> TokenOfFlags(const Settings& settings) {
  RETURN_IF_ERROR(site::CreateKeys(settings.data));
  ASSIGN_OR_RETURN(std::unique_ptr<site::Tokens> tokens,
                   site::Tokens::Load(settings.config, settings.data));
  return tokens->ForDevelopment(CallerOfFlags(settings.config));
}

std::string TraceOfFlags() {
  const std::string given = absl::GetFlag(FLAGS_traceparent);
  return given.empty() ? Traceparent::New(/*sampled=*/true).ToString() : given;
}

// gRPC ends the process over any other byte of a header.
absl::Status CheckHeader(const std::string& flag, const std::string& value) {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? absl::OkStatus()
                   : InvalidField(flag, "is a header, which takes printable ASCII without accents");
}

absl::StatusOr<std::string> Ask(rpc::Channel& channel, const pb::MethodDescriptor& method,
                                const pb::Message& request, const Settings& settings) {
  RETURN_IF_ERROR(CheckHeader("reason", absl::GetFlag(FLAGS_reason)));
  RETURN_IF_ERROR(CheckHeader("traceparent", absl::GetFlag(FLAGS_traceparent)));
  ASSIGN_OR_RETURN(std::string authorization, TokenOfFlags(settings));
  return channel.Call(
      rpc::PathOf(method), request.SerializeAsString(),
      {absl::Seconds(30), authorization, TraceOfFlags(), absl::GetFlag(FLAGS_reason)});
}

absl::StatusOr<std::string> AskEdge(const pb::MethodDescriptor& method, const pb::Message& request,
                                    const Settings& settings) {
  transport::Tls tls;
  tls.authorities = absl::GetFlag(FLAGS_edge_authority);
  return Ask(*transport::Connect({.target = absl::GetFlag(FLAGS_edge), .tls = tls}), method,
             request, settings);
}

absl::StatusOr<std::string> AskService(const pb::MethodDescriptor& method,
                                       const pb::Message& request, const Settings& settings,
                                       Modules modules) {
  const std::string service = rpc::ServiceFor(request);
  if (service.empty()) return InvalidField("service", "is required");
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Open(settings, std::move(modules)));
  ASSIGN_OR_RETURN(rpc::Channel * channel, session->To(service));
  return Ask(*channel, method, request, settings);
}

absl::Status CallMethod(const pb::MethodDescriptor& method, const std::string& json,
                        Modules modules) {
  ASSIGN_OR_RETURN(Settings settings, ReadSettings());
  ASSIGN_OR_RETURN(std::unique_ptr<pb::Message> request, ParseRequest(method, json));
  ASSIGN_OR_RETURN(std::string bytes,
                   absl::GetFlag(FLAGS_edge).empty()
                       ? AskService(method, *request, settings, std::move(modules))
                       : AskEdge(method, *request, settings));
  std::unique_ptr<pb::Message> response = NewMessage(method.output_type());
  if (!response->ParseFromString(bytes)) return Internal("the answer is no message of its type");
  pb::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string text;
  if (!pb::util::MessageToJsonString(*response, &text, options).ok())
    return Internal("the answer does not print");
  std::cout << text;
  return absl::OkStatus();
}

std::string PathOf(const pb::MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

// Those of the services, and those about the operations that they began.
std::vector<const pb::MethodDescriptor*> AllMethods(const Modules& modules) {
  std::vector<const pb::MethodDescriptor*> methods;
  const auto add = [&methods](const std::vector<const pb::MethodDescriptor*>& more) {
    methods.insert(methods.end(), more.begin(), more.end());
  };
  for (const site::Module& module : modules) add(module.service.methods());
  add(rpc::MethodsOf("operations"));
  return methods;
}

int ListMethods(const Modules& modules) {
  for (const pb::MethodDescriptor* method : AllMethods(modules))
    std::cout << PathOf(*method) << "\n";
  return 0;
}

}  // namespace

int Refuse(const absl::Status& status) {
  std::cerr << absl::StatusCodeToString(status.code()) << " " << ReasonOf(status) << ": "
            << status.message() << "\n";
  for (const auto& [key, value] : MetadataOf(status))
    std::cerr << "  " << key << ": " << value << "\n";
  if (const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest")) {
    google::rpc::BadRequest request;
    if (!request.ParseFromString(std::string(*payload))) return 1;
    for (const auto& violation : request.field_violations())
      std::cerr << "  " << violation.field() << ": " << violation.description() << "\n";
  }
  return 1;
}

const pb::MethodDescriptor* FindMethod(const Modules& modules, const std::string& name) {
  const pb::MethodDescriptor* found = nullptr;
  for (const pb::MethodDescriptor* method : AllMethods(modules)) {
    if (name != method->name() && name != PathOf(*method)) continue;
    if (found != nullptr) return nullptr;
    found = method;
  }
  return found;
}

int Call(const Arguments& arguments, Modules modules) {
  if (absl::GetFlag(FLAGS_list)) return ListMethods(modules);
  const pb::MethodDescriptor* method =
      arguments.empty() ? nullptr : FindMethod(modules, arguments[0]);
  if (method == nullptr)
    return Refuse(
        InvalidField("method", "is none, or several; `vivier call --list` names them all"));
  const absl::Status status =
      CallMethod(*method, arguments.size() > 1 ? arguments[1] : "{}", std::move(modules));
  return status.ok() ? 0 : Refuse(status);
}

int Token(const Arguments&, Modules) {
  const auto issued = []() -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(Settings settings, ReadSettings());
    return TokenOfFlags(settings);
  }();
  if (!issued.ok()) return Refuse(issued.status());
  std::cout << *issued << "\n";
  return 0;
}

}  // namespace vivier::command
