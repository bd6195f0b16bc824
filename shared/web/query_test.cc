#include "shared/web/query.h"

#include "gtest/gtest.h"

namespace vivier::web {
namespace {

TEST(Query, IsARequest) {
  struct Row {
    const char* query;
    bool json;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {"connect=v1&encoding=json&message=%7B%7D", true, "{}"},
           {"message=a+b%20c&encoding=json", true, "a b c"},
           {"encoding=proto&base64=1&message=AAEC", false, std::string("\0\x01\x02", 3)},
           {"encoding=proto&base64=1&message=_-8", false, "\xff\xef"},
           {"encoding=proto&base64=1&message=%2F%2B8%3D", false, "\xff\xef"},
           {"encoding=proto&message=", false, ""},
           {"encoding=proto&base64=1&message=", false, ""},
           {"encoding=json&compression=identity&message=x", true, "x"},
       }) {
    const absl::StatusOr<GetRequest> request = ReadQuery(row.query);
    ASSERT_TRUE(request.ok()) << row.query << request.status();
    EXPECT_EQ(request->json, row.json) << row.query;
    EXPECT_EQ(request->message, row.message) << row.query;
  }
  EXPECT_TRUE(ReadQuery("encoding=json&compression=gzip&message=x")->gzipped);
}

TEST(Query, IsRefusedWhereItIsNone) {
  for (const char* query : {
           "",
           "encoding=json",
           "message=x",
           "encoding=xml&message=x",
           "encoding=json&message=x&message=y",
           "encoding=json&encoding=proto&message=x",
           "connect=v2&encoding=json&message=x",
           "encoding=json&message=x&other=1",
           "encoding=json&message=%",
           "encoding=json&message=%4",
           "encoding=json&message=%zz",
           "encoding=proto&base64=1&message=a",
           "encoding=proto&base64=1&message=!!!!",
           "encoding=proto&base64=2&message=AAEC",
           "encoding=json&compression=br&message=x",
       })
    EXPECT_EQ(ReadQuery(query).status().code(), absl::StatusCode::kInvalidArgument) << query;
}

}  // namespace
}  // namespace vivier::web
