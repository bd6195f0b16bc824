// A parent with any number of members, of whom all but the first have submitted, and each second
// has a submission that was set aside. Not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/statistics/statistics.h"
#include "tests/walls/one_service.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {

class MemberCrowd {
 public:
  MemberCrowd(storage::Engine engine, int members);

  OneService& service() { return service_; }

  // What a parent is asked and told, each by itself; what adds up all schools is not among them.
  struct Act {
    std::string name;
    std::function<void(MemberCrowd&)> run;
  };
  static std::vector<Act> Acts();

 private:
  statistics::Statistics statistics_;
  OneService service_;
};

}  // namespace vivier::testing
