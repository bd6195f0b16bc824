// A school's money with any number of drafts: those of a funder with one line each, whose names
// come before all others, beside invoices that were issued and earnings that wait for one. Not
// thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/funding/funding.h"
#include "tests/walls/one_service.h"
#include "vivier/funding/v1/funding.pb.h"

namespace vivier::testing {

class DraftHeap {
 public:
  static constexpr int kOpen = 60, kIssued = 5, kLines = 20;

  DraftHeap(storage::Engine engine, int drafts);

  OneService& service() { return service_; }
  void ActForFunder();
  void ActForSchool();

  // Each works by itself; `run` fails the test where it is refused.
  struct Act {
    std::string name;
    std::function<void(DraftHeap&)> run;
  };
  static std::vector<Act> Acts();

 private:
  void AddAgreement();
  void AddEarnings(const std::string& id, const std::string& invoice, int count);
  void AddInvoices(const std::string& id, const std::string& state, const std::string& number,
                   int count);

  funding::Funding funding_;
  OneService service_;
};

}  // namespace vivier::testing
