// One request on the library's connection, from its head to the end of its answer; and all of them
// together, so that a server can end. Thread-safe where it says so; the rest is called by the one
// thread of the library's that polls the connection.
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shared/base/monitor.h"
#include "shared/web/server/connections.h"
#include "shared/web/server/http.h"

namespace vivier::web {

class HttpExchange;

// Thread-safe.
class UnderWay {
 public:
  UnderWay(HttpHandler& handler, Connections& connections, size_t bodies_bytes_max)
      : handler_(handler), connections_(connections), bodies_bytes_max_(bodies_bytes_max) {}

  HttpHandler& handler() { return handler_; }
  Connections& connections() { return connections_; }

  // Whether these bytes of a body can be taken in; then they are given back.
  bool Take(size_t bytes);
  void GiveBack(size_t bytes) { body_bytes_ -= bytes; }

  void Add(std::shared_ptr<HttpExchange> exchange);
  void Remove(const std::shared_ptr<HttpExchange>& exchange);

  bool draining() const { return draining_; }  // new requests are refused
  bool ending() const { return ending_; }      // nothing waits any more
  // Ends streams, and after `patience` all that waits. From then on no connection is suspended.
  void Drain(absl::Duration patience);

 private:
  std::vector<std::shared_ptr<HttpExchange>> All();
  void AwaitNone(absl::Duration timeout);

  HttpHandler& handler_;
  Connections& connections_;
  const size_t bodies_bytes_max_;
  std::atomic<size_t> body_bytes_{0};
  std::atomic<bool> draining_{false};
  std::atomic<bool> ending_{false};
  Monitor monitor_;                                    // guards what follows
  std::set<std::shared_ptr<HttpExchange>> exchanges_;  // from Handle to their end
};

class HttpExchange final : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(UnderWay& under_way, MHD_Connection* connection, Connections::Connection& place,
               HttpRequest head)
      : under_way_(under_way), connection_(connection), place_(place), request_(std::move(head)) {}

  // The head has come, `clear` or not.
  MHD_Result Begin(const absl::Status& clear);
  // A piece of the body; its end with the first of no size; then whenever it was resumed.
  MHD_Result Continue(const char* data, size_t* size);
  // The library is done with the request.
  void Ended();

  // Thread-safe.
  void Answer(std::function<HttpAnswer()> make) override;
  // Ends a stream, or whatever waits.
  void EndStream();
  void EndNow();

 private:
  bool MayDropBody() const;
  MHD_Result Take(const char* data, size_t size);
  MHD_Result Handle();
  MHD_Result Await();
  MHD_Result Queue(HttpAnswer answer);
  MHD_Response* ResponseOf(HttpAnswer& answer);
  void Wake();
  // Under the mutex.
  void Resume();

  static ssize_t ReadPiece(void* self, uint64_t at, char* buffer, size_t size);
  static void LetGo(void* self);
  ssize_t Read(char* buffer, size_t size);

  UnderWay& under_way_;
  MHD_Connection* const connection_;
  Connections::Connection& place_;
  HttpRequest request_;
  size_t body_bytes_max_ = 0;
  size_t body_bytes_ = 0;   // that came
  size_t taken_bytes_ = 0;  // that are counted
  bool too_large_ = false, overloaded_ = false, handled_ = false;
  std::optional<HttpAnswer> answer_;  // that waits for the end of the body, which is dropped
  std::string piece_;                 // of a source, and how much of it was sent
  size_t sent_ = 0;
  bool source_ended_ = false;

  std::mutex mutex_;  // guards what follows
  bool answered_ = false, ended_ = false, suspended_ = false, woken_ = false;
  std::function<HttpAnswer()> make_;
  std::shared_ptr<BodySource> source_;
};

}  // namespace vivier::web
