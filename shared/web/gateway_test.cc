// The gateway before a server of gRPC whose methods do one thing each: binary forms, errors,
// limits. JSON needs messages that are linked in: tests/web asks the real services.
#include "shared/web/gateway.h"

#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/web/asked.h"
#include "shared/web/framing.h"
#include "shared/web/gzip.h"
#include "shared/web/refusal.h"
#include "tests/transport/echo_server.h"
#include "tests/transport/http_client.h"

namespace vivier::web {
namespace {

using ::testing::HasSubstr;
using testing::HttpClient;
using testing::HttpReply;
using transport::EchoService;
using transport::kBulk;
using transport::kCount;
using transport::kDrop;
using transport::kEcho;
using transport::kFlood;
using transport::kHold;
using transport::kRefuse;

constexpr char kProto[] = "application/proto", kJson[] = "application/json";
constexpr char kStream[] = "application/connect+proto";
constexpr absl::Duration kRounding = absl::Seconds(1);  // of a deadline on gRPC's wire
constexpr char kWeb[] = "application/grpc-web+proto";

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    options_.server.address = "127.0.0.1:0";
    options_.server.sweep_every = absl::Milliseconds(5);
    options_.allowed_origins = {"https://jobs.example"};
    Start();
  }

  void Start() {
    gateway_.reset();
    Routes routes;
    for (int i = 0; i < EchoService().method_count(); ++i) {
      const auto* method = EchoService().method(i);
      const int bytes =
          method->name() == "Bulk" ? rpc::kBulkRequestBytesMax : rpc::kRequestBytesMax;
      routes[rpc::PathOf(*method)] = {method, bytes, channel_, public_};
    }
    auto started = Gateway::Start(options_, std::move(routes));
    ASSERT_TRUE(started.ok()) << started.status();
    gateway_ = *std::move(started);
  }

  HttpReply Post(const std::string& path, const std::string& type, const std::string& body,
                 const std::vector<std::string>& headers = {}) {
    HttpClient client(gateway_->address());
    EXPECT_TRUE(client.Post(path, type, body, headers));
    return client.Read().value_or(HttpReply{});
  }

  transport::Fixture fixture_;
  const std::shared_ptr<rpc::Channel> channel_ = fixture_.Dial();
  Gateway::Options options_;
  bool public_ = false;  // whether anybody may ask all of it
  std::unique_ptr<Gateway> gateway_;
};

// How many of a hundred calls are answered.
int Answered(const std::function<HttpReply()>& ask) {
  int answered = 0;
  for (int i = 0; i < 100; ++i) answered += ask().status == 200 ? 1 : 0;
  return answered;
}

TEST_F(GatewayTest, HoldsWhomNobodyKnowsToTheirShare) {
  public_ = true;
  options_.now = [] { return absl::FromUnixSeconds(1'800'000'000); };
  Start();
  const auto from = [this](const std::string& address) {
    return Answered([&] { return Post(kEcho, kProto, "x", {"x-forwarded-for: " + address}); });
  };
  EXPECT_EQ(from("192.0.2.1"), 60);
  EXPECT_EQ(from("192.0.2.1"), 0);
  EXPECT_EQ(from("192.0.2.2"), 60);  // in nobody else's way
  EXPECT_EQ(from("2001:db8::1"), 60);
  EXPECT_EQ(from("2001:db8::2"), 0);  // of the same line
  EXPECT_EQ(Answered([&] {
              return Post(kEcho, kProto, "x",
                          {"x-forwarded-for: 192.0.2.1", "authorization: Bearer abc"});
            }),
            100);
  const std::string large(20'000, 'x');
  EXPECT_EQ(Post(kEcho, kProto, large, {"x-forwarded-for: 192.0.2.3"}).status, 413);
  EXPECT_EQ(Post(kEcho, kProto, large, {"authorization: Bearer abc"}).status, 200);
  const HttpReply refused = Post(kEcho, kProto, "x", {"x-forwarded-for: 192.0.2.1"});
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("\"queue\":\"public\""));
}

TEST_F(GatewayTest, SaysForWhomItAsksWhereNobodySaysWhoTheyAre) {
  Post(kEcho, kProto, "x", {"x-forwarded-for: 2001:db8::7"});
  EXPECT_EQ(fixture_.last_peer.address, "2001:db8::/64");
  for (const char* no_address : {"x-forwarded-for: 192.0.2.1, 192.0.2.2", "x-forwarded-for: me"}) {
    EXPECT_EQ(Post(kEcho, kProto, "x", {no_address}).status, 200);
    EXPECT_EQ(fixture_.last_peer.address, "127.0.0.1");
  }
  Post(kEcho, kProto, "x", {"x-forwarded-for: 192.0.2.1", "authorization: Bearer abc"});
  EXPECT_EQ(fixture_.last_peer.address, "");
}

TEST(AddressOfCaller, IsWhatTheEdgeSaysAndNobodyElse) {
  const struct {
    const char *peer, *forwarded, *address;
  } rows[] = {
      {"127.0.0.1", "192.0.2.1", "192.0.2.1"},
      {"::1", "2001:db8::7", "2001:db8::7"},
      {"", "192.0.2.1", "192.0.2.1"},
      {"127.0.0.1", "", "127.0.0.1"},
      {"192.0.2.9", "192.0.2.1", "192.0.2.9"},
      {"10.0.0.1", "127.0.0.1", "10.0.0.1"},
      {"127.0.0.1", "nobody", ""},
      {"127.0.0.1", "192.0.2.1, 192.0.2.2", ""},
  };
  for (const auto& row : rows) {
    HttpRequest request{"POST", "/", "", {}, "", row.peer};
    if (*row.forwarded != '\0') request.headers.emplace_back("x-forwarded-for", row.forwarded);
    EXPECT_EQ(AddressOfCaller(request), row.address) << row.peer << " " << row.forwarded;
  }
}

TEST_F(GatewayTest, AsksOnceItWasToldWhoseACookieIs) {
  options_.authorization = [](const HttpRequest&, const Gateway::Options::Told& told) {
    std::thread([told] { told("Bearer of a cookie"); }).detach();
  };
  Start();
  EXPECT_EQ(Post(kEcho, kProto, "x", {"cookie: a=b"}).body, "x");
  EXPECT_EQ(fixture_.last_peer.authorization, "Bearer of a cookie");
  options_.authorization = [](const HttpRequest&, const Gateway::Options::Told& told) {
    std::thread([told] { told(NotAllowed("schools/nancy")); }).detach();
  };
  Start();
  EXPECT_EQ(Post(kEcho, kProto, "x", {"cookie: a=b"}).status, 403);
  EXPECT_EQ(Post(kEcho, kProto, "x").status, 200);  // nobody is asked
  EXPECT_EQ(Post(kEcho, kProto, "x", {"cookie: a=b", "authorization: Bearer abc"}).status, 200);
}

TEST_F(GatewayTest, PassesBytesAndHeaders) {
  for (const std::string& body :
       {std::string(), std::string("hello"), std::string("\0\xff", 2), std::string(60'000, 'x')}) {
    const HttpReply reply = Post(kEcho, kProto, body,
                                 {"authorization: Bearer abc", "vivier-reason: a reason",
                                  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-"
                                  "b7ad6b7169203331-01"});
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.body, body);
    EXPECT_EQ(reply.headers.at("content-type"), kProto);
  }
  EXPECT_EQ(fixture_.last_peer.authorization, "Bearer abc");
  EXPECT_EQ(fixture_.last_peer.reason, "a reason");
  EXPECT_THAT(fixture_.last_peer.traceparent, HasSubstr("0af7651916cd43dd8448eb211c80319c"));
  EXPECT_FALSE(fixture_.last_peer.in_process);
}

// Over TLS a call without a token would be the gateway's own.
TEST_F(GatewayTest, NeverSpeaksForItself) {
  EXPECT_EQ(Post(kEcho, kProto, "x").status, 200);
  EXPECT_EQ(fixture_.last_peer.authorization, kAnonymous);
  EXPECT_EQ(Post(kEcho, kProto, "x", {"authorization: "}).status, 200);
  EXPECT_EQ(fixture_.last_peer.authorization, kAnonymous);
}

// gRPC ends the process over such a header.
TEST_F(GatewayTest, PassesNoHeaderThatDoesNotPrint) {
  for (const char* header :
       {"authorization: Bearer \xc3\xa9", "vivier-reason: \xff", "authorization: a\tb"}) {
    const HttpReply reply = Post(kEcho, kProto, "x", {header});
    EXPECT_EQ(reply.status, 400) << header;
    EXPECT_THAT(reply.body, HasSubstr("INVALID_FIELD")) << header;
  }
  EXPECT_EQ(Post(kEcho, kProto, "x", {"traceparent: \xc3\xa9"}).status, 200);
  EXPECT_EQ(Post(kEcho, kProto, "x").status, 200);
}

TEST_F(GatewayTest, TellsAnErrorInEachForm) {
  fixture_.refusal = InvalidField("cohort.capacity", "must be ≥ 1");
  const HttpReply connect = Post(kRefuse, kProto, "");
  EXPECT_EQ(connect.status, 400);
  EXPECT_EQ(connect.headers.at("content-type"), "application/json");
  EXPECT_EQ(connect.body, ConnectError(fixture_.refusal));
  const HttpReply web = Post(kRefuse, kWeb, Framed(kPlain, ""));
  EXPECT_EQ(web.status, 200);
  EXPECT_EQ(web.body, Framed(kTrailers, GrpcTrailers(fixture_.refusal)));
  const HttpReply text =
      Post(kRefuse, "application/grpc-web-text", absl::Base64Escape(Framed(kPlain, "")));
  EXPECT_EQ(text.body, absl::Base64Escape(web.body));
  EXPECT_EQ(Post(kDrop, kProto, "").status, 500);
}

TEST_F(GatewayTest, SpeaksGrpcWeb) {
  const std::string expected = Framed(kPlain, "abc") + Framed(kTrailers, "grpc-status: 0\r\n");
  EXPECT_EQ(Post(kEcho, kWeb, Framed(kPlain, "abc")).body, expected);
  EXPECT_EQ(
      Post(kEcho, "application/grpc-web-text", absl::Base64Escape(Framed(kPlain, "abc"))).body,
      absl::Base64Escape(expected));
  EXPECT_EQ(Post(kEcho, kWeb, Framed(kCompressed, Gzip("abc")), {"grpc-encoding: gzip"}).body,
            expected);
  for (const std::string& wrong :
       {std::string(), std::string("abc"), Framed(kPlain, "a") + Framed(kPlain, "b"),
        Framed(kTrailers, "a"), Framed(kCompressed, "a")})
    EXPECT_THAT(Post(kEcho, kWeb, wrong).body, HasSubstr("grpc-status: 3")) << wrong;
}

TEST_F(GatewayTest, StreamsAnswers) {
  std::string expected;
  for (const char* message : {"a0", "a1", "a2"}) expected += Framed(kPlain, message);
  const HttpReply connect = Post(kCount, kStream, Framed(kPlain, "a"));
  EXPECT_EQ(connect.body, expected + Framed(kConnectEnd, "{}"));
  const HttpReply web = Post(kCount, kWeb, Framed(kPlain, "a"));
  EXPECT_EQ(web.body, expected + Framed(kTrailers, "grpc-status: 0\r\n"));
  EXPECT_THAT(Post(kCount, kStream, "x").body, HasSubstr("invalid_argument"));
}

TEST_F(GatewayTest, EndsAStreamWhoseReaderHasGone) {
  HttpClient client(gateway_->address());
  ASSERT_TRUE(client.Post(kFlood, kStream, Framed(kPlain, "")));
  client.Close();
  EXPECT_TRUE(fixture_.flood_gone.WaitForNotificationWithTimeout(absl::Seconds(20)));
  fixture_.writer.join();
}

TEST_F(GatewayTest, CompressesWhereItIsAskedAndWorthIt) {
  const std::string much(10'000, 'x');
  const HttpReply packed = Post(kEcho, kProto, much, {"accept-encoding: br, gzip"});
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(*Gunzip(packed.body, 20'000), much);
  EXPECT_EQ(Post(kEcho, kProto, much).headers.count("content-encoding"), 0U);
  EXPECT_EQ(
      Post(kEcho, kProto, much, {"accept-encoding: gzip;q=0"}).headers.count("content-encoding"),
      0U);
  EXPECT_EQ(Post(kEcho, kProto, "abc", {"accept-encoding: gzip"}).headers.count("content-encoding"),
            0U);
  EXPECT_EQ(Post(kEcho, kProto, Gzip(much), {"content-encoding: gzip"}).body, much);
  EXPECT_EQ(Post(kEcho, kProto, "x", {"content-encoding: br"}).status, 501);
  const HttpReply bomb =
      Post(kEcho, kProto, Gzip(std::string(10 << 20, 'x')), {"content-encoding: gzip"});
  EXPECT_EQ(bomb.status, 429);
  EXPECT_THAT(bomb.body, HasSubstr("REQUEST_TOO_LARGE"));
}

TEST_F(GatewayTest, BoundsBodiesByTheirRpc) {
  const std::string much(rpc::kRequestBytesMax + 100, 'x');
  const HttpReply refused = Post(kEcho, kProto, much);
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr("REQUEST_TOO_LARGE"));
  EXPECT_EQ(Post(kBulk, kProto, std::string(rpc::kBulkRequestBytesMax, 'x')).body,
            absl::StrCat(rpc::kBulkRequestBytesMax));
  EXPECT_EQ(Post(kBulk, kProto, std::string(rpc::kBulkRequestBytesMax + 100, 'x')).status, 413);
  // Bytes are a third longer in JSON, and no more is taken than that.
  const std::string blanks(rpc::kBulkRequestBytesMax / 3 * 4, ' ');
  EXPECT_THAT(Post(kBulk, kJson, blanks + "\xFF").body, HasSubstr("it is not UTF-8"));
  EXPECT_EQ(Post(kBulk, kJson, blanks + std::string(1000, ' ')).status, 413);
}

TEST_F(GatewayTest, KeepsDeadlines) {
  const HttpReply late = Post(kHold, kProto, "", {"connect-timeout-ms: 20"});
  EXPECT_EQ(late.status, 504);
  EXPECT_THAT(late.body, HasSubstr("deadline_exceeded"));
  EXPECT_EQ(Post(kEcho, kProto, "", {"connect-timeout-ms: 1s"}).status, 400);
  EXPECT_EQ(Post(kEcho, kProto, "", {"connect-timeout-ms: 9999999999"}).status, 200);
  EXPECT_LE(fixture_.last_deadline, absl::Now() + kDeadlineMax + kRounding);
  EXPECT_EQ(Post(kEcho, kProto, "").status, 200);
  EXPECT_LE(fixture_.last_deadline, absl::Now() + kDeadline + kRounding);
  EXPECT_THAT(Post(kEcho, kWeb, Framed(kPlain, ""), {"grpc-timeout: 1"}).body,
              HasSubstr("grpc-status: 3"));
}

TEST_F(GatewayTest, AnswersInWordsWhatItDoesNotServe) {
  for (const char* path :
       {"/", "/vivier.test.Echo/Nothing", "/vivier.test.Echo/Echo/", "//vivier.test.Echo/Echo",
        "/vivier.test.Echo%2fEcho", "/vivier.test.Echo/Echo%00",
        "/vivier.test.Echo/../vivier.test.Echo/Echo", "/VIVIER.test.Echo/Echo",
        "http://x/vivier.test.Echo/Echo"}) {
    const HttpReply reply = Post(path, kProto, "x");
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_THAT(reply.body, HasSubstr("there is no such path")) << path;
  }
  const HttpReply type = Post(kEcho, "text/plain", "x");
  EXPECT_EQ(type.status, 415);
  EXPECT_THAT(type.body, HasSubstr("application/json"));
  EXPECT_THAT(type.headers.at("accept-post"), HasSubstr("application/grpc-web"));
  EXPECT_EQ(Post(kEcho, kStream, "x").status, 415);
  HttpClient client(gateway_->address());
  ASSERT_TRUE(client.Get(absl::StrCat(kEcho, "?encoding=proto&message=x")));
  const auto get = client.Read();
  EXPECT_EQ(get->status, 405);
  EXPECT_EQ(get->headers.at("allow"), "OPTIONS, POST");
}

TEST_F(GatewayTest, LetsPagesOfNamedOriginsCall) {
  HttpClient client(gateway_->address());
  const auto preflight = [&client](const std::string& origin) {
    client.Send(absl::StrCat("OPTIONS ", kEcho, " HTTP/1.1\r\nhost: x\r\norigin: ", origin,
                             "\r\naccess-control-request-method: POST\r\n\r\n"));
    return client.Read().value_or(HttpReply{});
  };
  const HttpReply allowed = preflight("https://jobs.example");
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"), "https://jobs.example");
  EXPECT_THAT(allowed.headers.at("access-control-allow-headers"), HasSubstr("authorization"));
  const HttpReply refused = preflight("https://evil.example");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.count("access-control-allow-origin"), 0U);
  EXPECT_EQ(Post(kEcho, kProto, "x", {"origin: https://jobs.example"})
                .headers.at("access-control-allow-origin"),
            "https://jobs.example");
  const HttpReply other = Post(kEcho, kProto, "x", {"origin: https://evil.example"});
  EXPECT_EQ(other.headers.count("access-control-allow-origin"), 0U);
  EXPECT_EQ(other.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(other.headers.at("cache-control"), "no-store");
}

TEST_F(GatewayTest, RefusesMoreCallsThanItHolds) {
  options_.calls_max = 1;
  Start();
  HttpClient holding(gateway_->address());
  ASSERT_TRUE(holding.Post(kHold, kProto, ""));
  fixture_.holding.WaitForNotification();
  const HttpReply refused = Post(kEcho, kProto, "x");
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("OVERLOADED"));
  fixture_.held[0]->Answer(transport::Bytes("late"));
  EXPECT_EQ(holding.Read()->body, "late");
  HttpReply next;  // its place is free a moment after its answer has gone out
  do next = Post(kEcho, kProto, "x");
  while (next.status == 429);
  EXPECT_EQ(next.status, 200);
}

TEST_F(GatewayTest, IsNotStartedWithAnOriginThatIsNone) {
  options_.allowed_origins = {"*"};
  EXPECT_EQ(Gateway::Start(options_, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vivier::web
