// Runs the ticks of a service: every interval it looks for rows that are due and puts each through
// the writer in an ordinary transaction, whose handler reads the row again. Two replicas may find
// the same row: the second one's handler sees that its time was moved. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "shared/base/monitor.h"
#include "shared/rpc/readers.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::follow {

class Ticker {
 public:
  // Rows of one tick that are taken at a time: the writer serves requests in between.
  static constexpr int kRowsMax = 100;

  struct Options {
    const rpc::Service* service;
    std::set<std::string> schools;
    storage::Writer* writer;
    rpc::Readers* readers;
    std::function<absl::Time()> now = absl::Now;
    absl::Duration interval = absl::Seconds(1);
  };

  explicit Ticker(Options options);
  ~Ticker();

  // Runs every tick once for all that is due now and waits for it; gives how many rows were
  // handled.
  int RunOnce();

 private:
  void Loop();
  int RunTick(const rpc::TickRow& tick, const std::string& school);

  const Options options_;
  Monitor monitor_;  // guards what follows
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vivier::follow
