// What a parent does: members, their submissions, how old they are.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/statistics/statistics.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "vivier/statistics/v1/events.pb.h"

namespace vivier::statistics {
namespace {

std::string SubmissionName(const v1::SubmitCellsRequest& request) {
  return absl::StrCat(request.parent(), "/submissions/", request.site());
}

std::string QuarantineName(const v1::SubmitCellsRequest& request) {
  return absl::StrCat(request.parent(), "/quarantinedSubmissions/", request.site());
}

}  // namespace

absl::StatusOr<v1::RequestSubmissionResponse> Statistics::RequestSubmission(
    Call& call, const v1::RequestSubmissionRequest& request) {
  ASSIGN_OR_RETURN(std::optional<v1::SubmissionClock> clock,
                   clocks_.Find(call, absl::StrCat(request.parent(), "/submissionClocks/cells")));
  v1::RequestSubmissionResponse response;
  if (!clock.has_value()) return response;
  response.set_revision(clock->revision());
  RETURN_IF_ERROR(EmitSubmissionDue(call, *std::move(clock)));
  return response;
}

absl::Status Statistics::SendSubmission(const rpc::Outside& outside, const v1::SubmissionDue&) {
  v1::ComputeSubmissionRequest here;
  here.set_parent(absl::StrCat("schools/", outside.school()));
  ASSIGN_OR_RETURN(auto figures, outside.AskHere<v1::ComputeSubmissionResponse>(here));
  v1::SubmitCellsRequest there;
  there.set_parent(outside.target());
  there.set_site(figures.site());
  there.set_revision(figures.revision());
  there.mutable_cells()->Swap(figures.mutable_cells());
  there.set_content_hash(figures.content_hash());
  there.set_request_id(UuidOf(absl::StrCat(outside.id(), figures.revision())));
  return outside.AskThere<v1::Submission>(there).status();
}

absl::StatusOr<v1::Submission> Statistics::SubmitCells(Call& call,
                                                       const v1::SubmitCellsRequest& request) {
  RETURN_IF_ERROR(MayBeAdded(call, request.site()));
  ASSIGN_OR_RETURN(std::optional<v1::Submission> known,
                   submissions_.Find(call, SubmissionName(request)));
  const v1::Submission* before = known.has_value() ? &*known : nullptr;
  switch (Compare(before, request.revision(), request.content_hash())) {
    case Fate::kAlreadyThere:
      return *known;
    case Fate::kReused:
      return SetAside(call, request, {"this revision was accepted with another content"});
    case Fate::kAccept:
      break;
  }
  const std::vector<std::string> findings = Findings(request.cells(), request.content_hash());
  if (!findings.empty()) return SetAside(call, request, findings);
  return Accept(call, request, before);
}

absl::Status Statistics::MayBeAdded(Call& call, const std::string& site) {
  ASSIGN_OR_RETURN(std::optional<v1::Member> member,
                   members_.Find(call, absl::StrCat("schools/", call.school(), "/members/", site)));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  const bool agreed =
      member.has_value() && ToCivil(member->agreement_start_date()) <= today &&
      (!member->has_agreement_end_date() || today <= ToCivil(member->agreement_end_date()));
  if (agreed) return absl::OkStatus();
  return Refused(v1::NOT_A_MEMBER, "the school has no agreement with this node today",
                 {{"site", site}});
}

absl::StatusOr<v1::Submission> Statistics::SetAside(Call& call,
                                                    const v1::SubmitCellsRequest& request,
                                                    const std::vector<std::string>& findings) {
  ASSIGN_OR_RETURN(std::optional<v1::QuarantinedSubmission> before,
                   quarantined_.Find(call, QuarantineName(request)));
  v1::QuarantinedSubmission aside = before.value_or(v1::QuarantinedSubmission());
  aside.set_name(QuarantineName(request));
  aside.set_revision(request.revision());
  aside.set_content_hash(request.content_hash());
  aside.mutable_findings()->Assign(findings.begin(), findings.end());
  *aside.mutable_receive_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(before.has_value() ? quarantined_.Update(call, aside)
                                     : quarantined_.Insert(call, aside));
  v1::Submission answer;
  answer.set_name(SubmissionName(request));
  answer.set_revision(request.revision());
  answer.set_content_hash(request.content_hash());
  answer.set_cell_count(request.cells_size());
  answer.set_state(v1::Submission::QUARANTINED);
  answer.mutable_findings()->Assign(findings.begin(), findings.end());
  return answer;
}

absl::StatusOr<v1::Submission> Statistics::Accept(Call& call, const v1::SubmitCellsRequest& request,
                                                  const v1::Submission* before) {
  ASSIGN_OR_RETURN(std::optional<v1::QuarantinedSubmission> aside,
                   quarantined_.Find(call, QuarantineName(request)));
  RETURN_IF_ERROR(ReplaceYears(call, request.site(), FromCells(request.cells())));
  if (aside.has_value() && aside->revision() <= request.revision())
    RETURN_IF_ERROR(quarantined_.Delete(call, aside->name()));
  v1::Submission submission = before == nullptr ? v1::Submission() : *before;
  submission.set_name(SubmissionName(request));
  submission.set_revision(request.revision());
  submission.set_content_hash(request.content_hash());
  submission.set_cell_count(request.cells_size());
  submission.set_state(v1::Submission::ACCEPTED);
  *submission.mutable_accept_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(before == nullptr ? submissions_.Insert(call, submission)
                                    : submissions_.Update(call, submission));
  v1::SubmissionAccepted event;
  event.set_submission(submission.name());
  event.set_revision(submission.revision());
  RETURN_IF_ERROR(call.Emit(event));
  return submission;
}

absl::Status Statistics::ReplaceYears(Call& call, const std::string& site, const ByYear& years) {
  ASSIGN_OR_RETURN(std::vector<v1::SiteYear> old,
                   site_years_.Select(call, "site = $2 ORDER BY year", {site}));
  std::map<int, v1::SiteYear> rows;
  for (v1::SiteYear& row : old) rows[row.year()] = std::move(row);
  for (const auto& [year, row] : rows)
    if (years.count(year) == 0) RETURN_IF_ERROR(site_years_.Delete(call, row.name()));
  for (const auto& [year, counts] : years) {
    v1::SiteYear& row = rows[year];
    const bool fresh = row.name().empty();
    row.set_name(absl::StrCat("schools/", call.school(), "/siteYears/", site, ".", year));
    row.set_site(site);
    row.set_year(year);
    Store(counts, row);
    RETURN_IF_ERROR(fresh ? site_years_.Insert(call, row) : site_years_.Update(call, row));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetFreshnessResponse> Statistics::GetFreshness(
    Call& call, const v1::GetFreshnessRequest& request) {
  ASSIGN_OR_RETURN(std::vector<v1::Member> members,
                   members_.Select(call, "name > $2 ORDER BY name", {storage::Value("")}));
  v1::GetFreshnessResponse response;
  for (const v1::Member& member : members) {
    const std::string site = IdInSchool(member.name());
    ASSIGN_OR_RETURN(std::optional<v1::Submission> submission,
                     submissions_.Find(call, absl::StrCat(request.name(), "/submissions/", site)));
    ASSIGN_OR_RETURN(
        std::optional<v1::QuarantinedSubmission> aside,
        quarantined_.Find(call, absl::StrCat(request.name(), "/quarantinedSubmissions/", site)));
    v1::SiteFreshness& freshness = *response.add_sites();
    freshness.set_member(member.name());
    freshness.set_quarantined(aside.has_value());
    if (!submission.has_value()) continue;
    freshness.set_revision(submission->revision());
    *freshness.mutable_accept_time() = submission->accept_time();
  }
  return response;
}

absl::StatusOr<google::protobuf::Empty> Statistics::DeleteMember(
    Call& call, const v1::DeleteMemberRequest& request) {
  RETURN_IF_ERROR(members_.Get(call, request.name(), request.etag()).status());
  const std::string submission =
      absl::StrCat("schools/", call.school(), "/submissions/", IdInSchool(request.name()));
  ASSIGN_OR_RETURN(std::optional<v1::Submission> submitted, submissions_.Find(call, submission));
  if (submitted.has_value()) {
    return Refused(v1::MEMBER_HAS_SUBMITTED,
                   "the member's figures are counted: give its agreement an end date",
                   {{"member", request.name()}});
  }
  RETURN_IF_ERROR(members_.Delete(call, request.name()));
  return google::protobuf::Empty();
}

absl::Status Statistics::CheckMember(Call&, const v1::Member*, v1::Member& after) {
  if (after.has_agreement_end_date() &&
      ToCivil(after.agreement_end_date()) < ToCivil(after.agreement_start_date()))
    return InvalidField("member.agreement_end_date", "is before agreement_start_date");
  return absl::OkStatus();
}

}  // namespace vivier::statistics
