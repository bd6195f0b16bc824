// Job offers and the count of their positions.
#include "services/partners/partners.h"
#include "services/partners/rules.h"
#include "services/partners/visibility.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::partners {
namespace {

std::string CountName(const std::string& offer) {
  return absl::StrCat(SchoolNameOf(offer), "/positionCounts/", IdInSchool(offer));
}

}  // namespace

absl::Status Partners::CheckJobOffer(Call& call, const v1::JobOffer* before, v1::JobOffer& after) {
  RETURN_IF_ERROR(MayTouch(call, after.company(), after.name()));
  if (after.contract_kind() == v1::CONTRACT_KIND_UNSPECIFIED)
    return InvalidField("job_offer.contract_kind", "is required");
  if (before != nullptr) {
    ASSIGN_OR_RETURN(v1::PositionCount count, position_counts_.Get(call, CountName(after.name())));
    RETURN_IF_ERROR(Resize(after, count));
    return after.positions() == before->positions() ? absl::OkStatus()
                                                    : position_counts_.Update(call, count);
  }
  RETURN_IF_ERROR(companies_.Get(call, after.company()).status());
  after.set_state(v1::JobOffer::DRAFT);
  v1::PositionCount count;
  count.set_name(CountName(after.name()));
  count.set_positions(after.positions());
  return position_counts_.Insert(call, count);
}

absl::StatusOr<v1::JobOffer> Partners::GetJobOffer(Call& call,
                                                   const v1::GetJobOfferRequest& request) {
  return GetOwn(call, job_offers_, request.name());
}

absl::StatusOr<v1::ListJobOffersResponse> Partners::ListJobOffers(
    Call& call, const v1::ListJobOffersRequest& request) {
  return ListPage<v1::ListJobOffersResponse>(
      call, job_offers_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_job_offers(); });
}

absl::StatusOr<v1::PositionCount> Partners::GetPositionCount(
    Call& call, const v1::GetPositionCountRequest& request) {
  const std::string offer =
      absl::StrCat(SchoolNameOf(request.name()), "/jobOffers/", IdInSchool(request.name()));
  RETURN_IF_ERROR(GetOwn(call, job_offers_, offer).status());
  return position_counts_.Get(call, request.name());
}

absl::StatusOr<v1::JobOffer> Partners::PublishJobOffer(Call& call,
                                                       const v1::PublishJobOfferRequest& request) {
  ASSIGN_OR_RETURN(v1::JobOffer offer, GetOwn(call, job_offers_, request.name()));
  RETURN_IF_ERROR(job_offers_.schema().CheckEtag(offer, request.etag()));
  RETURN_IF_ERROR(Publish(offer));
  ASSIGN_OR_RETURN(bool employer, IsEmployer(call, offer.company()));
  if (!employer) {
    return Refused(v1::NO_EMPLOYER_PARTNERSHIP,
                   "the company has no partnership of the kind EMPLOYER today",
                   {{"company", offer.company()}});
  }
  RETURN_IF_ERROR(job_offers_.Update(call, offer));
  v1::JobOfferPublished event;
  event.set_job_offer(offer.name());
  event.set_company(offer.company());
  event.set_positions(offer.positions());
  RETURN_IF_ERROR(call.Emit(event));
  return offer;
}

absl::StatusOr<v1::JobOffer> Partners::CloseJobOffer(Call& call,
                                                     const v1::CloseJobOfferRequest& request) {
  ASSIGN_OR_RETURN(v1::JobOffer offer, GetOwn(call, job_offers_, request.name()));
  RETURN_IF_ERROR(job_offers_.schema().CheckEtag(offer, request.etag()));
  RETURN_IF_ERROR(Close(offer));
  ASSIGN_OR_RETURN(
      std::vector<v1::Hiring> proposed,
      hirings_.Select(call, "job_offer = $2 AND state = 'PROPOSED' ORDER BY name", {offer.name()}));
  RETURN_IF_ERROR(Withdraw(call, proposed));
  RETURN_IF_ERROR(job_offers_.Update(call, offer));
  return offer;
}

}  // namespace vivier::partners
