#include "services/partners/hirings/hirings.h"

#include "services/partners/companies/visibility.h"
#include "services/partners/hirings/rules.h"
#include "services/partners/offers/store_changed.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using rpc::Call;
using v1::Hiring;
using v1::LearnerPutForward;

std::string PutForwardName(const std::string& learner) {
  return ChildName(SchoolNameOf(learner), "learnersPutForward", IdInSchool(learner));
}

}  // namespace

void Hirings::AddTo(rpc::Service& service) {
  withdrawals_.AddTo(service);
  service.Keeps(learners_)
      .Keeps(hirings_)
      .On(*this, &Hirings::ListLearnersPutForward)
      .On(*this, &Hirings::GetHiring)
      .On(*this, &Hirings::ListHirings)
      .On(*this, &Hirings::ProposeHiring)
      .On(*this, &Hirings::AcceptHiring)
      .On(*this, &Hirings::DeclineHiring)
      .React(*this, &Hirings::OnLearnerFinished)
      .React(*this, &Hirings::OnLearnerLeft)
      .React(*this, &Hirings::OnPersonErased);
}

absl::StatusOr<v1::ListLearnersPutForwardResponse> Hirings::ListLearnersPutForward(
    Call& call, const v1::ListLearnersPutForwardRequest& request) {
  std::string filter = request.filter();
  if (ActsForCompany(call)) {
    ASSIGN_OR_RETURN(bool employer, companies_.IsEmployer(call, call.caller().acts_for));
    if (!employer) return NotAllowed(request.parent());
    filter = storage::NarrowedTo("state", {"AVAILABLE"}, filter);
  }
  return ListPage<v1::ListLearnersPutForwardResponse>(
      call, learners_, request, filter,
      [](auto& response) { return response.add_learners_put_forward(); });
}

absl::StatusOr<Hiring> Hirings::GetHiring(Call& call, const v1::GetHiringRequest& request) {
  return GetOwn(call, hirings_, request.name());
}

absl::StatusOr<v1::ListHiringsResponse> Hirings::ListHirings(
    Call& call, const v1::ListHiringsRequest& request) {
  return ListPage<v1::ListHiringsResponse>(call, hirings_, request,
                                           OwnFilter(call, request.filter()),
                                           [](auto& response) { return response.add_hirings(); });
}

absl::StatusOr<LearnerPutForward> Hirings::LearnerFor(Call& call, const std::string& name) {
  if (!ActsForCompany(call)) return learners_.Get(call, name);
  ASSIGN_OR_RETURN(const bool employer, companies_.IsEmployer(call, call.caller().acts_for));
  ASSIGN_OR_RETURN(std::optional<LearnerPutForward> found, learners_.Find(call, name));
  if (!employer || !found.has_value() || found->state() != LearnerPutForward::AVAILABLE)
    return NotAllowed(name);
  return *std::move(found);
}

absl::StatusOr<Hiring> Hirings::ProposeHiring(Call& call, const v1::ProposeHiringRequest& request) {
  ASSIGN_OR_RETURN(v1::JobOffer offer, GetOwn(call, offers_.rows(), request.job_offer()));
  ASSIGN_OR_RETURN(LearnerPutForward learner, LearnerFor(call, request.learner_put_forward()));
  Hiring hiring;
  hiring.set_name(ChildName(request.parent(), "hirings", request.hiring_id()));
  RETURN_IF_ERROR(Propose(learner, offer, hiring));
  ASSIGN_OR_RETURN(
      const bool in_play,
      hirings_.Any(call, "learner = $2 AND job_offer = $3 AND state IN ('PROPOSED', 'ACCEPTED')",
                   {learner.learner(), offer.name()}));
  if (in_play) {
    return Refused(v1::HIRING_EXISTS, "the learner and this job offer were brought together before",
                   {{"learner", learner.learner()}, {"job_offer", offer.name()}});
  }
  RETURN_IF_ERROR(hirings_.Insert(call, hiring));
  return hiring;
}

absl::StatusOr<Hiring> Hirings::AcceptHiring(Call& call, const v1::AcceptHiringRequest& request) {
  ASSIGN_OR_RETURN(Placement before, Load(call, request.name(), request.etag()));
  Placement after = before;
  RETURN_IF_ERROR(Accept(after.hiring, after.learner, after.vacancy.offer, after.vacancy.count));
  RETURN_IF_ERROR(Store(call, before, after));
  return after.hiring;
}

absl::StatusOr<Hiring> Hirings::DeclineHiring(Call& call, const v1::DeclineHiringRequest& request) {
  ASSIGN_OR_RETURN(Placement before, Load(call, request.name(), request.etag()));
  RETURN_IF_ERROR(declining.Run(call, before.hiring));
  Placement after = before;
  RETURN_IF_ERROR(Decline(after.hiring, after.learner, after.vacancy.offer, after.vacancy.count));
  RETURN_IF_ERROR(Store(call, before, after));
  return after.hiring;
}

absl::Status Hirings::OnLearnerFinished(Call& call, const enrolment::v1::LearnerFinished& event) {
  ASSIGN_OR_RETURN(std::optional<LearnerPutForward> known,
                   learners_.Find(call, PutForwardName(event.learner())));
  if (known.has_value()) return absl::OkStatus();
  LearnerPutForward learner;
  learner.set_name(PutForwardName(event.learner()));
  learner.set_learner(event.learner());
  learner.set_cohort(event.cohort());
  MoveLearner("LearnerFinished", learner);
  return learners_.Insert(call, learner);
}

// Who was hired keeps their hiring: leaving for that job is one way to leave.
absl::Status Hirings::OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event) {
  return TakeBack(call, "LearnerLeft", event.learner());
}

// Nobody can be hired of whom nothing is known any more.
absl::Status Hirings::OnPersonErased(Call& call, const enrolment::v1::PersonErased& event) {
  for (const std::string& person : event.persons())
    RETURN_IF_ERROR(TakeBack(call, "PersonErased", person));
  return absl::OkStatus();
}

absl::Status Hirings::TakeBack(Call& call, absl::string_view act, const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<LearnerPutForward> learner,
                   learners_.Find(call, PutForwardName(name)));
  if (!learner.has_value() || !MoveLearner(act, *learner)) return absl::OkStatus();
  RETURN_IF_ERROR(withdrawals_.OfLearner(call, name));
  return learners_.Update(call, *learner);
}

absl::Status Hirings::WithdrawProposals(Call& call, const v1::JobOffer& offer) {
  return withdrawals_.OfOffer(call, offer.name());
}

absl::Status Hirings::Complete(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(Hiring hiring, hirings_.Get(call, name));
  RETURN_IF_ERROR(MoveHiring("CompleteContract", hiring));
  return hirings_.Update(call, hiring);
}

absl::StatusOr<Placement> Hirings::Load(Call& call, const std::string& hiring,
                                        const std::string& etag) {
  Placement placement;
  ASSIGN_OR_RETURN(placement.hiring, GetOwn(call, hirings_, hiring));
  RETURN_IF_ERROR(hirings_.schema().CheckEtag(placement.hiring, etag));
  ASSIGN_OR_RETURN(placement.learner,
                   learners_.Get(call, PutForwardName(placement.hiring.learner())));
  ASSIGN_OR_RETURN(placement.vacancy, offers_.Load(call, placement.hiring.job_offer()));
  return placement;
}

absl::Status Hirings::Store(Call& call, const Placement& before, Placement& after) {
  RETURN_IF_ERROR(StoreChanged(call, hirings_, before.hiring, after.hiring));
  RETURN_IF_ERROR(StoreChanged(call, learners_, before.learner, after.learner));
  return offers_.Store(call, before.vacancy, after.vacancy);
}

}  // namespace vivier::partners
