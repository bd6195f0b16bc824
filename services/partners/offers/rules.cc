#include "services/partners/offers/rules.h"

#include "absl/strings/str_cat.h"
#include "services/partners/offers/transitions.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using v1::JobOffer;

// Keeps FILLED true to the count; a draft or a closed offer stays what it is.
void Refill(JobOffer& offer, const v1::PositionCount& count) {
  if (offer.state() != JobOffer::PUBLISHED && offer.state() != JobOffer::FILLED) return;
  offer.set_state(count.taken() == count.positions() ? JobOffer::FILLED : JobOffer::PUBLISHED);
}

absl::Status CheckMayDo(const JobOffer& offer, absl::string_view act) {
  if (MayDo(kJobOfferTransitions, offer.state(), act)) return absl::OkStatus();
  return Refused(v1::JOB_OFFER_STATE,
                 absl::StrCat("the job offer is ", JobOffer::State_Name(offer.state())),
                 {{"job_offer", offer.name()}, {"state", JobOffer::State_Name(offer.state())}});
}

absl::Status Move(absl::string_view act, JobOffer& offer) {
  RETURN_IF_ERROR(CheckMayDo(offer, act));
  offer.set_state(*StateAfter(kJobOfferTransitions, offer.state(), act));
  return absl::OkStatus();
}

}  // namespace

absl::Status Publish(JobOffer& offer) { return Move("PublishJobOffer", offer); }

absl::Status Close(JobOffer& offer) { return Move("CloseJobOffer", offer); }

absl::Status CheckPublished(const JobOffer& offer) { return CheckMayDo(offer, "TakePosition"); }

absl::Status Resize(JobOffer& offer, v1::PositionCount& count) {
  RETURN_IF_ERROR(CheckMayDo(offer, "UpdateJobOffer"));
  if (offer.positions() < count.taken()) {
    return Refused(v1::POSITIONS_TAKEN, "more positions are taken than the job offer would have",
                   {{"job_offer", offer.name()}, {"taken", absl::StrCat(count.taken())}});
  }
  count.set_positions(offer.positions());
  Refill(offer, count);
  return absl::OkStatus();
}

absl::Status TakePosition(JobOffer& offer, v1::PositionCount& count) {
  if (count.taken() >= count.positions()) {
    return Refused(v1::POSITIONS_TAKEN, "every position of the job offer is taken",
                   {{"job_offer", offer.name()}, {"positions", absl::StrCat(count.positions())}});
  }
  RETURN_IF_ERROR(CheckPublished(offer));
  count.set_taken(count.taken() + 1);
  Refill(offer, count);
  return absl::OkStatus();
}

void FreePosition(JobOffer& offer, v1::PositionCount& count) {
  count.set_taken(count.taken() - 1);
  Refill(offer, count);
}

}  // namespace vivier::partners
