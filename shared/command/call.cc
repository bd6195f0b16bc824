#include <algorithm>
#include <cstdio>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/cli/input.h"
#include "shared/cli/nearest.h"
#include "shared/cli/options.h"
#include "shared/command/commands.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/formats/json_error.h"
#include "shared/log/log.h"
#include "shared/service/method.h"
#include "shared/service/operation.h"
#include "shared/transport/channel.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::command {
namespace {

namespace pb = google::protobuf;

// A field that there is not protobuf names in front.
absl::Status WrongJson(const pb::Descriptor& type, const std::string& said) {
  std::vector<std::string> known;
  for (int i = 0; i < type.field_count(); ++i) known.push_back(type.field(i)->json_name());
  if (const size_t end = said.find(": Cannot find field"); end != std::string::npos)
    return cli::Misuse(absl::StrCat("a ", type.name(), " has no field ", said.substr(0, end),
                                    cli::DidYouMean(said.substr(0, end), known), " It has ",
                                    absl::StrJoin(known, ", ")));
  return cli::Misuse(absl::StrCat("JSON is no ", type.name(), ": ", formats::JsonFault(said)));
}

absl::StatusOr<std::unique_ptr<pb::Message>> ParseRequest(const pb::MethodDescriptor& method,
                                                          const std::string& json) {
  std::unique_ptr<pb::Message> request = NewMessage(method.input_type());
  const auto parsed = pb::util::JsonStringToMessage(json, request.get());
  if (!parsed.ok()) return WrongJson(*method.input_type(), std::string(parsed.message()));
  // A person at a terminal means a new request each time.
  const pb::FieldDescriptor* id = method.input_type()->FindFieldByName("request_id");
  if (id != nullptr && request->GetReflection()->GetString(*request, id).empty())
    request->GetReflection()->SetString(request.get(), id, TimeOrderedUuid());
  return request;
}

// What one command line asks, and of whom.
struct Asked {
  const Line& line;
  const Settings& settings;
  const pb::MethodDescriptor& method;
  const pb::Message& request;
};

std::string TraceOf(const Line& line) {
  const std::string given = line.Text(cli::kTraceparent);
  return given.empty() ? Traceparent::New(/*sampled=*/true).ToString() : given;
}

// gRPC ends the process over any other byte of a header.
absl::Status CheckHeader(const std::string& flag, const std::string& value) {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? absl::OkStatus()
                   : InvalidField(flag, "is a header, which takes printable ASCII without accents");
}

enum class Layout { kIndented, kLine };

absl::Status Print(const pb::MethodDescriptor& method, const std::string& answer, Layout layout) {
  std::unique_ptr<pb::Message> response = NewMessage(method.output_type());
  if (!response->ParseFromString(answer)) return Internal("the answer is no message of its type");
  pb::util::JsonPrintOptions options;
  options.add_whitespace = layout == Layout::kIndented;
  std::string text;
  if (!pb::util::MessageToJsonString(*response, &text, options).ok())
    return Internal("the answer does not print");
  std::cout << text << (layout == Layout::kLine ? "\n" : "");
  return absl::OkStatus();
}

// A stream is printed message by message, a line each.
absl::Status PrintStream(const pb::MethodDescriptor& method, rpc::BlockingStream& stream) {
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<std::string> message, stream.Read());
    if (!message.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(Print(method, *message, Layout::kLine));
  }
}

absl::Status Ask(rpc::Channel& channel, const Asked& asked) {
  const auto& [line, settings, method, request] = asked;
  RETURN_IF_ERROR(CheckHeader("reason", line.Text(cli::kReason)));
  RETURN_IF_ERROR(CheckHeader("traceparent", line.Text(cli::kTraceparent)));
  ASSIGN_OR_RETURN(const Who who,
                   WhoAsks(line, settings, CallerOfLine(line, settings.config, "school_director")));
  const rpc::CallOptions options{absl::Seconds(30), who.header, TraceOf(line),
                                 line.Text(cli::kReason)};
  if (method.server_streaming()) {
    rpc::BlockingStream stream(channel, rpc::PathOf(method), request.SerializeAsString(), options);
    return Told(who, PrintStream(method, stream));
  }
  const absl::StatusOr<std::string> answer =
      channel.Call(rpc::PathOf(method), request.SerializeAsString(), options);
  RETURN_IF_ERROR(Told(who, answer.status()));
  return Print(method, *answer, Layout::kIndented);
}

absl::Status AskEdge(const Asked& asked) {
  const Line& line = asked.line;
  transport::Tls tls;
  tls.authorities = line.Text(cli::kEdgeAuthority);
  return Ask(*transport::Connect({.target = line.Text(cli::kEdge), .tls = tls}), asked);
}

absl::Status AskService(const Asked& asked, Modules modules) {
  const std::string service = rpc::ServiceFor(asked.request);
  if (service.empty()) return InvalidField("service", "is required");
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                   Session::Open(asked.settings, std::move(modules)));
  ASSIGN_OR_RETURN(rpc::Channel * channel, session->To(service));
  return Ask(*channel, asked);
}

bool IsOfProcess(const pb::MethodDescriptor& method) {
  return method.service()->file() == site::v1::GetStatusRequest::descriptor()->file();
}

// Each process answers for the services that it runs; what one does not have, another may.
absl::Status AskProcesses(const Asked& asked, Modules modules) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                   Session::Open(asked.settings, std::move(modules)));
  const std::string service = asked.line.Text(cli::kService);
  std::vector<rpc::Channel*> processes = session->Processes();
  if (!service.empty()) {
    ASSIGN_OR_RETURN(rpc::Channel * channel, session->To(service));
    processes = {channel};
  }
  absl::Status missing;
  bool answered = false;
  for (rpc::Channel* process : processes) {
    const absl::Status answer = Ask(*process, asked);
    if (!answer.ok() && !absl::IsNotFound(answer)) return answer;
    answered |= answer.ok();
    missing.Update(answer);
  }
  return answered ? absl::OkStatus() : missing;
}

absl::Status CallMethod(const Line& line, const pb::MethodDescriptor& method, Modules modules) {
  ASSIGN_OR_RETURN(const std::string json,
                   cli::ReadWord(line.arguments().size() > 1 ? line.Argument(1) : "{}"));
  ASSIGN_OR_RETURN(Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(std::unique_ptr<pb::Message> request, ParseRequest(method, json));
  const Asked asked = {line, settings, method, *request};
  if (line.Has(cli::kEdge)) return AskEdge(asked);
  return IsOfProcess(method) ? AskProcesses(asked, std::move(modules))
                             : AskService(asked, std::move(modules));
}

std::string PathOf(const pb::MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

// Those of the services, those about the operations that they began, and those of the process.
std::vector<const pb::MethodDescriptor*> AllMethods(const Modules& modules) {
  std::vector<const pb::MethodDescriptor*> methods;
  const auto add = [&methods](const std::vector<const pb::MethodDescriptor*>& more) {
    methods.insert(methods.end(), more.begin(), more.end());
  };
  for (const site::Module& module : modules) add(module.service.methods());
  add(rpc::MethodsOf("operations"));
  add(rpc::MethodsOf("site"));
  return methods;
}

int ListMethods(const Modules& modules) {
  for (const pb::MethodDescriptor* method : AllMethods(modules))
    std::cout << PathOf(*method) << "\n";
  return 0;
}

}  // namespace

absl::StatusOr<const pb::MethodDescriptor*> FindMethod(const Modules& modules,
                                                       const std::string& name) {
  std::vector<const pb::MethodDescriptor*> found;
  std::vector<std::string> names;
  for (const pb::MethodDescriptor* method : AllMethods(modules)) {
    if (name == method->name() || name == PathOf(*method)) found.push_back(method);
    names.push_back(method->name());
  }
  if (found.size() == 1) return found[0];
  if (found.empty())
    return cli::Misuse(absl::StrCat("there is no rpc ", name, cli::DidYouMean(name, names),
                                    " `vivier call --list` names them all"));
  std::vector<std::string> paths;
  for (const pb::MethodDescriptor* method : found) paths.push_back(PathOf(*method));
  return cli::Misuse(absl::StrCat("which ", name, "? There are ", absl::StrJoin(paths, " and ")));
}

absl::StatusOr<int> Call(const Line& line, Modules modules) {
  if (line.Is(cli::kList)) return ListMethods(modules);
  if (line.arguments().empty())
    return cli::Misuse("METHOD is missing; `vivier call --list` names them all");
  ASSIGN_OR_RETURN(const pb::MethodDescriptor* method, FindMethod(modules, line.Argument(0)));
  RETURN_IF_ERROR(CallMethod(line, *method, std::move(modules)));
  return 0;
}

absl::StatusOr<int> Token(const Line& line, Modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  // No database would help a site that is not in development.
  if (settings.configured && !settings.config.development()) return site::NotInDevelopment();
  RETURN_IF_ERROR(CheckIsSite(settings));
  ASSIGN_OR_RETURN(std::unique_ptr<site::Tokens> tokens,
                   site::Tokens::Load(settings.config, settings.data));
  ASSIGN_OR_RETURN(const std::string token,
                   tokens->ForDevelopment(CallerOfLine(line, settings.config, "school_director")));
  std::cout << token << "\n";
  return 0;
}

}  // namespace vivier::command
