// ImportApplications: what imports.h read becomes candidates and applications, or a reason.
#include "absl/container/flat_hash_set.h"
#include "services/enrolment/enrolment.h"
#include "services/enrolment/imports.h"
#include "services/enrolment/rules.h"

namespace vivier::enrolment {

absl::StatusOr<v1::ImportReport> Enrolment::ImportApplications(Call& call,
                                                               const v1::ImportApplicationsRequest& request) {
  ASSIGN_OR_RETURN(v1::Cohort cohort, cohorts_.Get(call, request.parent()));
  RETURN_IF_ERROR(CheckTakesApplications(cohort));
  ASSIGN_OR_RETURN(std::vector<ImportedRow> rows, ReadApplications(request.content()));
  v1::ImportReport report;
  absl::flat_hash_set<std::string> made;
  for (ImportedRow& row : rows) {
    if (row.channel.empty()) row.channel = request.channel();
    if (row.report.result() != v1::ImportRow::REFUSED) RETURN_IF_ERROR(ImportOne(call, cohort, row, made));
    switch (row.report.result()) {
      case v1::ImportRow::REFUSED:
        report.set_refused(report.refused() + 1);
        break;
      case v1::ImportRow::UNCHANGED:
        report.set_unchanged(report.unchanged() + 1);
        break;
      default:
        report.set_accepted(report.accepted() + 1);
    }
    *report.add_rows() = std::move(row.report);
  }
  return report;
}

// The ids follow from the row, so that the same row of a later import finds what it made.
absl::Status Enrolment::ImportOne(Call& call, const v1::Cohort& cohort, ImportedRow& row,
                                  absl::flat_hash_set<std::string>& made) {
  ASSIGN_OR_RETURN(std::string index, call.unit().BlindIndex("applications.import", NaturalKey(row.candidate)));
  const std::string name = absl::StrCat(cohort.name(), "/applications/i-", index);
  ASSIGN_OR_RETURN(std::optional<v1::Application> earlier, applications_.Find(call, name));
  const bool twice = made.contains(name);
  if (earlier.has_value() && !twice) {
    row.report.set_result(v1::ImportRow::UNCHANGED);
    row.report.set_application(name);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::vector<std::string> keys, KeysOf(call, row.candidate));
  ASSIGN_OR_RETURN(std::string known, KnownAs(call, keys));
  if (twice || !known.empty()) {
    Refuse(v1::DUPLICATE_PERSON, "", absl::StrCat("the person is known as ", known, "; nobody is merged"), row.report);
    return absl::OkStatus();
  }
  row.candidate.set_name(absl::StrCat("schools/", call.school(), "/candidates/i-", index));
  RETURN_IF_ERROR(AddCandidate(call, row.candidate, keys));
  v1::Application application;
  application.set_name(name);
  application.set_channel(row.channel);
  RETURN_IF_ERROR(AddApplication(call, cohort, row.candidate, application));
  row.report.set_application(name);
  made.insert(name);
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
