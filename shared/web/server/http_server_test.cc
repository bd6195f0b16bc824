// The server before a handler that a test holds: what it takes, what it ends, and that nothing
// waits on a thread.
#include "shared/web/server/http_server.h"

#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/monitor.h"
#include "tests/transport/http_client.h"

namespace vivier::web {
namespace {

using testing::HttpClient;
using testing::HttpReply;

constexpr size_t kBodyBytesMax = 100'000;

// Answers at once with what came, or holds the exchange where the path is /hold.
class Handler : public HttpHandler {
 public:
  std::variant<size_t, HttpAnswer> Admit(const HttpRequest& head) override {
    if (head.path == "/none") return HttpAnswer{404, {}, "no such path", nullptr};
    return kBodyBytesMax;
  }
  HttpAnswer TooLarge(const HttpRequest&, size_t) override {
    return {413, {}, "too large", nullptr};
  }
  HttpAnswer Overloaded(const HttpRequest&) override { return {503, {}, "overloaded", nullptr}; }
  void Handle(HttpRequest request, std::shared_ptr<Exchange> exchange) override {
    const std::string text =
        absl::StrCat(request.method, " ", request.path, "?", request.query, " ", request.body);
    if (request.path == "/stream" && source != nullptr)
      return exchange->Answer([this] { return HttpAnswer{200, {}, "", source}; });
    if (request.path != "/hold")
      return exchange->Answer([text] { return HttpAnswer{200, {}, text, nullptr}; });
    Monitor::Lock lock(monitor);
    held.push_back(std::move(exchange));
  }

  std::vector<std::shared_ptr<Exchange>> AwaitHeld(size_t count) {
    Monitor::Lock lock(monitor);
    EXPECT_TRUE(lock.AwaitFor(absl::Seconds(20), [&] { return held.size() >= count; }));
    return std::move(held);
  }

  std::shared_ptr<BodySource> source;
  Monitor monitor;
  std::vector<std::shared_ptr<Exchange>> held;
};

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerOptions options_ = [] {
    HttpServerOptions options;
    options.address = "127.0.0.1:0";
    options.sweep_every = absl::Milliseconds(5);
    return options;
  }();

  void Start() {
    auto started = HttpServer::Start(options_, handler_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  Handler handler_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOther) {
  Start();
  HttpClient client(server_->address());
  for (const size_t size : {0UL, 1UL, 20'000UL, kBodyBytesMax}) {
    ASSERT_TRUE(client.Post("/a%2fb?c=%00", "x", std::string(size, 'y')));
    const auto reply = client.Read();
    ASSERT_TRUE(reply.has_value()) << size;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "POST /a%2fb?c=%00 " + std::string(size, 'y'));
  }
  ASSERT_TRUE(client.Get("/g"));
  EXPECT_EQ(client.Read()->body, "GET /g? ");
  ASSERT_TRUE(
      client.Send("POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(client.Read()->body, "POST /c? abcde");
  EXPECT_EQ(server_->connections(), 1);
}

TEST_F(HttpServerTest, SaysNoToABodyAndReadsItToItsEnd) {
  Start();
  HttpClient early(server_->address());
  for (const size_t size : {0UL, 4UL, 1UL << 20}) {
    ASSERT_TRUE(early.Post("/none", "x", std::string(size, 'x')));
    EXPECT_EQ(early.Read()->status, 404) << "the connection goes on";
  }
  HttpClient asking(server_->address());
  ASSERT_TRUE(
      asking.Send("POST /none HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
                  "content-length: 100\r\n\r\n"));
  EXPECT_EQ(asking.Read()->status, 404) << "without the body";
  HttpClient huge(server_->address());
  ASSERT_TRUE(huge.Send("POST /none HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n"));
  EXPECT_EQ(huge.Read()->status, 404);
  EXPECT_TRUE(huge.ReadsEnd());
  HttpClient late(server_->address());
  const std::string much(kBodyBytesMax + 1, 'x');
  ASSERT_TRUE(
      late.Send(absl::StrCat("POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
                             absl::Hex(much.size()), "\r\n", much, "\r\n0\r\n\r\n")));
  EXPECT_EQ(late.Read()->status, 413);
  HttpClient endless(server_->address());
  endless.Send("POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n7fffffff\r\n");
  for (int i = 0; i < 100 && endless.Send(much); ++i) continue;
  EXPECT_TRUE(endless.ReadsEnd());
}

TEST_F(HttpServerTest, RefusesWhatIsNotClear) {
  Start();
  for (const char* head :
       {"content-length: 3\r\ntransfer-encoding: chunked", "content-length: 3\r\ncontent-length: 3",
        "transfer-encoding: xchunked"}) {
    HttpClient client(server_->address());
    ASSERT_TRUE(client.Send(absl::StrCat("POST /a HTTP/1.1\r\nhost: x\r\n", head,
                                         "\r\n\r\nGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n")));
    const auto reply = client.Read();
    ASSERT_TRUE(reply.has_value()) << head;
    EXPECT_EQ(reply->status, 400) << head;
    EXPECT_FALSE(client.Read().has_value()) << head;
    EXPECT_TRUE(client.ReadsEnd()) << head;
  }
}

TEST_F(HttpServerTest, WaitsWithoutAThread) {
  options_.threads = 1;
  Start();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server_->address()));
    ASSERT_TRUE(clients.back()->Post("/hold", "x", ""));
  }
  const auto held = handler_.AwaitHeld(50);
  HttpClient other(server_->address());
  ASSERT_TRUE(other.Get("/others"));
  EXPECT_EQ(other.Read()->body, "GET /others? ");
  for (const auto& exchange : held) {
    exchange->Answer([] { return HttpAnswer{201, {{"x-a", "b"}}, "late", nullptr}; });
    exchange->Answer([] { return HttpAnswer{500, {}, "second", nullptr}; });
  }
  for (const auto& client : clients) {
    const auto reply = client->Read();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 201);
    EXPECT_EQ(reply->headers.at("x-a"), "b");
    EXPECT_EQ(reply->body, "late");
  }
}

// Slow on purpose: the head, the body, and nothing at all.
TEST_F(HttpServerTest, EndsWhoIsTooSlow) {
  options_.head_time = options_.body_time = options_.idle_time = absl::Milliseconds(50);
  Start();
  for (const char* begun : {"", "GET /a HT", "GET /a HTTP/1.1\r\nhost: x\r\nx-slow: ",
                            "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc"}) {
    HttpClient client(server_->address());
    ASSERT_TRUE(client.Send(begun));
    EXPECT_TRUE(client.ReadsEnd()) << begun;
  }
  HttpClient kept(server_->address());
  ASSERT_TRUE(kept.Get("/a"));
  EXPECT_EQ(kept.Read()->status, 200);
  EXPECT_TRUE(kept.ReadsEnd()) << "an idle connection";
}

TEST_F(HttpServerTest, ClosesTheLongestIdleWhenThereAreTooMany) {
  options_.connections_max = 40;
  options_.connections_spare = 10;
  Start();
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 200; ++i) {
    idle.push_back(std::make_unique<HttpClient>(server_->address()));
    ASSERT_TRUE(idle.back()->connected());
  }
  HttpClient honest(server_->address());
  ASSERT_TRUE(honest.Get("/a"));
  ASSERT_EQ(honest.Read()->status, 200);
  EXPECT_TRUE(idle.front()->ReadsEnd());
  // They are shut down at once, and let go of as the library finds it.
  for (const absl::Time end = absl::Now() + absl::Seconds(20);
       server_->connections() > 40 && absl::Now() < end;)
    std::this_thread::yield();
  EXPECT_LE(server_->connections(), 40);
}

TEST_F(HttpServerTest, TakesInBodiesUpToABound) {
  options_.bodies_bytes_max = kBodyBytesMax + 10;
  Start();
  HttpClient first(server_->address());
  ASSERT_TRUE(first.Post("/hold", "x", std::string(kBodyBytesMax, 'x')));
  const auto held = handler_.AwaitHeld(1);
  HttpClient second(server_->address());
  ASSERT_TRUE(second.Post("/a", "x", "more than ten bytes"));
  EXPECT_EQ(second.Read()->status, 503);
  held[0]->Answer([] { return HttpAnswer{200, {}, "", nullptr}; });
  EXPECT_EQ(first.Read()->status, 200);
  ASSERT_TRUE(first.Post("/a", "x", "more than ten bytes"));
  EXPECT_EQ(first.Read()->status, 200);
}

TEST_F(HttpServerTest, StopsWithAnswersForWhoWaits) {
  Start();
  HttpClient waiting(server_->address()), idle(server_->address());
  ASSERT_TRUE(waiting.Post("/hold", "x", ""));
  const auto held = handler_.AwaitHeld(1);
  server_->Stop(absl::Milliseconds(10));
  EXPECT_EQ(waiting.Read()->status, 503);
  EXPECT_TRUE(idle.ReadsEnd());
  held[0]->Answer([] { return HttpAnswer{200, {}, "too late", nullptr}; });
}

// Gives `pieces`, one each time that a test says so, then waits to be closed.
class Pieces : public BodySource {
 public:
  void OnMore(std::function<void()> wake) override {
    Monitor::Lock lock(monitor_);
    wake_ = std::move(wake);
  }
  State Read(std::string& bytes) override {
    Monitor::Lock lock(monitor_);
    bytes += std::exchange(next_, "");
    return ended_ ? State::kEnded : State::kOpen;
  }
  void Close() override { Give("", /*end=*/true); }

  void Give(const std::string& piece, bool end = false) {
    std::function<void()> wake;
    {
      Monitor::Lock lock(monitor_);
      next_ += piece;
      ended_ = ended_ || end;
      wake = wake_;
    }
    if (wake != nullptr) wake();
  }
  bool AwaitEnd() {
    Monitor::Lock lock(monitor_);
    return lock.AwaitFor(absl::Seconds(20), [this] { return ended_; });
  }

 private:
  Monitor monitor_;
  std::function<void()> wake_;
  std::string next_;
  bool ended_ = false;
};

TEST_F(HttpServerTest, StreamsPieceByPiece) {
  auto pieces = std::make_shared<Pieces>();
  handler_.source = pieces;
  Start();
  HttpClient client(server_->address());
  ASSERT_TRUE(client.Get("/stream"));
  std::thread giver([&] {
    for (int i = 0; i < 100; ++i) pieces->Give(std::string(1000, static_cast<char>('a' + i % 26)));
    pieces->Give("end", /*end=*/true);
  });
  const auto reply = client.Read();
  giver.join();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body.size(), 100'003U);
  EXPECT_EQ(reply->body.substr(0, 1000), std::string(1000, 'a'));
  EXPECT_EQ(reply->body.substr(100'000), "end");
  ASSERT_TRUE(client.Get("/after"));
  EXPECT_EQ(client.Read()->status, 200) << "the connection goes on";
}

TEST_F(HttpServerTest, EndsAStreamThatNobodyReads) {
  auto pieces = std::make_shared<Pieces>();
  handler_.source = pieces;
  Start();
  HttpClient client(server_->address());
  ASSERT_TRUE(client.Get("/stream"));
  pieces->Give("a");
  client.Close();
  EXPECT_TRUE(pieces->AwaitEnd());
}

TEST_F(HttpServerTest, EndsStreamsWhenItStops) {
  auto pieces = std::make_shared<Pieces>();
  handler_.source = pieces;
  Start();
  HttpClient client(server_->address());
  ASSERT_TRUE(client.Get("/stream"));
  std::thread reader([&] { EXPECT_TRUE(client.Read().has_value()); });
  while (pieces.use_count() < 3) std::this_thread::yield();  // the stream has its source
  server_->Stop(absl::Seconds(5));
  reader.join();
}

TEST_F(HttpServerTest, SaysWhereItCannotListen) {
  Start();
  options_.address = server_->address();
  EXPECT_EQ(HttpServer::Start(options_, handler_).status().code(), absl::StatusCode::kUnavailable);
  for (const char* address : {"", "nowhere", "127.0.0.1:x", "unix:/nowhere/at/all"}) {
    options_.address = address;
    EXPECT_FALSE(HttpServer::Start(options_, handler_).ok()) << address;
  }
}

}  // namespace
}  // namespace vivier::web
