// The figures of a told story, each read from a service after the last step, and the sums that hold
// among them whatever the numbers of the story are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "demo/stage.h"

namespace vivier::demo {

// By name, "learners.finished". Money in euro cents, time in minutes.
class Figures {
 public:
  void Add(const std::string& name, int64_t value) { values_[name] += value; }
  // 0 for what nobody counted.
  int64_t At(const std::string& name) const;
  const std::map<std::string, int64_t>& values() const { return values_; }

  // A table in euros, hours and people; what is counted later is not due yet.
  std::string Text() const;
  std::string Json() const;  // one object

 private:
  std::map<std::string, int64_t> values_;
};

// Everything that the services say of the story's cohort.
absl::StatusOr<Figures> ReadFigures(Stage& stage);

// Parts of ReadFigures: figures_enrolment.cc, figures_funding.cc, figures.cc.
absl::Status ReadEnrolment(Stage& stage, Figures& figures);
absl::Status ReadFunding(Stage& stage, Figures& figures);
absl::Status ReadOthers(Stage& stage, Figures& figures);

// The sums that do not hold, "rows accepted and refused are the file's: 83 + 7 = 90 is not 91";
// empty when all hold.
std::vector<std::string> BrokenSums(const v1::Story& story, const Figures& figures);

// Reads until every sum holds: services follow each other, and what one knows the next knows a
// moment later. FAILED_PRECONDITION names the sums that do not come true.
absl::StatusOr<Figures> ReadSettledFigures(Stage& stage);

// "FUNDING_PENDING" → "funding_pending"
std::string FigureName(const std::string& state);

}  // namespace vivier::demo
