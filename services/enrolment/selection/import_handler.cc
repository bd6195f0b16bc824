// ImportApplications: what imports.h read becomes candidates and applications, or a reason.
#include "absl/strings/str_cat.h"
#include "services/enrolment/cohorts/rules.h"
#include "services/enrolment/selection/imports.h"
#include "services/enrolment/selection/selection.h"
#include "shared/base/status.h"
#include "shared/security/roles.h"
#include "shared/security/school_key.h"
#include "vivier/enrolment/v1/reasons.pb.h"

namespace vivier::enrolment {

using rpc::Call;

namespace {

void Count(v1::ImportRow::Result result, v1::ImportMetadata& metadata) {
  metadata.set_rows_done(metadata.rows_done() + 1);
  switch (result) {
    case v1::ImportRow::REFUSED:
      metadata.set_refused(metadata.refused() + 1);
      break;
    case v1::ImportRow::UNCHANGED:
      metadata.set_unchanged(metadata.unchanged() + 1);
      break;
    default:
      metadata.set_accepted(metadata.accepted() + 1);
  }
}

// The ids follow from the row, so that the same row of a later import finds what it made, of
// somebody who was erased too. Names never change, so the index has a key of its own, which the
// school's key wraps as it does that of a person.
absl::StatusOr<std::string> ImportedId(Call& call, const v1::Candidate& candidate) {
  const std::string holder = absl::StrCat("schools/", call.school(), "/imports/applications");
  ASSIGN_OR_RETURN(const security::Key key, call.unit().KeyOf(holder, true));
  return "i-" + security::IndexUnder(key, "applications.import", NaturalKey(candidate));
}

// Adds what ImportOne will look for.
void Want(Call& call, const v1::Cohort& cohort, const std::string& id,
          const std::vector<std::string>& keys, storage::Transaction::Wanted& wanted) {
  const auto want = [&](const google::protobuf::Descriptor* type, const std::string& name) {
    wanted.rows.push_back({&storage::Schema::Of(type), name});
  };
  want(v1::Application::descriptor(), absl::StrCat(cohort.name(), "/applications/", id));
  want(v1::Candidate::descriptor(), absl::StrCat("schools/", call.school(), "/candidates/", id));
  for (const std::string& key : keys) want(v1::CandidateKey::descriptor(), key);
}

}  // namespace

absl::Status Selection::CheckImport(Call& call, const v1::ImportApplicationsRequest& request) {
  ASSIGN_OR_RETURN(const v1::Cohort cohort, cohorts_.rows().Get(call, request.parent()));
  return CheckTakesApplications(cohort);
}

// The counts are those of all rows so far: of each step's report the last one stays.
absl::Status Selection::ImportRows(Call& call, const v1::ImportStep& step,
                                   v1::ImportMetadata& metadata, v1::ImportReport& report) {
  ASSIGN_OR_RETURN(const v1::Cohort cohort, cohorts_.rows().Get(call, metadata.cohort()));
  RETURN_IF_ERROR(CheckTakesApplications(cohort));
  storage::Transaction::Wanted
      wanted;  // in one round trip; on PostgreSQL each look by itself costs one
  for (const v1::ImportStep::Row& row : step.rows()) {
    if (row.report().result() == v1::ImportRow::REFUSED) continue;
    ASSIGN_OR_RETURN(const std::string id, ImportedId(call, row.candidate()));
    ASSIGN_OR_RETURN(const std::vector<std::string> keys, people_.keys().Of(call, row.candidate()));
    Want(call, cohort, id, keys, wanted);
  }
  RETURN_IF_ERROR(call.unit().transaction().Prefetch(wanted));
  for (v1::ImportStep::Row row : step.rows()) {
    if (row.report().result() != v1::ImportRow::REFUSED)
      RETURN_IF_ERROR(ImportOne(call, cohort, row));
    Count(row.report().result(), metadata);
    *report.add_rows() = std::move(*row.mutable_report());
  }
  report.set_accepted(metadata.accepted());
  report.set_refused(metadata.refused());
  report.set_unchanged(metadata.unchanged());
  return absl::OkStatus();
}

absl::Status Selection::ImportOne(Call& call, const v1::Cohort& cohort, v1::ImportStep::Row& row) {
  v1::Candidate& candidate = *row.mutable_candidate();
  ASSIGN_OR_RETURN(const std::string id, ImportedId(call, candidate));
  v1::Application application;
  application.set_name(absl::StrCat(cohort.name(), "/applications/", id));
  ASSIGN_OR_RETURN(std::optional<v1::Application> earlier,
                   applications_.Find(call, application.name()));
  if (earlier.has_value() && !row.repeats()) {
    row.mutable_report()->set_result(v1::ImportRow::UNCHANGED);
    row.mutable_report()->set_application(application.name());
    return absl::OkStatus();
  }
  candidate.set_name(absl::StrCat("schools/", call.school(), "/candidates/", id));
  const absl::Status born = people_.CheckBirthDate(call, candidate);
  if (absl::IsInvalidArgument(born)) {
    Refuse(v1::CELL_INVALID, "birth_date", std::string(born.message()), *row.mutable_report());
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(born);
  ASSIGN_OR_RETURN(std::vector<std::string> keys, people_.keys().Of(call, candidate));
  ASSIGN_OR_RETURN(std::string known, people_.keys().HolderOf(call, keys));
  // Somebody who was erased is known by the name alone, and nothing of them is stored again.
  ASSIGN_OR_RETURN(std::optional<v1::Candidate> same,
                   people_.candidates().Find(call, candidate.name()));
  const bool is_used = same.has_value() || !people_.CheckNotErased(call, candidate.name()).ok();
  if (known.empty() && is_used) known = candidate.name();
  if (!known.empty()) {
    const bool told = security::Allows(call.caller(), "candidates.get", call.school());
    Refuse(v1::DUPLICATE_PERSON, "",
           absl::StrCat("the person is known", told ? " as " : "", told ? known : "",
                        "; nobody is merged: apply for them with SubmitApplication"),
           *row.mutable_report());
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(people_.Add(call, candidate));
  application.set_channel(row.channel());
  RETURN_IF_ERROR(AddApplication(call, cohort, candidate, application));
  row.mutable_report()->set_application(application.name());
  return absl::OkStatus();
}

}  // namespace vivier::enrolment
