#include "services/modules.h"

#include "services/access/access.h"
#include "services/curriculum/curriculum.h"
#include "services/enrolment/enrolment.h"
#include "services/funding/funding.h"
#include "services/partners/partners.h"
#include "services/statistics/statistics.h"

namespace vivier {

std::vector<site::Module> AllModules() {
  return {site::MakeModule<access::Access>(),       site::MakeModule<curriculum::Curriculum>(),
          site::MakeModule<enrolment::Enrolment>(), site::MakeModule<partners::Partners>(),
          site::MakeModule<funding::Funding>(),     site::MakeModule<statistics::Statistics>()};
}

}  // namespace vivier
