#include "demo/stage.h"

#include "shared/base/uuid.h"

namespace vivier::demo {

std::string Stage::LearnerId(int rank) const { return IdOf(Application(rank)); }

std::string Stage::Learner(int rank) const {
  return absl::StrCat(Cohort(), "/learners/", LearnerId(rank));
}

std::string Stage::RequestId(absl::string_view step, absl::string_view item) const {
  return UuidOf(absl::StrCat("demo/", Cohort(), "/", step, "/", item));
}

std::string IdOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace vivier::demo
