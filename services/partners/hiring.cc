// Learners put forward and their hirings.
#include "google/protobuf/util/message_differencer.h"
#include "services/partners/partners.h"
#include "services/partners/rules.h"
#include "services/partners/visibility.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::partners {
namespace {

std::string PutForwardName(const std::string& learner) {
  return absl::StrCat(SchoolNameOf(learner), "/learnersPutForward/", IdInSchool(learner));
}

template <class M>
absl::Status StoreChanged(rpc::Call& call, const storage::Table<M>& table, const M& before,
                          M& after) {
  if (google::protobuf::util::MessageDifferencer::Equals(before, after)) return absl::OkStatus();
  return table.Update(call, after);
}

}  // namespace

absl::StatusOr<v1::ListLearnersPutForwardResponse> Partners::ListLearnersPutForward(
    Call& call, const v1::ListLearnersPutForwardRequest& request) {
  std::string filter = request.filter();
  if (ActsForCompany(call)) {
    ASSIGN_OR_RETURN(bool employer, IsEmployer(call, call.caller().acts_for));
    if (!employer) return NotAllowed(request.parent());
    filter = storage::NarrowedTo("state", {"AVAILABLE"}, filter);
  }
  return ListPage<v1::ListLearnersPutForwardResponse>(
      call, learners_, request, filter,
      [](auto& response) { return response.add_learners_put_forward(); });
}

absl::StatusOr<v1::Hiring> Partners::GetHiring(Call& call, const v1::GetHiringRequest& request) {
  return GetOwn(call, hirings_, request.name());
}

absl::StatusOr<v1::ListHiringsResponse> Partners::ListHirings(
    Call& call, const v1::ListHiringsRequest& request) {
  return ListPage<v1::ListHiringsResponse>(call, hirings_, request,
                                           OwnFilter(call, request.filter()),
                                           [](auto& response) { return response.add_hirings(); });
}

absl::StatusOr<v1::Hiring> Partners::ProposeHiring(Call& call,
                                                   const v1::ProposeHiringRequest& request) {
  ASSIGN_OR_RETURN(v1::JobOffer offer, GetOwn(call, job_offers_, request.job_offer()));
  ASSIGN_OR_RETURN(v1::LearnerPutForward learner,
                   learners_.Get(call, request.learner_put_forward()));
  v1::Hiring hiring;
  hiring.set_name(absl::StrCat(request.parent(), "/hirings/", request.hiring_id()));
  RETURN_IF_ERROR(Propose(learner, offer, hiring));
  ASSIGN_OR_RETURN(
      int64_t in_play,
      hirings_.Count(call, "learner = $2 AND job_offer = $3 AND state IN ('PROPOSED', 'ACCEPTED')",
                     {learner.learner(), offer.name()}));
  if (in_play > 0) {
    return Refused(v1::HIRING_EXISTS, "the learner and this job offer were brought together before",
                   {{"learner", learner.learner()}, {"job_offer", offer.name()}});
  }
  RETURN_IF_ERROR(hirings_.Insert(call, hiring));
  return hiring;
}

absl::StatusOr<v1::Hiring> Partners::AcceptHiring(Call& call,
                                                  const v1::AcceptHiringRequest& request) {
  ASSIGN_OR_RETURN(Placement before, Load(call, request.name(), request.etag()));
  Placement after = before;
  RETURN_IF_ERROR(Accept(after.hiring, after.learner, after.offer, after.count));
  RETURN_IF_ERROR(Store(call, before, after));
  return after.hiring;
}

absl::StatusOr<v1::Hiring> Partners::DeclineHiring(Call& call,
                                                   const v1::DeclineHiringRequest& request) {
  ASSIGN_OR_RETURN(Placement before, Load(call, request.name(), request.etag()));
  ASSIGN_OR_RETURN(bool is_signed, HasSigned(call, before.hiring.learner()));
  if (is_signed && before.hiring.state() == v1::Hiring::ACCEPTED) {
    return Refused(v1::LEARNER_HAS_CONTRACT, "the contract is signed: it can only be broken",
                   {{"hiring", before.hiring.name()}});
  }
  Placement after = before;
  RETURN_IF_ERROR(Decline(after.hiring, after.learner, after.offer, after.count));
  RETURN_IF_ERROR(Store(call, before, after));
  return after.hiring;
}

absl::Status Partners::OnLearnerFinished(Call& call, const enrolment::v1::LearnerFinished& event) {
  ASSIGN_OR_RETURN(std::optional<v1::LearnerPutForward> known,
                   learners_.Find(call, PutForwardName(event.learner())));
  if (known.has_value()) return absl::OkStatus();
  v1::LearnerPutForward learner;
  learner.set_name(PutForwardName(event.learner()));
  learner.set_learner(event.learner());
  learner.set_cohort(event.cohort());
  learner.set_state(v1::LearnerPutForward::AVAILABLE);
  return learners_.Insert(call, learner);
}

// Who was hired keeps his hiring: leaving for that job is one way to leave.
absl::Status Partners::OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event) {
  return TakeBack(call, event.learner());
}

// Nobody can be hired of whom nothing is known any more.
absl::Status Partners::OnPersonErased(Call& call, const enrolment::v1::PersonErased& event) {
  for (const std::string& person : event.persons()) RETURN_IF_ERROR(TakeBack(call, person));
  return absl::OkStatus();
}

absl::Status Partners::TakeBack(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(std::optional<v1::LearnerPutForward> learner,
                   learners_.Find(call, PutForwardName(name)));
  if (!learner.has_value() || learner->state() != v1::LearnerPutForward::AVAILABLE)
    return absl::OkStatus();
  ASSIGN_OR_RETURN(
      std::vector<v1::Hiring> proposed,
      hirings_.Select(call, "learner = $2 AND state = 'PROPOSED' ORDER BY name", {name}));
  RETURN_IF_ERROR(Withdraw(call, proposed));
  learner->set_state(v1::LearnerPutForward::WITHDRAWN);
  return learners_.Update(call, *learner);
}

absl::StatusOr<Partners::Placement> Partners::Load(Call& call, const std::string& hiring,
                                                   const std::string& etag) {
  Placement placement;
  ASSIGN_OR_RETURN(placement.hiring, GetOwn(call, hirings_, hiring));
  RETURN_IF_ERROR(hirings_.schema().CheckEtag(placement.hiring, etag));
  ASSIGN_OR_RETURN(placement.learner,
                   learners_.Get(call, PutForwardName(placement.hiring.learner())));
  const std::string& offer = placement.hiring.job_offer();
  ASSIGN_OR_RETURN(placement.offer, job_offers_.Get(call, offer));
  ASSIGN_OR_RETURN(placement.count,
                   position_counts_.Get(call, absl::StrCat(SchoolNameOf(offer), "/positionCounts/",
                                                           IdInSchool(offer))));
  return placement;
}

absl::Status Partners::Store(Call& call, const Placement& before, Placement& after) {
  RETURN_IF_ERROR(StoreChanged(call, hirings_, before.hiring, after.hiring));
  RETURN_IF_ERROR(StoreChanged(call, learners_, before.learner, after.learner));
  RETURN_IF_ERROR(StoreChanged(call, job_offers_, before.offer, after.offer));
  return StoreChanged(call, position_counts_, before.count, after.count);
}

absl::Status Partners::Withdraw(Call& call, std::vector<v1::Hiring>& hirings) {
  for (v1::Hiring& hiring : hirings) {
    hiring.set_state(v1::Hiring::WITHDRAWN);
    RETURN_IF_ERROR(hirings_.Update(call, hiring));
  }
  return absl::OkStatus();
}

}  // namespace vivier::partners
