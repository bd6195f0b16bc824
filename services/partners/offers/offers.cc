#include "services/partners/offers/offers.h"

#include "services/partners/companies/visibility.h"
#include "services/partners/offers/rules.h"
#include "services/partners/offers/store_changed.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/partners/v1/events.pb.h"
#include "vivier/partners/v1/reasons.pb.h"

namespace vivier::partners {
namespace {

using rpc::Call;
using v1::JobOffer;
using v1::PositionCount;

std::string CountName(const std::string& offer) {
  return ChildName(SchoolNameOf(offer), "positionCounts", IdOf(offer));
}

}  // namespace

void Offers::AddTo(rpc::Service& service) {
  service
      .Standard(offers_, rpc::BeforeStore<JobOffer>(
                             [this](Call& call, const JobOffer* before, JobOffer& after) {
                               return Check(call, before, after);
                             }))
      .Keeps(counts_)
      .On(*this, &Offers::GetJobOffer)
      .On(*this, &Offers::ListJobOffers)
      .On(*this, &Offers::GetPositionCount)
      .On(*this, &Offers::PublishJobOffer)
      .On(*this, &Offers::CloseJobOffer);
}

absl::Status Offers::Check(Call& call, const JobOffer* before, JobOffer& after) {
  RETURN_IF_ERROR(MayTouch(call, after.company(), after.name()));
  if (after.contract_kind() == v1::CONTRACT_KIND_UNSPECIFIED)
    return InvalidField("job_offer.contract_kind", "is required");
  if (before != nullptr) {
    ASSIGN_OR_RETURN(PositionCount count, counts_.Get(call, CountName(after.name())));
    RETURN_IF_ERROR(Resize(after, count));
    return after.positions() == before->positions() ? absl::OkStatus()
                                                    : counts_.Update(call, count);
  }
  RETURN_IF_ERROR(companies_.rows().Get(call, after.company()).status());
  after.set_state(JobOffer::DRAFT);
  PositionCount count;
  count.set_name(CountName(after.name()));
  count.set_positions(after.positions());
  return counts_.Insert(call, count);
}

absl::StatusOr<JobOffer> Offers::GetJobOffer(Call& call, const v1::GetJobOfferRequest& request) {
  return GetOwn(call, offers_, request.name());
}

absl::StatusOr<v1::ListJobOffersResponse> Offers::ListJobOffers(
    Call& call, const v1::ListJobOffersRequest& request) {
  return ListPage<v1::ListJobOffersResponse>(
      call, offers_, request, OwnFilter(call, request.filter()),
      [](auto& response) { return response.add_job_offers(); });
}

absl::StatusOr<PositionCount> Offers::GetPositionCount(Call& call,
                                                       const v1::GetPositionCountRequest& request) {
  const std::string offer =
      ChildName(SchoolNameOf(request.name()), "jobOffers", IdOf(request.name()));
  RETURN_IF_ERROR(GetOwn(call, offers_, offer).status());
  return counts_.Get(call, request.name());
}

absl::StatusOr<JobOffer> Offers::PublishJobOffer(Call& call,
                                                 const v1::PublishJobOfferRequest& request) {
  ASSIGN_OR_RETURN(JobOffer offer, GetOwn(call, offers_, request.name()));
  RETURN_IF_ERROR(offers_.schema().CheckEtag(offer, request.etag()));
  RETURN_IF_ERROR(Publish(offer));
  ASSIGN_OR_RETURN(bool employer, companies_.IsEmployer(call, offer.company()));
  if (!employer) {
    return Refused(v1::NO_EMPLOYER_PARTNERSHIP,
                   "the company has no partnership of the kind EMPLOYER today",
                   {{"company", offer.company()}});
  }
  RETURN_IF_ERROR(offers_.Update(call, offer));
  v1::JobOfferPublished event;
  event.set_job_offer(offer.name());
  event.set_company(offer.company());
  event.set_positions(offer.positions());
  RETURN_IF_ERROR(call.Emit(event));
  return offer;
}

absl::StatusOr<JobOffer> Offers::CloseJobOffer(Call& call,
                                               const v1::CloseJobOfferRequest& request) {
  ASSIGN_OR_RETURN(JobOffer offer, GetOwn(call, offers_, request.name()));
  RETURN_IF_ERROR(offers_.schema().CheckEtag(offer, request.etag()));
  RETURN_IF_ERROR(Close(offer));
  RETURN_IF_ERROR(closing.Run(call, offer));
  RETURN_IF_ERROR(offers_.Update(call, offer));
  return offer;
}

absl::Status Offers::SayUse(Call& call, const std::string& company, bool& in_use) {
  ASSIGN_OR_RETURN(const bool offers, offers_.Any(call, "company = $2", {company}));
  in_use = in_use || offers;
  return absl::OkStatus();
}

absl::StatusOr<Vacancy> Offers::Load(Call& call, const std::string& offer) {
  Vacancy vacancy;
  ASSIGN_OR_RETURN(vacancy.offer, offers_.Get(call, offer));
  ASSIGN_OR_RETURN(vacancy.count, counts_.Get(call, CountName(offer)));
  return vacancy;
}

absl::Status Offers::Store(Call& call, const Vacancy& before, Vacancy& after) {
  RETURN_IF_ERROR(StoreChanged(call, offers_, before.offer, after.offer));
  return StoreChanged(call, counts_, before.count, after.count);
}

}  // namespace vivier::partners
