// Half-days with their signatures, the learner who leaves, the invoice, and the end.
#include "demo/steps.h"
#include "shared/base/date.h"
#include "vivier/curriculum/v1/curriculum.pb.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::demo {
namespace {

namespace curriculum = curriculum::v1;
namespace enrolment = enrolment::v1;
namespace funding = funding::v1;
using enrolment::AttendanceSheet;
using enrolment::PresenceEntry;

// Two half-days on each working day from the first.
google::type::Date DateOf(const v1::Story& story, int half_day) {
  return ToDate(AddWorkingDays(ToCivil(story.start_date()), (half_day - 1) / 2,
                               WorkingWeek::kMondayToFriday, {}));
}

const v1::Absence* AbsenceOf(const v1::Story& story, int half_day, int rank) {
  for (const v1::Absence& absence : story.teaching().absences())
    if (absence.half_day() == half_day && absence.rank() == rank) return &absence;
  return nullptr;
}

std::string EntryName(const Stage& stage, const AttendanceSheet& sheet, int rank) {
  return absl::StrCat(sheet.name(), "/presenceEntries/", stage.LearnerId(rank));
}

absl::StatusOr<AttendanceSheet> OpenSheet(Stage& stage, int half_day) {
  const bool morning = half_day % 2 == 1;
  enrolment::OpenAttendanceSheetRequest open;
  open.set_parent(stage.Cohort());
  AttendanceSheet& sheet = *open.mutable_attendance_sheet();
  *sheet.mutable_date() = DateOf(stage.story(), half_day);
  sheet.set_half(morning ? AttendanceSheet::AM : AttendanceSheet::PM);
  sheet.set_start_minute(morning ? kMorning : kAfternoon);
  sheet.set_end_minute(sheet.start_minute() + stage.story().teaching().minutes());
  return stage.Write<AttendanceSheet>("trainer", "sheet", absl::StrCat(half_day), open);
}

// Each learner signs for what they were there, then the absences are said.
absl::Status SignEntries(Stage& stage, const AttendanceSheet& sheet, int half_day) {
  std::vector<enrolment::SignPresenceRequest> signatures;
  std::vector<enrolment::RecordAbsenceRequest> absences;
  for (int rank : SeatedRanks(stage.story())) {
    if (rank == stage.story().exit().rank() && half_day > stage.story().exit().after_half_day())
      continue;
    const v1::Absence* absence = AbsenceOf(stage.story(), half_day, rank);
    if (absence != nullptr) {
      absences.emplace_back().set_name(EntryName(stage, sheet, rank));
      absences.back().set_absence(absence->kind());
      if (absence->minutes_present() == 0) continue;
    }
    signatures.emplace_back().set_name(EntryName(stage, sheet, rank));
    if (absence != nullptr) signatures.back().set_minutes_present(absence->minutes_present());
  }
  const std::string item = absl::StrCat("-", half_day);
  RETURN_IF_ERROR(
      stage.WriteAll<PresenceEntry>("trainer", "presence" + item, std::move(signatures)).status());
  return stage.WriteAll<PresenceEntry>("trainer", "absence" + item, std::move(absences)).status();
}

absl::Status Seal(Stage& stage, const AttendanceSheet& sheet, const std::string& item) {
  enrolment::SealAttendanceSheetRequest seal;
  seal.set_name(sheet.name());
  return stage.Write<AttendanceSheet>("trainer", "seal", item, seal).status();
}

absl::Status CorrectEntry(Stage& stage, const AttendanceSheet& sheet) {
  const v1::Correction& correction = stage.story().teaching().correction();
  enrolment::CorrectPresenceRequest correct;
  correct.set_name(EntryName(stage, sheet, correction.rank()));
  correct.set_minutes_present(correction.minutes_present());
  correct.set_absence(correction.kind());
  correct.set_reason(correction.reason());
  RETURN_IF_ERROR(stage.Write<PresenceEntry>("trainer", "correct", "", correct).status());
  return Seal(stage, sheet, "corrected");
}

absl::Status TeachHalfDay(Stage& stage, int half_day) {
  const google::type::Date day = DateOf(stage.story(), half_day);
  RETURN_IF_ERROR(stage.LiveUntil(day, half_day % 2 == 1 ? kMorning : kAfternoon));
  ASSIGN_OR_RETURN(const AttendanceSheet sheet, OpenSheet(stage, half_day));
  RETURN_IF_ERROR(stage.LiveUntil(day, sheet.end_minute()));
  RETURN_IF_ERROR(SignEntries(stage, sheet, half_day));
  enrolment::SignAttendanceSheetRequest sign;
  sign.set_name(sheet.name());
  RETURN_IF_ERROR(
      stage.Write<AttendanceSheet>("trainer", "sign", absl::StrCat(half_day), sign).status());
  RETURN_IF_ERROR(Seal(stage, sheet, absl::StrCat(half_day)));
  return half_day == stage.story().teaching().correction().half_day() ? CorrectEntry(stage, sheet)
                                                                      : absl::OkStatus();
}

absl::Status Leave(Stage& stage) {
  const v1::Exit& exit = stage.story().exit();
  enrolment::RecordExitRequest leave;
  leave.set_name(stage.Learner(exit.rank()));
  *leave.mutable_date() = DateOf(stage.story(), exit.after_half_day());
  leave.set_cause(exit.cause());
  return stage.Write<enrolment::Learner>("admissions_officer", "exit", "", leave).status();
}

// Minutes that the cohort's sheets prove.
absl::StatusOr<int64_t> ProvenMinutes(Stage& stage) {
  int64_t minutes = 0;
  for (int half_day = 1; half_day <= stage.story().teaching().half_days(); ++half_day) {
    enrolment::ListPresenceEntriesRequest request;
    ASSIGN_OR_RETURN(const AttendanceSheet sheet, OpenSheet(stage, half_day));  // its first answer
    request.set_parent(sheet.name());
    RETURN_IF_ERROR(
        stage.ReadPages<enrolment::ListPresenceEntriesResponse>(request, [&](const auto& page) {
          for (const PresenceEntry& entry : page.presence_entries())
            minutes += entry.minutes_present();
        }));
  }
  return minutes;
}

// Minutes that funding has posted under the first share.
absl::StatusOr<int64_t> PostedMinutes(Stage& stage) {
  funding::ListEarningsRequest request;
  request.set_parent(stage.School());
  request.set_filter(
      absl::StrCat("funding_agreement = \"", stage.Agreement(stage.story().funding(0).id()), "\""));
  int64_t minutes = 0;
  RETURN_IF_ERROR(stage.ReadPages<funding::ListEarningsResponse>(request, [&](const auto& page) {
    for (const funding::Earning& earning : page.earnings()) minutes += earning.minutes();
  }));
  return minutes;
}

absl::StatusOr<funding::Invoice> GatherAll(Stage& stage, const std::string& id) {
  funding::CreateInvoiceRequest create;
  create.set_parent(stage.School());
  create.set_invoice_id(id);
  create.mutable_invoice()->set_funding_agreement(
      stage.Agreement(stage.story().billing().funder_id()));
  *create.mutable_invoice()->mutable_until_date() = stage.story().billing().until_date();
  ASSIGN_OR_RETURN(auto invoice,
                   stage.Write<funding::Invoice>("finance_officer", "invoice", "create", create));
  for (int part = 2; !invoice.complete(); ++part) {
    funding::GatherInvoiceRequest gather;
    gather.set_name(invoice.name());
    ASSIGN_OR_RETURN(invoice, stage.Write<funding::Invoice>("finance_officer", "invoice",
                                                            absl::StrCat(part), gather));
  }
  return invoice;
}

// FULL for the best, then PARTIAL, then NONE.
curriculum::JuryDecision Decide(const Stage& stage, const std::vector<int>& ranks, size_t place,
                                const std::string& first_block) {
  const size_t behind = ranks.size() - 1 - place;
  const auto none = static_cast<size_t>(stage.story().jury().none());
  const auto partial = static_cast<size_t>(stage.story().jury().partial());
  curriculum::JuryDecision decision;
  decision.set_learner(stage.Learner(ranks[place]));
  decision.set_result(behind < none             ? curriculum::CertificateAwarded::NONE
                      : behind < none + partial ? curriculum::CertificateAwarded::PARTIAL
                                                : curriculum::CertificateAwarded::FULL);
  if (decision.result() == curriculum::CertificateAwarded::PARTIAL)
    decision.add_block_codes(first_block);
  return decision;
}

absl::Status PlanJury(Stage& stage) {
  curriculum::CreateJurySessionRequest create;
  create.set_parent(stage.School());
  create.set_jury_session_id(stage.Id("jury"));
  create.mutable_jury_session()->set_cohort(stage.Cohort());
  create.mutable_jury_session()->set_programme_revision(stage.programme_revision);
  *create.mutable_jury_session()->mutable_date() = stage.story().jury().date();
  return stage.Write<curriculum::JurySession>("school_director", "jury", "create", create).status();
}

absl::Status Deliberate(Stage& stage) {
  curriculum::GetProgrammeRevisionRequest get;
  get.set_name(stage.programme_revision);
  ASSIGN_OR_RETURN(auto revision, stage.Read<curriculum::ProgrammeRevision>(get));
  if (revision.blocks_size() < 2)
    return absl::FailedPreconditionError("a part of the title needs two blocks");
  const std::vector<int> ranks = FinishedRanks(stage.story());
  curriculum::DeliberateJuryRequest deliberate;
  deliberate.set_name(stage.In("jurySessions", stage.Id("jury")));
  for (size_t place = 0; place < ranks.size(); ++place)
    *deliberate.add_decisions() = Decide(stage, ranks, place, revision.blocks(0).code());
  return stage.Write<curriculum::JurySession>("school_director", "jury", "deliberate", deliberate)
      .status();
}

}  // namespace

absl::Status Teach(Stage& stage) {
  const v1::Story& story = stage.story();
  for (int half_day = 1; half_day <= story.teaching().half_days(); ++half_day) {
    RETURN_IF_ERROR(TeachHalfDay(stage, half_day));
    if (half_day == story.exit().after_half_day()) RETURN_IF_ERROR(Leave(stage));
  }
  stage.Say(absl::StrCat("training: ", story.teaching().half_days(),
                         " half-days signed and sealed, ", story.teaching().absences_size(),
                         " absences, 1 correction; 1 learner leaves after half-day ",
                         story.exit().after_half_day()));
  return absl::OkStatus();
}

absl::Status Bill(Stage& stage) {
  ASSIGN_OR_RETURN(const int64_t proven, ProvenMinutes(stage));
  RETURN_IF_ERROR(
      stage.client.Await("the posting of every sealed half-day", [&]() -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(const int64_t posted, PostedMinutes(stage));
        return posted == proven;
      }));
  RETURN_IF_ERROR(stage.LiveUntil(stage.story().billing().issue_date()));
  ASSIGN_OR_RETURN(auto draft, GatherAll(stage, stage.Id(stage.story().billing().funder_id())));
  funding::IssueInvoiceRequest issue;
  issue.set_name(draft.name());
  *issue.mutable_issue_date() = stage.story().billing().issue_date();
  ASSIGN_OR_RETURN(auto invoice,
                   stage.Write<funding::Invoice>("finance_officer", "invoice", "issue", issue));
  stage.Say(
      absl::StrCat("invoice: ", invoice.line_count(), " lines, ", invoice.total_cents(), " cents"));
  return absl::OkStatus();
}

absl::Status FinishAndCertify(Stage& stage) {
  RETURN_IF_ERROR(stage.LiveUntil(stage.story().end_date()));
  enrolment::FinishCohortRequest finish;
  finish.set_name(stage.Cohort());
  RETURN_IF_ERROR(
      stage.Write<enrolment::Cohort>("admissions_officer", "cohort", "finish", finish).status());
  RETURN_IF_ERROR(PlanJury(stage));
  RETURN_IF_ERROR(Deliberate(stage));
  curriculum::AwardCertificatesRequest award;
  award.set_name(stage.In("jurySessions", stage.Id("jury")));
  ASSIGN_OR_RETURN(auto awarded, stage.Write<curriculum::AwardCertificatesResponse>(
                                     "school_director", "jury", "award", award));
  const v1::Jury& jury = stage.story().jury();
  stage.Say(absl::StrCat("end: the jury saw ", awarded.certificates_size(),
                         " learners: ", awarded.certificates_size() - jury.partial() - jury.none(),
                         " the whole title, ", jury.partial(), " a part, ", jury.none(), " none"));
  return absl::OkStatus();
}

}  // namespace vivier::demo
