#include "shared/site/keepers.h"

#include <utility>

namespace vivier::site {

Keepers::Keepers(const Options& options)
    : housekeeping_({options.service, options.schools, options.data, options.writer,
                     options.readers, options.machine, options.site, options.reading_months,
                     options.scheduler}),
      ticker_({options.service, options.schools, options.writer, options.readers, options.scheduler,
               options.site}),
      anchors_(options.service->name(), options.schools, *options.scheduler, *options.writer) {
  if (!options.service->operations().empty())
    operations_ = std::make_unique<follow::OperationRunner>(follow::OperationRunner::Options{
        options.service, options.schools, options.writer, options.readers, options.scheduler});
  if (options.committers == Committers::kReplicas)
    heads_ = std::make_unique<follow::Heads>(follow::Heads::Options{
        options.service->name(), options.schools, options.readers, options.scheduler,
        [this](const std::string& school) { LookAt(school); }});
}

void Keepers::Begin() {
  ticker_.Begin();
  housekeeping_.Begin();
  if (operations_ != nullptr) operations_->Begin();
  if (heads_ != nullptr) heads_->Begin();
}

void Keepers::Deliver(follow::Delivery::Options options) {
  const std::string school = options.school;
  Monitor::Lock lock(monitor_);
  deliveries_[school].push_back(std::make_unique<follow::Delivery>(std::move(options)));
}

void Keepers::End() {
  if (heads_ != nullptr) heads_->End();
  ticker_.End();
  housekeeping_.End();
  anchors_.End();
  if (operations_ != nullptr) operations_->Stop();
  std::map<std::string, std::vector<std::unique_ptr<follow::Delivery>>> deliveries;
  {
    Monitor::Lock lock(monitor_);
    deliveries.swap(deliveries_);
  }
}

void Keepers::Committed(const storage::Transaction& transaction) {
  const std::string& school = transaction.school();
  anchors_.Committed(school, transaction.head());
  ticker_.Changed(school, transaction.changed());
  if (transaction.news().operations && operations_ != nullptr) operations_->LookAt(school);
  if (transaction.news().erasures) housekeeping_.Erased(school);
  if (transaction.news().events) WakeDeliveries(school);
}

void Keepers::LookAt(const std::string& school) {
  ticker_.LookAt(school);
  if (operations_ != nullptr) operations_->LookAt(school);
  housekeeping_.Erased(school);
  WakeDeliveries(school);
}

void Keepers::WakeDeliveries(const std::string& school) {
  Monitor::Lock lock(monitor_);
  const auto deliveries = deliveries_.find(school);
  if (deliveries == deliveries_.end()) return;
  for (const std::unique_ptr<follow::Delivery>& delivery : deliveries->second) delivery->Wake();
}

int Keepers::RunTicks() {
  const int handled = ticker_.RunOnce();
  if (operations_ != nullptr) operations_->RunOnce();
  return handled;
}

}  // namespace vivier::site
