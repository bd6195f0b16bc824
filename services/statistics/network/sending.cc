#include "services/statistics/network/sending.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "vivier/statistics/v1/network.pb.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

absl::StatusOr<v1::ComputeSubmissionResponse> Figures(const rpc::Outside& outside,
                                                      const std::string& site) {
  v1::ComputeSubmissionRequest here;
  here.set_parent(absl::StrCat("schools/", outside.school()));
  here.set_site(site);
  return outside.AskHere<v1::ComputeSubmissionResponse>(here);
}

absl::StatusOr<v1::Submission> Send(const rpc::Outside& outside,
                                    v1::ComputeSubmissionResponse figures) {
  v1::SubmitCellsRequest there;
  there.set_parent(outside.target());
  there.set_site(figures.site());
  there.set_revision(figures.revision());
  there.mutable_cells()->Swap(figures.mutable_cells());
  there.set_content_hash(figures.content_hash());
  there.set_epoch(figures.epoch());
  there.set_dictionary_version(figures.dictionary_version());
  there.set_signature(figures.signature());
  there.set_public_key(figures.public_key());
  there.set_previous_signature(figures.previous_signature());
  there.set_previous_public_key(figures.previous_public_key());
  there.set_request_id(
      UuidOf(absl::StrCat(outside.id(), figures.epoch(), ".", figures.revision())));
  return outside.AskThere<v1::Submission>(there);
}

// Whether the parent counts what the school does not know to have sent.
bool KnowsLater(const v1::Submission& answer, const v1::ComputeSubmissionResponse& sent) {
  return answer.state() == v1::Submission::ACCEPTED && answer.epoch() == sent.epoch() &&
         answer.revision() > sent.revision();
}

}  // namespace

absl::Status Sending::SendOwn(const rpc::Outside& outside, const v1::SubmissionDue&) {
  ASSIGN_OR_RETURN(const v1::ComputeSubmissionResponse figures, Figures(outside, ""));
  const absl::StatusOr<v1::Submission> answer = Send(outside, figures);
  const bool over = ReasonOf(answer.status()) == v1::Reason_Name(v1::EPOCH_OVER);
  if (!over && !(answer.ok() && KnowsLater(*answer, figures))) return answer.status();
  v1::BeginEpochRequest begin;
  begin.set_parent(absl::StrCat("schools/", outside.school()));
  begin.set_epoch(figures.epoch());
  begin.set_request_id(UuidOf(absl::StrCat(outside.id(), "epoch", figures.epoch())));
  RETURN_IF_ERROR(outside.AskHere<v1::BeginEpochResponse>(begin).status());
  ASSIGN_OR_RETURN(v1::ComputeSubmissionResponse anew, Figures(outside, ""));
  return Send(outside, std::move(anew)).status();
}

absl::Status Sending::PassOn(const rpc::Outside& outside, const v1::SubmissionAccepted& event) {
  const std::string site = IdInSchool(event.submission());
  const bool comes_from_there = outside.target() == absl::StrCat("schools/", site);
  if (comes_from_there || site == outside.school()) return absl::OkStatus();
  ASSIGN_OR_RETURN(v1::ComputeSubmissionResponse figures, Figures(outside, site));
  if (figures.public_key().empty()) return absl::OkStatus();
  return Send(outside, std::move(figures)).status();
}

}  // namespace vivier::statistics
