// HTTP as the gateway sees it: a request that has come whole, an answer, and what lies between.
// HttpServer (http_server.h) is the only code that knows the library below. Requests and answers
// are plain values.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace vivier::web {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string path;   // as it was sent: nothing is unescaped, so there is one spelling of a path
  std::string query;  // behind the first "?", as it was sent
  Headers headers;    // names in lower case
  std::string body;
  std::string peer = "";  // the address at the other end, "" where that is this machine

  // The first header of that name, "" when there is none.
  absl::string_view Header(absl::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return "";
  }
};

// The body of an answer that comes piece by piece. Thread-safe.
class BodySource {
 public:
  enum class State { kOpen, kEnded };

  virtual ~BodySource() = default;
  // Called before the first Read: `wake` is to be called whenever there is something to Read again.
  virtual void OnMore(std::function<void()> wake) = 0;
  // Appends what there is; nothing while there is nothing yet.
  virtual State Read(std::string& bytes) = 0;
  // Nobody reads any more: the peer has gone, or the answer has ended.
  virtual void Close() = 0;
};

struct HttpAnswer {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<BodySource> source;  // instead of `body`
};

// One request that waits for its answer. Thread-safe.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // The first call counts. `make` runs on a thread of the server's, so it may take its time; not at
  // all when the peer has gone.
  virtual void Answer(std::function<HttpAnswer()> make) = 0;
};

// What a server asks for each request. Called on the server's threads; must not block.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // When the head has come: how many bytes of a body are taken, or why none are.
  virtual std::variant<size_t, HttpAnswer> Admit(const HttpRequest& head) = 0;
  // What is said where the body is longer than that.
  virtual HttpAnswer TooLarge(const HttpRequest& head, size_t bytes_max) = 0;
  // What is said to whom no more can be taken in.
  virtual HttpAnswer Overloaded(const HttpRequest& head) = 0;
  virtual void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) = 0;
};

}  // namespace vivier::web
