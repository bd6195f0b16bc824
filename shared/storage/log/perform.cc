#include "shared/storage/log/perform.h"

#include <memory>
#include <utility>

#include "shared/base/monitor.h"

namespace vivier::storage {
namespace {

class StepWork : public Work {
 public:
  StepWork(std::string school, Step step, std::function<void(absl::Status)> done)
      : school_(std::move(school)), step_(std::move(step)), done_(std::move(done)) {}

  const std::string& school() const override { return school_; }
  void Want(Transaction::Wanted&) const override {}
  void Run(Transaction& transaction, absl::Time now) override {
    verdict_ = step_(transaction, now);
  }
  void Done(const absl::Status& committed) override {
    done_(committed.ok() ? verdict_ : committed);
  }

 private:
  const std::string school_;
  const Step step_;
  const std::function<void(absl::Status)> done_;
  absl::Status verdict_;
};

}  // namespace

void PerformLater(Writer& writer, const std::string& school, Step step,
                  std::function<void(absl::Status)> done) {
  const absl::Status taken =
      writer.Submit(std::make_unique<StepWork>(school, std::move(step), done));
  if (!taken.ok()) done(taken);
}

absl::Status Perform(Writer& writer, const std::string& school, Step step) {
  absl::Status outcome;
  Countdown waiting(1);
  PerformLater(writer, school, std::move(step), [&](absl::Status status) {
    outcome = std::move(status);
    waiting.CountDown();
  });
  waiting.Wait();
  return outcome;
}

}  // namespace vivier::storage
