// What a person may ask for: his whole file, and to be forgotten. Both ask every process of the
// school.
#include <algorithm>
#include <iostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/command/commands.h"
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

// The data protection officer of the person's school.
struct Officer {
  std::unique_ptr<Session> session;
  std::string authorization;

  template <class Response>
  absl::StatusOr<Response> Ask(rpc::Channel& channel, const google::protobuf::Message& request) {
    return rpc::Invoke<Response>(channel, *rpc::MethodTaking(*request.GetDescriptor()), request,
                                 {kTimeout, authorization, ""});
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

absl::StatusOr<Officer> OpenOfficer(const std::string& name, Modules modules) {
  if (SchoolOf(name).empty())
    return InvalidField("name", "is no schools/{school}/candidates/{candidate}");
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings());
  Officer officer;
  ASSIGN_OR_RETURN(officer.session, Session::Open(settings, std::move(modules)));
  const security::Caller caller = {"data-protection",
                                   security::Caller::Kind::kPerson,
                                   {"data_protection_officer"},
                                   {std::string(SchoolOf(name))},
                                   ""};
  ASSIGN_OR_RETURN(officer.authorization, officer.session->Authorization(caller));
  return officer;
}

// A process knows him by names that another one gave him, so all are asked until no new name comes.
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

void Print(const site::v1::GetErasureResponse& erasure) {
  for (const site::v1::ServiceErasure& service : erasure.services()) {
    std::cout << service.service() << ": " << site::v1::ServiceErasure::State_Name(service.state());
    if (service.awaited_size() > 0)
      std::cout << ", waits for " << absl::StrJoin(service.awaited(), ", ");
    std::cout << (service.listed() || IsDone(service) ? ""
                                                      : ", not on the list outside the database")
              << "\n";
    for (const site::v1::KeptRows& kept : service.kept()) {
      std::cout << "  keeps " << kept.rows() << " " << kept.type() << ": ";
      if (kept.months() > 0) std::cout << kept.months() << " months from " << kept.since() << "; ";
      std::cout << kept.source() << "\n";
    }
  }
}

absl::StatusOr<bool> ErasePerson(const std::string& name, Modules modules) {
  ASSIGN_OR_RETURN(Officer officer, OpenOfficer(name, std::move(modules)));
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

absl::Status ExportPerson(const std::string& name, Modules modules) {
  ASSIGN_OR_RETURN(Officer officer, OpenOfficer(name, std::move(modules)));
  ASSIGN_OR_RETURN(const auto file, ReadFile(officer, name));
  for (const site::v1::PersonRow& row : file.rows())
    std::cout << "{\"service\":\"" << row.service() << "\",\"type\":\"" << row.type()
              << "\",\"resource\":" << row.resource() << "}\n";
  return absl::OkStatus();
}

int Erase(const Arguments& arguments, Modules modules) {
  if (arguments.size() != 1)
    return Refuse(InvalidField("name", "erase schools/{school}/candidates/{candidate}"));
  const absl::StatusOr<bool> done = ErasePerson(arguments[0], std::move(modules));
  if (!done.ok()) return Refuse(done.status());
  return *done ? 0 : 1;
}

}  // namespace vivier::command
