#include "services/statistics/facts/learners.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/find_or_make.h"
#include "services/statistics/cells/rules.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::statistics {
namespace {

using rpc::Call;

// The ends of the ids of a learner's results, see LearnerResult.
constexpr const char* kResults[] = {".certificate", ".outcome-0", ".outcome-3", ".outcome-6",
                                    ".outcome-12"};

// What was counted of an erased learner stays; that it would replace it can no longer be known.
bool IsErased(Call& call, const std::string& learner) {
  return ReasonOf(call.unit().KeyOf(learner, false).status()) == "PERSON_ERASED";
}

void Fold(const Change& change, v1::BaseCell& base) {
  const std::string cell = CellId(change);
  auto known = std::find_if(base.mutable_counts()->begin(), base.mutable_counts()->end(),
                            [&cell](const v1::BaseCount& one) { return one.cell() == cell; });
  v1::BaseCount& one = known == base.mutable_counts()->end() ? *base.add_counts() : *known;
  one.set_cell(cell);
  one.set_count(one.count() + change.delta);
}

}  // namespace

void LearnerFacts::AddTo(rpc::Service& service) {
  service.Keeps(learners_)
      .Keeps(base_cells_)
      .Keeps(results_)
      .React(*this, &LearnerFacts::OnLearnerEnrolled)
      .React(*this, &LearnerFacts::OnLearnerLeft)
      .React(*this, &LearnerFacts::OnLearnerFinished)
      .React(*this, &LearnerFacts::OnPersonErased)
      .React(*this, &LearnerFacts::OnOutcomeRecorded)
      .React(*this, &LearnerFacts::OnCertificateAwarded);
}

absl::Status LearnerFacts::OnLearnerEnrolled(Call& call,
                                             const enrolment::v1::LearnerEnrolled& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact,
                   FindOrMake(call, learners_,
                              NameIn(call.school(), "learnerFacts", IdInSchool(event.learner()))));
  const Changes changes = Enrol(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return cells_.Apply(call, changes);
}

// A learner is enrolled in the same log before they leave or finish: not to know them is a defect,
// and the event is parked with it.
absl::Status LearnerFacts::OnLearnerLeft(Call& call, const enrolment::v1::LearnerLeft& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact, learners_.Get(call, NameIn(call.school(), "learnerFacts",
                                                                    IdInSchool(event.learner()))));
  const Changes changes = Leave(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return cells_.Apply(call, changes);
}

absl::Status LearnerFacts::OnLearnerFinished(Call& call,
                                             const enrolment::v1::LearnerFinished& event) {
  ASSIGN_OR_RETURN(v1::LearnerFact fact, learners_.Get(call, NameIn(call.school(), "learnerFacts",
                                                                    IdInSchool(event.learner()))));
  const Changes changes = Finish(event, fact);
  RETURN_IF_ERROR(Put(call, learners_, fact));
  return cells_.Apply(call, changes);
}

absl::Status LearnerFacts::OnPersonErased(Call& call, const enrolment::v1::PersonErased& event) {
  ASSIGN_OR_RETURN(std::vector<v1::LearnerFact> facts,
                   learners_.Select(call, "candidate = $2", {event.candidate()}));
  for (const v1::LearnerFact& fact : facts) {
    RETURN_IF_ERROR(KeepCounted(call, CountOf(fact)));
    RETURN_IF_ERROR(learners_.Delete(call, fact.name()));
  }
  for (const std::string& person : event.persons()) {
    if (person == event.candidate()) continue;
    for (const char* result : kResults) {
      const std::string name =
          NameIn(call.school(), "learnerResults", absl::StrCat(IdInSchool(person), result));
      ASSIGN_OR_RETURN(std::optional<v1::LearnerResult> known, results_.Find(call, name));
      if (!known.has_value()) continue;
      RETURN_IF_ERROR(KeepCounted(call, CountOf(*known)));
      RETURN_IF_ERROR(results_.Delete(call, name));
    }
  }
  return absl::OkStatus();
}

absl::Status LearnerFacts::KeepCounted(Call& call, const Changes& counted) {
  if (counted.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      v1::BaseCell base,
      FindOrMake(call, base_cells_, NameIn(call.school(), "baseCells", counted.front().cohort)));
  for (const Change& change : counted) Fold(change, base);
  return Put(call, base_cells_, base);
}

absl::Status LearnerFacts::OnOutcomeRecorded(Call& call,
                                             const enrolment::v1::OutcomeRecorded& event) {
  if (IsErased(call, event.learner())) return absl::OkStatus();
  const std::string id =
      absl::StrCat(IdInSchool(event.learner()), ".outcome-", event.months_after());
  ASSIGN_OR_RETURN(v1::LearnerResult fact,
                   FindOrMake(call, results_, NameIn(call.school(), "learnerResults", id)));
  const Changes changes = Outcome(event, fact);
  RETURN_IF_ERROR(Put(call, results_, fact));
  return cells_.Apply(call, changes);
}

absl::Status LearnerFacts::OnCertificateAwarded(Call& call,
                                                const curriculum::v1::CertificateAwarded& event) {
  if (IsErased(call, event.learner())) return absl::OkStatus();
  const std::string id = absl::StrCat(IdInSchool(event.learner()), ".certificate");
  ASSIGN_OR_RETURN(v1::LearnerResult fact,
                   FindOrMake(call, results_, NameIn(call.school(), "learnerResults", id)));
  const Changes changes = Certify(event, fact);
  RETURN_IF_ERROR(Put(call, results_, fact));
  return cells_.Apply(call, changes);
}

}  // namespace vivier::statistics
