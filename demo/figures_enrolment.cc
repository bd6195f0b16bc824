// What enrolment says: rows, applications, seats, learners, presence, outcomes.
#include "demo/figures.h"
#include "shared/formats/csv.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::demo {
namespace {

namespace enrolment = enrolment::v1;

// The import is the first one again, and its report is kept.
absl::Status ReadRows(Stage& stage, Figures& figures) {
  ASSIGN_OR_RETURN(const formats::CsvTable file, formats::ParseCsv(stage.folder.applications));
  figures.Add("rows.file", static_cast<int64_t>(file.rows.size()));
  enrolment::ImportApplicationsRequest import;
  import.set_parent(stage.Cohort());
  import.set_content(stage.folder.applications);
  ASSIGN_OR_RETURN(auto report, stage.WriteToEnd<enrolment::ImportReport>(
                                    "admissions_officer", "applications", "import", import));
  figures.Add("rows.accepted", report.accepted());
  figures.Add("rows.unchanged", report.unchanged());
  figures.Add("rows.refused", report.refused());
  for (const enrolment::ImportRow& row : report.rows())
    if (row.result() == enrolment::ImportRow::REFUSED)
      figures.Add("rows.refused_" + FigureName(enrolment::Reason_Name(row.reason())), 1);
  return absl::OkStatus();
}

absl::Status ReadApplications(Stage& stage, Figures& figures) {
  enrolment::ListApplicationsRequest request;
  request.set_parent(stage.Cohort());
  return stage.ReadPages<enrolment::ListApplicationsResponse>(request, [&](const auto& page) {
    for (const enrolment::Application& application : page.applications()) {
      figures.Add("applications.total", 1);
      figures.Add("applications.ranked", application.rank() > 0 ? 1 : 0);
      figures.Add(
          "applications." + FigureName(enrolment::Application::State_Name(application.state())), 1);
      figures.Add("applications.scores", application.scores_size());
    }
  });
}

absl::Status ReadSeats(Stage& stage, Figures& figures) {
  enrolment::GetCohortSeatsRequest request;
  request.set_name(stage.Cohort() + "/seats");
  ASSIGN_OR_RETURN(auto seats, stage.Read<enrolment::CohortSeats>(request));
  figures.Add("seats.capacity", seats.capacity());
  figures.Add("seats.held", seats.held());
  figures.Add("seats.taken", seats.taken());
  return absl::OkStatus();
}

absl::Status ReadOutcomes(Stage& stage, const std::string& learner, Figures& figures) {
  enrolment::ListOutcomesRequest request;
  request.set_parent(learner);
  return stage.ReadPages<enrolment::ListOutcomesResponse>(request, [&](const auto& page) {
    for (const enrolment::Outcome& outcome : page.outcomes())
      figures.Add(absl::StrCat("outcomes.after_", outcome.months_after(), "_months"), 1);
  });
}

absl::Status ReadLearners(Stage& stage, Figures& figures) {
  enrolment::ListLearnersRequest request;
  request.set_parent(stage.Cohort());
  std::vector<std::string> finished;
  RETURN_IF_ERROR(stage.ReadPages<enrolment::ListLearnersResponse>(request, [&](const auto& page) {
    for (const enrolment::Learner& learner : page.learners()) {
      const bool no_show = learner.exit_cause() == enrolment::LearnerLeft::NO_SHOW;
      figures.Add("learners.total", 1);
      figures.Add(no_show
                      ? "learners.no_show"
                      : "learners." + FigureName(enrolment::Learner::State_Name(learner.state())),
                  1);
      if (learner.certification() != enrolment::Learner::CERTIFICATION_UNSPECIFIED)
        figures.Add("learners.judged", 1);
      if (learner.state() == enrolment::Learner::FINISHED) finished.push_back(learner.name());
    }
  }));
  for (const std::string& learner : finished)
    RETURN_IF_ERROR(ReadOutcomes(stage, learner, figures));
  return absl::OkStatus();
}

absl::Status ReadPresence(Stage& stage, Figures& figures) {
  enrolment::ListAttendanceSheetsRequest sheets;
  sheets.set_parent(stage.Cohort());
  std::vector<std::string> names;
  RETURN_IF_ERROR(
      stage.ReadPages<enrolment::ListAttendanceSheetsResponse>(sheets, [&](const auto& page) {
        for (const enrolment::AttendanceSheet& sheet : page.attendance_sheets()) {
          names.push_back(sheet.name());
          figures.Add("sheets.sealed", sheet.state() == enrolment::AttendanceSheet::SEALED ? 1 : 0);
          figures.Add("sheets.seals", sheet.revision());
        }
      }));
  figures.Add("sheets.total", static_cast<int64_t>(names.size()));
  for (const std::string& name : names) {
    enrolment::ListPresenceEntriesRequest entries;
    entries.set_parent(name);
    RETURN_IF_ERROR(
        stage.ReadPages<enrolment::ListPresenceEntriesResponse>(entries, [&](const auto& page) {
          // Who is on the first half-day's sheet has started.
          if (name == names.front()) figures.Add("learners.started", page.presence_entries_size());
          for (const enrolment::PresenceEntry& entry : page.presence_entries()) {
            figures.Add("presence.entries", 1);
            figures.Add("presence.minutes_due", entry.minutes_due());
            figures.Add("presence.minutes_present", entry.minutes_present());
            figures.Add("presence.corrections", entry.corrections());
            figures.Add("presence.absences",
                        entry.absence() != enrolment::PresenceEntry::ABSENCE_UNSPECIFIED ? 1 : 0);
          }
        }));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadEnrolment(Stage& stage, Figures& figures) {
  RETURN_IF_ERROR(ReadRows(stage, figures));
  RETURN_IF_ERROR(ReadApplications(stage, figures));
  RETURN_IF_ERROR(ReadSeats(stage, figures));
  RETURN_IF_ERROR(ReadLearners(stage, figures));
  return ReadPresence(stage, figures);
}

}  // namespace vivier::demo
