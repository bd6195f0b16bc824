// What a person may ask for: their whole file, and to be forgotten. Both ask every process of the
// school.
#include <algorithm>
#include <iostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "services/command/commands.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/enrolment/v1/people.pb.h"
#include "vivier/site/v1/site.pb.h"

namespace vivier::command {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(60);
constexpr absl::Duration kLookAgain = absl::Milliseconds(100);

// The data protection officer of the person's school, or whom --role and --subject name.
struct Officer {
  std::unique_ptr<Session> session;
  Who who;

  template <class Response>
  absl::StatusOr<Response> Ask(rpc::Channel& channel, const google::protobuf::Message& request) {
    absl::StatusOr<Response> answer = rpc::Invoke<Response>(
        channel, *rpc::MethodTaking(*request.GetDescriptor()), request, {kTimeout, who.header, ""});
    RETURN_IF_ERROR(Told(who, answer.status()));
    return answer;
  }

  // The answers of every process together.
  template <class Response>
  absl::StatusOr<Response> AskAll(const google::protobuf::Message& request) {
    Response all;
    for (rpc::Channel* process : session->Processes()) {
      ASSIGN_OR_RETURN(Response response, Ask<Response>(*process, request));
      all.MergeFrom(response);
    }
    return all;
  }
};

absl::StatusOr<Officer> OpenOfficer(const Line& line, const std::string& name, Modules modules) {
  if (SchoolOf(name).empty())
    return cli::Misuse(absl::StrCat("NAME is \"", name,
                                    "\", and is to be schools/{school}/candidates/{candidate}"));
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  Officer officer;
  ASSIGN_OR_RETURN(officer.session, Session::Open(settings, std::move(modules)));
  security::Caller caller = CallerOfLine(line, settings.config, "data_protection_officer");
  caller.schools = {std::string(SchoolOf(name))};
  ASSIGN_OR_RETURN(officer.who, WhoAsks(line, settings, caller));
  return officer;
}

// A process knows them by names that another one gave them, so all are asked until no new name
// comes.
absl::StatusOr<site::v1::ExportPersonResponse> ReadFile(Officer& officer, const std::string& name) {
  site::v1::ExportPersonRequest request;
  request.set_name(name);
  std::set<std::string> names = {name};
  while (true) {
    request.mutable_names()->Assign(names.begin(), names.end());
    ASSIGN_OR_RETURN(auto file, officer.AskAll<site::v1::ExportPersonResponse>(request));
    const size_t known = names.size();
    names.insert(file.names().begin(), file.names().end());
    if (names.size() == known) return file;
  }
}

bool IsDone(const site::v1::ServiceErasure& service) {
  return service.state() == site::v1::ServiceErasure::NOTHING_SEALED ||
         (service.state() == site::v1::ServiceErasure::ERASED && service.listed());
}

bool IsDone(const site::v1::GetErasureResponse& erasure) {
  return std::all_of(erasure.services().begin(), erasure.services().end(),
                     [](const site::v1::ServiceErasure& service) { return IsDone(service); });
}

// "120 months from the end of the training; Code du travail, …"
template <class Kept>
std::string Words(const Kept& kept) {
  return absl::StrCat(
      kept.months() > 0 ? absl::StrCat(kept.months(), " months from ", kept.since(), "; ") : "",
      kept.source());
}

void Print(const site::v1::GetErasureResponse& erasure) {
  for (const site::v1::ServiceErasure& service : erasure.services()) {
    std::cout << service.service() << ": " << site::v1::ServiceErasure::State_Name(service.state());
    if (service.awaited_size() > 0)
      std::cout << ", waits for " << absl::StrJoin(service.awaited(), ", ");
    std::cout << (service.listed() || IsDone(service) ? ""
                                                      : ", not on the list outside the database")
              << "\n";
    for (const options::v1::KeptPeriod& period : service.proof())
      std::cout << "  keeps name and birth date for " << period.kind() << " until "
                << DateText(period.until()) << ": " << Words(period) << "\n";
    for (const site::v1::KeptRows& kept : service.kept()) {
      std::cout << "  keeps " << kept.rows() << " " << kept.type();
      if (kept.has_until()) std::cout << " until " << DateText(kept.until());
      std::cout << ": " << Words(kept) << "\n";
    }
  }
}

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  return printed.ok() ? json : "{}";
}

// What of an erased person stays, with its last day and why, a JSON object a line.
void PrintKept(const site::v1::GetErasureResponse& erasure) {
  for (const site::v1::ServiceErasure& service : erasure.services()) {
    const auto print = [&](const google::protobuf::Message& kept) {
      std::cout << "{\"service\":\"" << service.service() << "\",\"keeps\":" << JsonOf(kept)
                << "}\n";
    };
    for (const options::v1::KeptPeriod& period : service.proof()) print(period);
    for (const site::v1::KeptRows& kept : service.kept()) print(kept);
  }
}

absl::StatusOr<bool> ErasePerson(const Line& line, Modules modules) {
  const std::string name = line.Argument(0);
  ASSIGN_OR_RETURN(Officer officer, OpenOfficer(line, name, std::move(modules)));
  if (!officer.session->running())
    return Error(absl::StatusCode::kFailedPrecondition, "NOT_RUNNING",
                 "the services that erase do not run");
  enrolment::v1::EraseCandidateRequest request;
  request.set_name(name);
  request.set_cause(enrolment::v1::REQUESTED);
  request.set_request_id(TimeOrderedUuid());
  ASSIGN_OR_RETURN(rpc::Channel * enrolment, officer.session->To("enrolment"));
  const absl::Status asked = officer.Ask<enrolment::v1::Erasure>(*enrolment, request).status();
  if (!asked.ok() && ReasonOf(asked) != "PERSON_ERASED") return asked;
  site::v1::GetErasureRequest ask;
  ask.set_name(name);
  for (const absl::Time start = absl::Now();; absl::SleepFor(kLookAgain)) {
    ASSIGN_OR_RETURN(const auto erasure, officer.AskAll<site::v1::GetErasureResponse>(ask));
    if (!IsDone(erasure) && absl::Now() - start < kTimeout) continue;
    Print(erasure);
    return IsDone(erasure);
  }
}

}  // namespace

absl::Status ExportPerson(const Line& line, const std::string& name, Modules modules) {
  ASSIGN_OR_RETURN(Officer officer, OpenOfficer(line, name, std::move(modules)));
  ASSIGN_OR_RETURN(const auto file, ReadFile(officer, name));
  for (const site::v1::PersonRow& row : file.rows())
    std::cout << "{\"service\":\"" << row.service() << "\",\"type\":\"" << row.type()
              << "\",\"resource\":" << row.resource() << "}\n";
  site::v1::GetErasureRequest ask;
  ask.set_name(name);
  ASSIGN_OR_RETURN(const auto erasure, officer.AskAll<site::v1::GetErasureResponse>(ask));
  PrintKept(erasure);
  return absl::OkStatus();
}

absl::StatusOr<int> Erase(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const bool done, ErasePerson(line, std::move(modules)));
  return done ? 0 : 1;
}

}  // namespace vivier::command
