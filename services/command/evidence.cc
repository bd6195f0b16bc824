#include <iostream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "re2/re2.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/hash.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/presence.pb.h"

namespace vivier::command {
namespace {

using enrolment::v1::AttendanceSeal;
using enrolment::v1::ListAttendanceSealsRequest;
using enrolment::v1::ListAttendanceSealsResponse;
using google::protobuf::Message;

constexpr int kPage = 100;

// What was asked for, and what answers.
struct Asked {
  Session& session;
  std::string name;
  std::ostream& out;
};

absl::Status WriteLine(const Message& message, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok())
    return Internal("evidence that cannot be written as JSON");
  out << json << "\n";
  return absl::OkStatus();
}

// The keys come first: by them all else is checked. Gives the fingerprint of the one in force.
absl::StatusOr<std::string> WriteKeys(const Asked& asked, const std::string& service) {
  site::v1::GetSchoolKeysRequest request;
  request.set_name(SchoolNameOf(asked.name));
  ASSIGN_OR_RETURN(const auto answer,
                   asked.session.AskAsOperator<site::v1::GetSchoolKeysResponse>(service, request));
  std::string in_force;
  for (site::v1::PublicSchoolKey key : answer.keys()) {
    if (key.service() != service) continue;
    key.clear_service();
    RETURN_IF_ERROR(WriteLine(key, asked.out));
    if (!key.has_end_time()) in_force = key.public_key();
  }
  std::string der;
  if (!absl::Base64Unescape(in_force, &der) || der.empty())
    return NotFound(absl::StrCat("a key of ", request.name()));
  return Hex(Sha256(der));
}

absl::Status WriteSeals(const Asked& asked) {
  ListAttendanceSealsRequest request;
  request.set_parent(asked.name);
  request.set_page_size(kPage);
  request.set_order_by("number");
  bool is_sealed = false;
  do {
    ASSIGN_OR_RETURN(const auto page, asked.session.AskAsOperator<ListAttendanceSealsResponse>(
                                          "enrolment", request));
    for (AttendanceSeal seal : page.attendance_seals()) {
      is_sealed = true;
      seal.clear_etag();
      RETURN_IF_ERROR(WriteLine(seal, asked.out));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (is_sealed) return absl::OkStatus();
  return Error(
      absl::StatusCode::kNotFound, "NOT_FOUND",
      absl::StrCat(asked.name,
                   " has no seal: there is no such cohort, or no half-day of it is sealed"),
      {{"resource", asked.name}});
}

absl::Status WriteCertificate(const Asked& asked) {
  curriculum::v1::GetCertificateRequest request;
  request.set_name(asked.name);
  ASSIGN_OR_RETURN(auto certificate,
                   asked.session.AskAsOperator<curriculum::v1::Certificate>("curriculum", request));
  certificate.clear_etag();
  return WriteLine(certificate, asked.out);
}

absl::StatusOr<std::string> WriteAll(const Asked& asked) {
  const bool is_certificate = absl::StrContains(asked.name, "/certificates/");
  ASSIGN_OR_RETURN(std::string fingerprint,
                   WriteKeys(asked, is_certificate ? "curriculum" : "enrolment"));
  RETURN_IF_ERROR(is_certificate ? WriteCertificate(asked) : WriteSeals(asked));
  return fingerprint;
}

absl::StatusOr<std::string> Write(const Line& line, Modules modules) {
  const Arguments& arguments = line.arguments();
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Open(settings, std::move(modules)));
  RETURN_IF_ERROR(session->ActAs(line, settings, "auditor"));
  std::stringstream evidence;  // nothing is written of what is refused
  ASSIGN_OR_RETURN(std::string fingerprint, WriteAll({*session, arguments[0], evidence}));
  if (arguments.size() == 1) {
    std::cout << evidence.str();
    return fingerprint;
  }
  RETURN_IF_ERROR(WriteNamed("FILE", arguments[1], evidence.str()));
  return fingerprint;
}

}  // namespace

absl::StatusOr<int> Evidence(const Line& line, Modules modules) {
  static const RE2& names = *new RE2("schools/[^/\\s]+/(cohorts|certificates)/[^/\\s]+");
  if (!RE2::FullMatch(line.Argument(0), names))
    return cli::Misuse(absl::StrCat("NAME is \"", line.Argument(0),
                                    "\", and is to be schools/{school}/cohorts/{cohort} or "
                                    "schools/{school}/certificates/{certificate}"));
  ASSIGN_OR_RETURN(const std::string fingerprint, Write(line, std::move(modules)));
  std::cerr << "the school's key is " << fingerprint
            << "; let who checks the evidence have it by another way\n";
  return 0;
}

}  // namespace vivier::command
