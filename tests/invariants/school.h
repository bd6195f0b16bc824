// A small truthful school for tests that break it: people are admitted, funded and present, a sheet
// was corrected, one seat was given back, and a school of the network has sent its figures. Not
// thread-safe.
#pragma once

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "shared/base/hash.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {

class School {
 public:
  explicit School(World& world) : world_(world) {}

  // Plays it and waits until every service has heard of everything; `admitted` is called when
  // everybody has a seat and nobody was taught.
  void Build(const std::function<void()>& admitted = nullptr) {
    OpenCohort();
    ConcludeFunding();
    Admit();
    if (admitted) admitted();
    Teach();
    Submit();
    Engage();
    OpenFile();
    Upload();
    world_.Settle();
  }

  // The first step of it: the cohort ai-1 takes applications.
  void OpenCohort() {
    namespace v1 = enrolment::v1;
    Write<v1::School, v1::UpdateSchoolRequest>(
        "school { name: 'schools/nancy' title: 'Nancy' } allow_missing: true");
    Write<access::v1::DatedTimeZone, access::v1::AnnounceTimeZoneRequest>(
        "parent: 'schools/nancy' time_zone: 'Europe/Paris'");
    Write<v1::Cohort, v1::CreateCohortRequest>(absl::Substitute(
        "parent: 'schools/nancy' cohort_id: 'ai-1' cohort { title: 'IA' capacity: 3 "
        "programme_revision: '$0' "
        "start_date { year: 2026 month: 9 day: 7 } end_date { year: 2027 month: 3 day: 31 } }",
        PublishProgramme()));
    Write<v1::Cohort, v1::OpenCohortRequest>("name: 'schools/nancy/cohorts/ai-1'");
  }

  // What was earned so far is asked for, and paid in part.
  void Bill() {
    namespace v1 = funding::v1;
    Write<v1::Invoice, v1::CreateInvoiceRequest>(
        "parent: 'schools/nancy' invoice_id: 'one' invoice { funding_agreement: "
        "'schools/nancy/fundingAgreements/prf' until_date { year: 2026 month: 9 day: 7 } }");
    Write<v1::Invoice, v1::IssueInvoiceRequest>(
        "name: 'schools/nancy/invoices/one' issue_date { year: 2026 month: 9 day: 8 }");
    Write<v1::Invoice, v1::RecordPaymentRequest>(
        "name: 'schools/nancy/invoices/one' payment_id: 'first' amount_cents: 100 value_date { "
        "year: 2026 month: 9 day: 30 } reference: 'VIR 1'");
    world_.Settle();
  }

 private:
  template <class Response, class Request>
  Response Write(const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    absl::StatusOr<Response> response = world_.Write<Response>(request);
    EXPECT_TRUE(response.ok()) << request.GetDescriptor()->name() << " " << response.status();
    return response.ok() ? *std::move(response) : Response();
  }

  // The director looks at a person, which is remembered.
  void OpenFile() {
    enrolment::v1::GetCandidateRequest request;
    request.set_name("schools/nancy/candidates/ada");
    const auto candidate = world_.Call<enrolment::v1::Candidate>(request);
    EXPECT_TRUE(candidate.ok()) << candidate.status();
  }

  // A trainer is a member, another is invited.
  void Engage() {
    namespace v1 = access::v1;
    Write<v1::Membership, v1::CreateMembershipRequest>(
        "parent: 'schools/nancy' membership_id: 'theo' membership { subject: "
        "'https://id.example#theo' "
        "roles { role: 'trainer' } }");
    Write<v1::CreateInvitationResponse, v1::CreateInvitationRequest>(
        "parent: 'schools/nancy' invitation_id: 'iris' invitation { email: 'iris@example.org' "
        "roles { role: 'trainer' } }");
  }

  std::string PublishProgramme() {
    const char* source = std::getenv("VIVIER_SOURCE");
    std::ifstream file(absl::StrCat(source == nullptr ? "." : source, "/demo/nancy/programme.xml"));
    curriculum::v1::ImportLheoRequest import;
    import.set_parent("schools/nancy");
    import.set_content(std::string(std::istreambuf_iterator<char>(file), {}));
    const auto report = world_.Write<curriculum::v1::ImportReport>(import);
    EXPECT_TRUE(report.ok() && report->accepted() == 1) << report.status();
    if (!report.ok()) return "";
    return Write<curriculum::v1::ProgrammeRevision, curriculum::v1::PublishProgrammeRequest>(
               absl::Substitute("name: '$0'", report->formations(0).programme()))
        .name();
  }

  void ConcludeFunding() {
    namespace v1 = funding::v1;
    Write<v1::Funder, v1::CreateFunderRequest>(
        "parent: 'schools/nancy' funder_id: 'region' funder { title: 'Région' kind: "
        "REGIONAL_COUNCIL }");
    Write<v1::FundingAgreement, v1::CreateFundingAgreementRequest>(
        "parent: 'schools/nancy' funding_agreement_id: 'prf' funding_agreement { funder: "
        "'schools/nancy/funders/region' "
        "title: 'PRF' currency_code: 'EUR' ceiling_cents: 3000000 valid_from { year: 2026 month: 1 "
        "day: 1 } "
        "valid_until { year: 2027 month: 12 day: 31 } }");
    Write<v1::FundingPlan, v1::CreateFundingPlanRequest>(
        "parent: 'schools/nancy' funding_plan_id: 'ai-1' funding_plan { cohort: "
        "'schools/nancy/cohorts/ai-1' seats: 3 "
        "planned_minutes: 60000 planned_half_days: 240 shares { funding_agreement: "
        "'schools/nancy/fundingAgreements/prf' "
        "basis: PER_SEAT amount_cents: 1000000 } }");
  }

  static std::string Application(const std::string& id) {
    return "schools/nancy/cohorts/ai-1/applications/" + id;
  }

  // Three are admitted, one of them declines: his seat and money go back.
  void Admit() {
    namespace v1 = enrolment::v1;
    for (const std::string id : {"ada", "ben", "cleo"}) {
      Write<v1::Candidate, v1::CreateCandidateRequest>(
          absl::Substitute("parent: 'schools/nancy' candidate_id: '$0' candidate { given_name: "
                           "'$0' family_name: 'Durand' "
                           "email: '$0@example.org' jobseeker: true region_code: '44' birth_date { "
                           "year: 1990 month: 5 day: 17 } }",
                           id));
      Write<v1::Application, v1::SubmitApplicationRequest>(absl::Substitute(
          "parent: 'schools/nancy/cohorts/ai-1' application_id: '$0' application { candidate: "
          "'schools/nancy/candidates/$0' }",
          id));
    }
    Write<v1::PublishRankingResponse, v1::PublishRankingRequest>(
        absl::Substitute("name: 'schools/nancy/cohorts/ai-1' applications: ['$0', '$1', '$2']",
                         Application("ada"), Application("ben"), Application("cleo")));
    for (const std::string id : {"ada", "ben", "cleo"})
      Write<v1::Application, v1::AdmitApplicationRequest>(
          absl::Substitute("name: '$0'", Application(id)));
    world_.Settle();
    for (const std::string id : {"ada", "ben"})
      Write<v1::Application, v1::AcceptSeatRequest>(
          absl::Substitute("name: '$0'", Application(id)));
    Write<v1::Application, v1::DeclineSeatRequest>(
        absl::Substitute("name: '$0'", Application("cleo")));
    world_.Settle();
  }

  // A morning is sealed, corrected and sealed again; an afternoon is sealed.
  void Teach() {
    namespace v1 = enrolment::v1;
    Write<v1::Cohort, v1::StartCohortRequest>("name: 'schools/nancy/cohorts/ai-1'");
    for (const std::string half : {"AM", "PM"}) {
      const std::string sheet =
          Write<v1::AttendanceSheet, v1::OpenAttendanceSheetRequest>(
              absl::Substitute("parent: 'schools/nancy/cohorts/ai-1' attendance_sheet { date { "
                               "year: 2026 month: 9 day: 7 } "
                               "half: $0 start_minute: 540 end_minute: 750 }",
                               half))
              .name();
      for (const std::string id : {"ada", "ben"})
        Write<v1::PresenceEntry, v1::SignPresenceRequest>(
            absl::Substitute("name: '$0/presenceEntries/$1' minutes_present: 210", sheet, id));
      Write<v1::AttendanceSheet, v1::SignAttendanceSheetRequest>(
          absl::Substitute("name: '$0'", sheet));
      Write<v1::AttendanceSheet, v1::SealAttendanceSheetRequest>(
          absl::Substitute("name: '$0'", sheet));
    }
    const std::string morning = "schools/nancy/cohorts/ai-1/attendanceSheets/2026-09-07-am";
    Write<v1::PresenceEntry, v1::CorrectPresenceRequest>(
        absl::Substitute("name: '$0/presenceEntries/ben' minutes_present: 105 absence: UNEXCUSED "
                         "reason: 'left at eleven'",
                         morning));
    Write<v1::AttendanceSheet, v1::SealAttendanceSheetRequest>(
        absl::Substitute("name: '$0'", morning));
  }

  // Nancy adds up the figures of Metz.
  void Submit() {
    namespace v1 = statistics::v1;
    Write<v1::Member, v1::CreateMemberRequest>(
        "parent: 'schools/nancy' member_id: 'metz' member { title: 'Metz' agreement_start_date { "
        "year: 2026 month: 1 "
        "day: "
        "1 } }");
    v1::SubmitCellsRequest request;
    request.set_parent("schools/nancy");
    request.set_site("metz");
    request.set_revision(1);
    v1::YearCell& cell = *request.add_cells();
    cell.set_table_id("seats");
    cell.set_year(2026);
    cell.add_dimension_values("opened");
    cell.set_count(48);
    request.set_content_hash(statistics::ContentHash(request.cells()));
    const auto accepted = world_.Write<v1::Submission>(request);
    EXPECT_TRUE(accepted.ok() && accepted->state() == v1::Submission::ACCEPTED)
        << accepted.status();
  }

  // Somebody's letter is kept, and another one's photograph has come in part.
  void Upload() {
    namespace v1 = enrolment::v1;
    const std::string letter = "I apply for a seat.\n";
    Write<v1::File, v1::CreateFileRequest>(absl::Substitute(
        "parent: 'schools/nancy/candidates/ada' file_id: 'letter' file { kind: OTHER format: "
        "PLAIN_TEXT display_name: 'letter.txt' size: $0 sha256: '$1' }",
        letter.size(), Hex(Sha256(letter))));
    Write<v1::File, v1::CreateFileRequest>(absl::Substitute(
        "parent: 'schools/nancy/candidates/ben' file_id: 'sheet' file { kind: PHOTOGRAPHED_SHEET "
        "format: JPEG display_name: 'sheet.jpg' size: 100000 sha256: '$0' }",
        Hex(Sha256("another"))));
    for (const std::string file : {"ada/files/letter", "ben/files/sheet"}) {
      v1::UploadFileChunkRequest request;
      request.set_name("schools/nancy/candidates/" + file);
      request.set_data(file[0] == 'a' ? letter : std::string(64 << 10, 'j'));
      const auto uploaded = world_.Write<v1::UploadFileChunkResponse>(request);
      EXPECT_TRUE(uploaded.ok() && uploaded->state() != v1::File::REFUSED) << uploaded.status();
    }
  }

  World& world_;
};

}  // namespace vivier::testing
