// Enrolment's log at some schools, served to followers without a network: a process that is the
// producer and nothing else. Streams are taken message by message, so whoever does not read holds
// the sender back. Thread-safe, except Append and Serve.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "shared/follow/log_service.h"
#include "shared/follow/loop.h"
#include "shared/rpc/entry.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/workers.h"
#include "shared/service/channel.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/writer.h"

namespace vivier::testing {

class Producer {
 public:
  Producer(storage::Engine engine, std::set<std::string> schools);
  ~Producer();

  // Appends events to the school's log, in one commit; each title is "SUBJECT" or "SUBJECT:rest".
  void Append(const std::string& school, const std::vector<std::string>& titles);
  // The same by another process, which tells this one nothing.
  void AppendElsewhere(const std::string& school, const std::vector<std::string>& titles);
  // Ends the process, and begins another one that serves these schools.
  void Serve(std::set<std::string> schools);

  // What statistics has to this process.
  std::shared_ptr<rpc::Channel> channel() { return channel_; }
  // Streams that are open, and that were opened since the beginning.
  int open() const { return open_; }
  int opened() const { return opened_; }
  // Before each message: whether the connection breaks instead. May be called on any thread.
  void SetBreaks(std::function<bool()> breaks);
  // From the next stream on the process is of an earlier version: a stream has one log, and its
  // messages do not say whose.
  void SetEarlier(bool earlier) { earlier_ = earlier; }
  // Where the follower began to read, as the log has noted.
  std::vector<int64_t> Noted(const std::string& school);

 private:
  class Connection;
  class Channel;

  void Begin(std::set<std::string> schools);
  void End();
  bool Breaks();

  const std::string url_;
  std::unique_ptr<storage::Database> database_;
  const std::shared_ptr<rpc::Channel> channel_;
  std::atomic<int> open_ = 0, opened_ = 0;
  std::atomic<bool> earlier_ = false;
  std::mutex mutex_;
  std::function<bool()> breaks_;  // guarded by mutex_
  follow::Loop wire_;             // where messages travel
  follow::Loop loop_;
  std::unique_ptr<rpc::Workers> workers_;  // goes before what its tasks read with
  std::unique_ptr<rpc::Readers> readers_;
  std::unique_ptr<rpc::Entry> entry_;
  std::unique_ptr<follow::LogService> service_;
  std::unique_ptr<storage::Writer> writer_;
};

}  // namespace vivier::testing
