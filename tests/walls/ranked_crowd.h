// A cohort of twenty seats with any number of ranked applicants. Not thread-safe.
//
//   rank  1 admitted   2 asks for money   3, 4 wait for it   5 … 20 accepted   then all wait, but
//   the last, who is only shortlisted; `submitted` more were never ranked
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/enrolment/enrolment.h"
#include "tests/walls/one_service.h"

namespace vivier::testing {

class RankedCrowd {
 public:
  static constexpr int kSeats = 20;

  RankedCrowd(storage::Engine engine, int ranked, int submitted);

  OneService& service() { return service_; }
  int ranked() const { return ranked_; }
  static std::string Cohort() { return "schools/nancy/cohorts/ai-1"; }
  static std::string Application(int rank);
  // "ADMITTED" for one.
  std::string StateOf(int rank);
  int64_t CountIn(const std::string& state);
  // "held+taken/capacity"
  std::string Seats();

  // What may be done with it, each once and alone; `run` fails the test where it is refused.
  struct Act {
    std::string name;
    std::function<void(RankedCrowd&)> run;
  };
  static std::vector<Act> Acts();

 private:
  void AddApplications(int ranked, int submitted);

  enrolment::Enrolment enrolment_;
  OneService service_;
  const int ranked_;
};

}  // namespace vivier::testing
