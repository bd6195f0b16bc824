// The service of money. It lists its parts, each of which owns its tables, rules and rpcs, and says
// which part answers the hooks of those below it. A part knows the parts below it only; from the
// top: view, invoices, earnings, plans, funders, journal. Stateless besides its parts, hence
// thread-safe.
#pragma once

#include "services/funding/earnings/earnings.h"
#include "services/funding/funders/funders.h"
#include "services/funding/invoices/invoices.h"
#include "services/funding/journal/journal.h"
#include "services/funding/plans/plans.h"
#include "services/funding/view/funders_view.h"
#include "shared/service/service.h"

namespace vivier::funding {

class Funding {
 public:
  Funding();

  rpc::Service Rpc();

 private:
  Journal journal_;
  Funders funders_{journal_};
  Plans plans_{journal_, funders_};
  Earnings earnings_{journal_, plans_};
  Invoices invoices_{journal_, funders_, earnings_};
  FundersView view_{journal_, funders_, earnings_, invoices_};
};

}  // namespace vivier::funding
