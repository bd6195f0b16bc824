// Files in and out: LHÉO catalogues and applications, with what became of each row.
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "services/command/commands.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/service/await_operation.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

ABSL_FLAG(std::string, cohort, "", "import applications: the id of the cohort");

namespace vivier::command {
namespace {

namespace curriculum = curriculum::v1;
namespace enrolment = enrolment::v1;

constexpr absl::Duration kTimeout = absl::Seconds(60);

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidField("file", path + " cannot be read");
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// The school's director at the first school of the configuration.
struct Office {
  std::unique_ptr<Session> session;
  std::string school;
  std::string authorization;

  template <class Response>
  absl::StatusOr<Response> Ask(const std::string& service,
                               const google::protobuf::Message& request) {
    ASSIGN_OR_RETURN(rpc::Channel * channel, session->To(service));
    return rpc::Invoke<Response>(*channel, *rpc::MethodTaking(*request.GetDescriptor()), request,
                                 {kTimeout, authorization, ""});
  }
};

absl::StatusOr<Office> OpenOffice(Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings());
  Office office;
  office.school = "schools/" + settings.config.schools(0);
  ASSIGN_OR_RETURN(office.session, Session::Open(settings, std::move(modules)));
  const security::Caller director = {"import",
                                     security::Caller::Kind::kPerson,
                                     {"school_director"},
                                     {settings.config.schools(0)},
                                     ""};
  ASSIGN_OR_RETURN(office.authorization, office.session->Authorization(director));
  return office;
}

void Print(const curriculum::Finding& finding) {
  std::cout << "  line " << finding.line() << ", column " << finding.column() << ": "
            << curriculum::Finding::Reason_Name(finding.reason()) << " " << finding.element()
            << finding.field() << " " << finding.value() << "\n";
}

absl::StatusOr<int> ImportLheo(Office& office, const std::string& content) {
  curriculum::ImportLheoRequest request;
  request.set_parent(office.school);
  request.set_content(content);
  request.set_request_id(TimeOrderedUuid());
  ASSIGN_OR_RETURN(auto report, office.Ask<curriculum::ImportReport>("curriculum", request));
  for (const auto& formation : report.formations()) {
    std::cout << "formation " << formation.index() << ", line " << formation.line() << ": "
              << curriculum::ImportReport::Outcome_Name(formation.outcome()) << " "
              << formation.programme() << " " << formation.title() << "\n";
    for (const curriculum::Finding& finding : formation.findings()) Print(finding);
  }
  for (const curriculum::Finding& finding : report.findings()) Print(finding);
  std::cout << report.accepted() << " accepted, " << report.refused() << " refused, "
            << report.changed() << " created or changed\n";
  return report.refused();
}

absl::StatusOr<int> ImportApplications(Office& office, const std::string& content) {
  if (absl::GetFlag(FLAGS_cohort).empty())
    return InvalidField("cohort", "is required: --cohort ID");
  enrolment::ImportApplicationsRequest request;
  request.set_parent(absl::StrCat(office.school, "/cohorts/", absl::GetFlag(FLAGS_cohort)));
  request.set_content(content);
  request.set_request_id(TimeOrderedUuid());
  using Operation = operations::v1::Operation;
  ASSIGN_OR_RETURN(const auto begun, office.Ask<Operation>("enrolment", request));
  ASSIGN_OR_RETURN(const auto report, rpc::AwaitOperation<enrolment::ImportReport>(
                                          begun, [&](const google::protobuf::Message& wait) {
                                            return office.Ask<Operation>("enrolment", wait);
                                          }));
  for (const enrolment::ImportRow& row : report.rows()) {
    std::cout << "line " << row.line() << ": " << enrolment::ImportRow::Result_Name(row.result());
    if (row.reason() != enrolment::REASON_UNSPECIFIED)
      std::cout << " " << enrolment::Reason_Name(row.reason()) << " " << row.column() << ", "
                << row.message();
    std::cout << " " << row.application() << "\n";
  }
  std::cout << report.accepted() << " accepted, " << report.refused() << " refused, "
            << report.unchanged() << " unchanged\n";
  return report.refused();
}

absl::StatusOr<int> ImportFile(const Arguments& arguments, Modules modules) {
  const std::string kind = arguments.empty() ? "" : arguments[0];
  if (arguments.size() != 2 || (kind != "lheo" && kind != "applications"))
    return InvalidField("kind", "import lheo FILE, or import applications FILE --cohort ID");
  ASSIGN_OR_RETURN(const std::string content, ReadFile(arguments[1]));
  ASSIGN_OR_RETURN(Office office, OpenOffice(std::move(modules)));
  return kind == "lheo" ? ImportLheo(office, content) : ImportApplications(office, content);
}

// Each page is a document of its own: a catalogue of one page is one file, the next pages are
// numbered.
absl::Status ExportCatalogue(const Arguments& arguments, Modules modules) {
  if (arguments.empty() || arguments[0] != "lheo")
    return InvalidField("kind", "export lheo [FILE], or export person NAME");
  ASSIGN_OR_RETURN(Office office, OpenOffice(std::move(modules)));
  curriculum::ExportLheoRequest request;
  request.set_parent(office.school);
  request.set_page_size(100);
  for (int page = 1;; ++page) {
    ASSIGN_OR_RETURN(auto response,
                     office.Ask<curriculum::ExportLheoResponse>("curriculum", request));
    if (arguments.size() < 2) {
      std::cout << response.content();
    } else if (!response.content().empty()) {
      const std::string path = page == 1 ? arguments[1] : absl::StrCat(arguments[1], ".", page);
      if (!(std::ofstream(path, std::ios::binary) << response.content() << std::flush))
        return InvalidField("file", path + " cannot be written");
    }
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace

int Import(const Arguments& arguments, Modules modules) {
  const absl::StatusOr<int> refused = ImportFile(arguments, std::move(modules));
  if (!refused.ok()) return Refuse(refused.status());
  return *refused == 0 ? 0 : 1;
}

int Export(const Arguments& arguments, Modules modules) {
  const bool person = arguments.size() == 2 && arguments[0] == "person";
  const absl::Status status = person ? ExportPerson(arguments[1], std::move(modules))
                                     : ExportCatalogue(arguments, std::move(modules));
  return status.ok() ? 0 : Refuse(status);
}

}  // namespace vivier::command
