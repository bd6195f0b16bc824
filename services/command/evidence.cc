#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::command {
namespace {

using enrolment::v1::AttendanceSeal;
using enrolment::v1::ListAttendanceSealsRequest;
using enrolment::v1::ListAttendanceSealsResponse;

constexpr int kPage = 100;

absl::StatusOr<std::string> JsonOf(const AttendanceSeal& seal) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(seal, &json, options).ok())
    return Internal(absl::StrCat(seal.name(), " cannot be written as JSON"));
  return json;
}

// How many there are.
absl::StatusOr<int> WriteSeals(const std::string& cohort, std::ostream& out, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings());
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  ListAttendanceSealsRequest request;
  request.set_parent(cohort);
  request.set_page_size(kPage);
  request.set_order_by("number");
  int seals = 0;
  do {
    ASSIGN_OR_RETURN(const auto page,
                     session->AskAsOperator<ListAttendanceSealsResponse>("enrolment", request));
    for (const AttendanceSeal& seal : page.attendance_seals()) {
      ASSIGN_OR_RETURN(const std::string json, JsonOf(seal));
      out << json << "\n";
    }
    seals += page.attendance_seals_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return seals;
}

absl::StatusOr<int> Write(const Arguments& arguments, Modules modules) {
  const std::string& cohort = arguments[0];
  if (arguments.size() == 1) return WriteSeals(cohort, std::cout, std::move(modules));
  std::ofstream file(arguments[1]);
  ASSIGN_OR_RETURN(const int seals, WriteSeals(cohort, file, std::move(modules)));
  file.close();
  if (!file.good()) return InvalidField("file", absl::StrCat(arguments[1], " cannot be written"));
  return seals;
}

}  // namespace

int Evidence(const Arguments& arguments, Modules modules) {
  if (arguments.empty() || arguments.size() > 2 || SchoolOf(arguments[0]).empty())
    return Refuse(
        InvalidField("cohort", "give schools/{school}/cohorts/{cohort} and perhaps a file"));
  const absl::StatusOr<int> seals = Write(arguments, std::move(modules));
  if (!seals.ok()) return Refuse(seals.status());
  std::cerr << *seals << " seals\n";
  return 0;
}

}  // namespace vivier::command
