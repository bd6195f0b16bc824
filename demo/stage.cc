#include "demo/stage.h"

#include "shared/base/resource_name.h"
#include "shared/base/uuid.h"

namespace vivier::demo {

std::string Stage::LearnerId(int rank) const { return IdOf(Application(rank)); }

std::string Stage::Learner(int rank) const {
  return absl::StrCat(Cohort(), "/learners/", LearnerId(rank));
}

std::string Stage::RequestId(absl::string_view step, absl::string_view item) const {
  return UuidOf(absl::StrCat("demo/", Cohort(), "/", step, "/", item));
}

}  // namespace vivier::demo
