#include "shared/web/server/head.h"

#include "gtest/gtest.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

HttpRequest With(Headers headers) {
  HttpRequest head{"POST", "/a.B/C", "", {{"host", "x"}}, ""};
  head.headers.insert(head.headers.end(), headers.begin(), headers.end());
  return head;
}

TEST(Head, IsTakenWhereItCanBeReadInOneWay) {
  for (const Headers& headers : std::vector<Headers>{
           {},
           {{"content-length", "5"}},
           {{"transfer-encoding", "chunked"}},
           {{"accept", "a"}, {"accept", "b"}},
           {{"user-agent", "Mozill\xc3\xa9"}},
           {{"connect-timeout-ms", ""}},
       })
    EXPECT_TRUE(CheckHead(With(headers), "HTTP/1.1").ok())
        << (headers.empty() ? "" : headers[0].first);
}

// What smugglers send: two readers would find two requests in it.
TEST(Head, IsRefusedWhereItCanBeReadInTwo) {
  const std::vector<Headers> rows = {
      {{"content-length", "5"}, {"content-length", "5"}},
      {{"content-length", "5"}, {"transfer-encoding", "chunked"}},
      {{"content-length", "+5"}},
      {{"content-length", "5, 5"}},
      {{"content-length", "0x5"}},
      {{"content-length", ""}},
      {{"content-length ", "5"}},
      {{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}},
      {{"transfer-encoding", "gzip, chunked"}},
      {{"transfer-encoding", "xchunked"}},
      {{"transfer-encoding", "identity"}},
      {{"transfer-encoding", ""}},
      {{"transfer-encoding\t", "chunked"}},
      {{"host", "y"}},
      {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}},
      {{"cookie", "a=b"}, {"cookie", "a=c"}},
      {{"x", std::string("a\0b", 3)}},
      {{"x", "a\rb"}},
      {{"", "a"}},
      {{"x(y)", "a"}},
  };
  for (const Headers& headers : rows) {
    const absl::Status status = CheckHead(With(headers), "HTTP/1.1");
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << headers[0].first << ": " << headers[0].second;
  }
}

TEST(Head, IsOfAVersionThatWeKnow) {
  EXPECT_TRUE(CheckHead(With({}), "HTTP/1.0").ok());
  EXPECT_FALSE(CheckHead(With({{"transfer-encoding", "chunked"}}), "HTTP/1.0").ok());
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "http/1.1", ""})
    EXPECT_FALSE(CheckHead(With({}), version).ok()) << version;
}

TEST(Head, IsBounded) {
  EXPECT_TRUE(CheckHead(With({{"x", std::string(kHeadBytesMax - 100, 'a')}}), "HTTP/1.1").ok());
  EXPECT_FALSE(CheckHead(With({{"x", std::string(kHeadBytesMax, 'a')}}), "HTTP/1.1").ok());
  EXPECT_TRUE(CheckHead(With(Headers(kHeadersMax - 1, {"x", "a"})), "HTTP/1.1").ok());
  EXPECT_FALSE(CheckHead(With(Headers(kHeadersMax, {"x", "a"})), "HTTP/1.1").ok());
}

TEST(Head, HasAFirstLineThatPrints) {
  HttpRequest head = With({});
  head.path = "/a\x01";
  EXPECT_FALSE(CheckHead(head, "HTTP/1.1").ok());
  head = With({});
  head.query = "a=\xff";
  EXPECT_FALSE(CheckHead(head, "HTTP/1.1").ok());
  head = With({});
  head.method = "PO ST";
  EXPECT_FALSE(CheckHead(head, "HTTP/1.1").ok());
}

}  // namespace
}  // namespace vivier::web
