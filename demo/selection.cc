// From the file of applications to the panel's ranking.
#include <algorithm>
#include <map>

#include "absl/strings/str_join.h"
#include "demo/steps.h"
#include "shared/base/hash.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::demo {
namespace {

namespace enrolment = enrolment::v1;

constexpr int kPointsLeast = 40, kPointsMost = 100;

// What an assessor thinks: nothing but the file and the story decides it.
int PointsOf(const Stage& stage, const v1::Assessor& assessor, int line) {
  const std::string hash =
      Sha256(absl::StrCat(stage.story().cohort_id(), "/", assessor.id(), "/", line));
  return kPointsLeast + static_cast<unsigned char>(hash[0]) % (kPointsMost - kPointsLeast + 1);
}

void SayRefused(Stage& stage, const enrolment::ImportRow& row) {
  stage.Say(absl::StrCat("  line ", row.line(), ", ",
                         row.column().empty() ? "the row" : "column " + row.column(), ": ",
                         enrolment::Reason_Name(row.reason())));
}

}  // namespace

absl::Status ImportApplications(Stage& stage) {
  enrolment::ImportApplicationsRequest import;
  import.set_parent(stage.Cohort());
  import.set_content(stage.folder.applications);
  ASSIGN_OR_RETURN(auto report, stage.WriteToEnd<enrolment::ImportReport>(
                                    "admissions_officer", "applications", "import", import));
  stage.Say(absl::StrCat("applications: ", report.rows_size(), " rows, ",
                         report.accepted() + report.unchanged(), " accepted, ", report.refused(),
                         " refused"));
  stage.applicants.clear();
  for (const enrolment::ImportRow& row : report.rows()) {
    if (row.result() == enrolment::ImportRow::REFUSED) {
      SayRefused(stage, row);
    } else {
      stage.applicants.push_back({row.line(), row.application()});
    }
  }
  return absl::OkStatus();
}

absl::Status AssessEligibility(Stage& stage) {
  std::vector<enrolment::AssessEligibilityRequest> requests;
  for (const Applicant& applicant : stage.applicants)
    requests.emplace_back().set_name(applicant.application);
  ASSIGN_OR_RETURN(auto assessed, stage.WriteAll<enrolment::Application>(
                                      "admissions_officer", "eligibility", std::move(requests)));
  std::map<std::string, int> reasons;
  int eligible = 0;
  for (size_t i = 0; i < assessed.size(); ++i) {
    Applicant& applicant = stage.applicants[i];
    applicant.eligible = true;
    for (const enrolment::EligibilityFinding& finding : assessed[i].findings()) {
      if (finding.satisfied()) continue;
      applicant.eligible = false;
      ++reasons[finding.rule()];
    }
    eligible += applicant.eligible ? 1 : 0;
  }
  stage.Say(absl::StrCat("eligibility: ", eligible, " of ", assessed.size(),
                         " satisfy every rule; not satisfied: ",
                         absl::StrJoin(reasons, ", ", absl::PairFormatter(" "))));
  return absl::OkStatus();
}

absl::Status Score(Stage& stage) {
  int employers = 0;
  for (const v1::Assessor& assessor : stage.story().assessors()) {
    std::vector<enrolment::ScoreApplicationRequest> requests;
    for (Applicant& applicant : stage.applicants) {
      enrolment::ScoreApplicationRequest& request = requests.emplace_back();
      request.set_name(applicant.application);
      request.set_assessor(assessor.id());
      request.set_assessor_kind(assessor.kind());
      request.set_criterion(assessor.criterion());
      request.set_points(PointsOf(stage, assessor, applicant.line));
    }
    ASSIGN_OR_RETURN(auto scored, stage.WriteAll<enrolment::Application>(
                                      "assessor", "score-" + assessor.id(), requests));
    for (size_t i = 0; i < scored.size(); ++i) stage.applicants[i].points += requests[i].points();
    employers += assessor.kind() == enrolment::Score::EMPLOYER ? 1 : 0;
  }
  stage.Say(absl::StrCat("scores: ", stage.applicants.size(), " applications by ",
                         stage.story().assessors_size(), " assessors, ", employers,
                         " of them an employer"));
  return absl::OkStatus();
}

absl::Status PublishRanking(Stage& stage) {
  stage.ranked.clear();
  for (const Applicant& applicant : stage.applicants)
    if (applicant.eligible) stage.ranked.push_back(applicant);
  const auto count = static_cast<size_t>(stage.story().ranked());
  if (stage.ranked.size() < count)
    return absl::FailedPreconditionError("fewer are eligible than the panel ranks");
  // Who came first is the better of two with the same points.
  std::stable_sort(
      stage.ranked.begin(), stage.ranked.end(),
      [](const Applicant& left, const Applicant& right) { return left.points > right.points; });
  stage.ranked.resize(count);
  enrolment::PublishRankingRequest publish;
  publish.set_name(stage.Cohort());
  for (const Applicant& applicant : stage.ranked) publish.add_applications(applicant.application);
  publish.set_reject_others(true);
  publish.set_decision_reason("La commission a retenu d'autres candidatures.");
  ASSIGN_OR_RETURN(auto published, stage.Write<enrolment::PublishRankingResponse>(
                                       "admissions_officer", "ranking", "", publish));
  stage.Say(absl::StrCat("panel: ", published.applications_size(), " ranked, ",
                         published.rejected(), " rejected"));
  return absl::OkStatus();
}

}  // namespace vivier::demo
