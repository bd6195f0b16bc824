// The service: what companies do with the school's learners. It lists its parts, each of which owns
// its tables, rules and rpcs, and says which part answers the hooks of those below it. A part knows
// the parts below it only; from the top: contracts, hirings, offers, tutors, companies. Stateless
// besides its parts, hence thread-safe.
#pragma once

#include "services/partners/contracts/contracts.h"
#include "services/partners/hirings/hirings.h"
#include "services/partners/offers/offers.h"
#include "services/partners/tutors/tutors.h"
#include "shared/service/service.h"

namespace vivier::partners {

class Partners {
 public:
  Partners();

  rpc::Service Rpc();

 private:
  Companies companies_;
  Tutors tutors_{companies_};
  Offers offers_{companies_};
  Hirings hirings_{companies_, offers_};
  Contracts contracts_{companies_, tutors_, hirings_};
};

}  // namespace vivier::partners
