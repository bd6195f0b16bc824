// Files in and out: LHÉO catalogues, applications and lists of schools, with what became of each
// row.
#include <iostream>

#include "absl/strings/str_cat.h"
#include "services/command/commands.h"
#include "shared/base/file.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/cli/input.h"
#include "shared/cli/options.h"
#include "shared/command/session.h"
#include "shared/command/settings.h"
#include "shared/service/await_operation.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::command {
namespace {

namespace curriculum = curriculum::v1;
namespace enrolment = enrolment::v1;
namespace statistics = statistics::v1;

constexpr absl::Duration kTimeout = absl::Seconds(60);

// The school's director at the first school of the configuration.
struct Office {
  std::unique_ptr<Session> session;
  std::string school;
  Who who;

  template <class Response>
  absl::StatusOr<Response> Ask(const std::string& service,
                               const google::protobuf::Message& request) {
    ASSIGN_OR_RETURN(rpc::Channel * channel, session->To(service));
    absl::StatusOr<Response> answer =
        rpc::Invoke<Response>(*channel, *rpc::MethodTaking(*request.GetDescriptor()), request,
                              {kTimeout, who.header, ""});
    RETURN_IF_ERROR(Told(who, answer.status()));
    return answer;
  }

  // The same of an rpc that answers an operation, at its end.
  template <class Response>
  absl::StatusOr<Response> Await(const std::string& service,
                                 const google::protobuf::Message& request) {
    using operations::v1::Operation;
    ASSIGN_OR_RETURN(const Operation begun, Ask<Operation>(service, request));
    return rpc::AwaitOperation<Response>(begun, [&](const google::protobuf::Message& wait) {
      return Ask<Operation>(service, wait);
    });
  }
};

absl::StatusOr<Office> OpenOffice(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const Settings settings, ReadSettings(line));
  Office office;
  office.school = "schools/" + settings.config.schools(0);
  ASSIGN_OR_RETURN(office.session, Session::Open(settings, std::move(modules)));
  const security::Caller director = {"import",
                                     security::Caller::Kind::kPerson,
                                     {"school_director"},
                                     {settings.config.schools(0)},
                                     ""};
  ASSIGN_OR_RETURN(office.who, WhoAsks(line, settings, director));
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

absl::StatusOr<int> ImportApplications(Office& office, const std::string& cohort,
                                       const std::string& content) {
  enrolment::ImportApplicationsRequest request;
  request.set_parent(absl::StrCat(office.school, "/cohorts/", cohort));
  request.set_content(content);
  request.set_request_id(TimeOrderedUuid());
  ASSIGN_OR_RETURN(const auto report, office.Await<enrolment::ImportReport>("enrolment", request));
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

absl::StatusOr<int> ImportSchools(Office& office, const std::string& network,
                                  const std::string& content) {
  statistics::ImportSchoolRecordsRequest request;
  request.set_parent(office.school);
  request.set_network(network);
  request.set_content(content);
  request.set_request_id(TimeOrderedUuid());
  ASSIGN_OR_RETURN(const auto report,
                   office.Ask<statistics::SchoolImportReport>("statistics", request));
  for (const statistics::SchoolImportRow& row : report.rows()) {
    std::cout << "line " << row.line() << ": "
              << statistics::SchoolImportRow::Result_Name(row.result()) << " "
              << row.school_record() << "\n";
    for (const statistics::SchoolRowFinding& finding : row.findings())
      std::cout << "  " << statistics::Reason_Name(finding.reason()) << " " << finding.column()
                << ", " << finding.message() << "\n";
  }
  std::cout << report.created() << " created, " << report.changed() << " changed, "
            << report.unchanged() << " unchanged, " << report.refused() << " refused\n";
  return report.refused();
}

// What a kind of file is for beside the school, when it is for anything.
struct ImportKind {
  const char* kind;
  const cli::Option* of;
};
constexpr ImportKind kImportKinds[] = {
    {"applications", &cli::kCohort}, {"schools", &cli::kListOf}, {"lheo", nullptr}};

absl::Status CheckKind(const Line& line) {
  for (const ImportKind& kind : kImportKinds) {
    if (kind.of == nullptr) continue;
    const bool meant = line.Argument(0) == kind.kind;
    if (meant != line.Text(*kind.of).empty()) continue;
    return cli::Misuse(meant ? absl::StrCat("import ", kind.kind, " wants --", kind.of->name,
                                            " ID, "
                                            "and it is missing")
                             : absl::StrCat("--", kind.of->name, " is for import ", kind.kind));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> ImportFile(const Line& line, Modules modules) {
  RETURN_IF_ERROR(CheckKind(line));
  ASSIGN_OR_RETURN(const std::string content, cli::ReadFile(line.Argument(1)));
  ASSIGN_OR_RETURN(Office office, OpenOffice(line, std::move(modules)));
  if (line.Argument(0) == "lheo") return ImportLheo(office, content);
  if (line.Argument(0) == "schools") return ImportSchools(office, line.Text(cli::kListOf), content);
  return ImportApplications(office, line.Text(cli::kCohort), content);
}

// Each page is a document of its own: a catalogue of one page is one file, the next pages are
// numbered.
absl::Status ExportCatalogue(const Line& line, Modules modules) {
  const Arguments& arguments = line.arguments();
  ASSIGN_OR_RETURN(Office office, OpenOffice(line, std::move(modules)));
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
      RETURN_IF_ERROR(WriteNamed("FILE", path, response.content()));
    }
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

absl::Status CheckStatistics(const Line& line) {
  const bool meant = line.Argument(0) == "statistics";
  if (meant && !line.Is(cli::kDefinitions) && line.Text(cli::kYear).empty())
    return cli::Misuse("export statistics wants --year YEAR or --definitions, and it is missing");
  for (const cli::Option* option : {&cli::kYear, &cli::kDefinitions})
    if (!meant && line.Has(*option))
      return cli::Misuse(absl::StrCat("--", option->name, " is for export statistics"));
  return absl::OkStatus();
}

// Written when all of it has come, so that a file is whole or not there.
absl::Status ExportStatistics(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(Office office, OpenOffice(line, std::move(modules)));
  using Request = statistics::ExportIndicatorsRequest;
  Request request;
  request.set_parent(office.school);
  request.set_content(line.Is(cli::kDefinitions) ? Request::DEFINITIONS : Request::VALUES);
  request.set_format(line.Text(cli::kFormat) == "json" ? Request::JSON : Request::CSV);
  if (!line.Is(cli::kDefinitions)) {
    request.set_year(line.Number(cli::kYear));
    request.set_earlier_years(line.Number(cli::kEarlierYears));
  }
  ASSIGN_OR_RETURN(rpc::Channel * channel, office.session->To("statistics"));
  rpc::BlockingStream stream(*channel, rpc::PathOf(*rpc::MethodTaking(*Request::descriptor())),
                             request.SerializeAsString(), {kTimeout, office.who.header, ""});
  std::string file;
  while (true) {
    const absl::StatusOr<std::optional<std::string>> message = stream.Read();
    RETURN_IF_ERROR(Told(office.who, message.status()));
    if (!message->has_value()) break;
    statistics::ExportIndicatorsResponse part;
    if (!part.ParseFromString(**message)) return Internal("the answer is no message of its type");
    file += part.data();
  }
  if (line.arguments().size() > 1) return WriteNamed("FILE", line.Argument(1), file);
  std::cout << file;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int> Import(const Line& line, Modules modules) {
  ASSIGN_OR_RETURN(const int refused, ImportFile(line, std::move(modules)));
  return refused == 0 ? 0 : 1;
}

absl::StatusOr<int> Export(const Line& line, Modules modules) {
  const bool person = line.Argument(0) == "person";
  if (person && line.arguments().size() == 1)
    return cli::Misuse("export person wants NAME, and it is missing");
  RETURN_IF_ERROR(CheckStatistics(line));
  if (line.Argument(0) == "statistics") {
    RETURN_IF_ERROR(ExportStatistics(line, std::move(modules)));
  } else {
    RETURN_IF_ERROR(person ? ExportPerson(line, line.Argument(1), std::move(modules))
                           : ExportCatalogue(line, std::move(modules)));
  }
  return 0;
}

}  // namespace vivier::command
