#include "shared/web/json.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/web/server/limits.h"

namespace vivier::web {
namespace {

using google::rpc::BadRequest;
using google::rpc::ErrorInfo;
using ::testing::HasSubstr;

const google::protobuf::Descriptor& Type() { return *ErrorInfo::descriptor(); }

TEST(Json, GoesThereAndBack) {
  ErrorInfo info;
  info.set_reason("é\n\"");
  (*info.mutable_metadata())["a"] = "b";
  const absl::StatusOr<std::string> json = ToJson(Type(), info.SerializeAsString());
  ASSERT_TRUE(json.ok()) << json.status();
  const absl::StatusOr<std::string> bytes = FromJson(Type(), *json);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  ErrorInfo back;
  ASSERT_TRUE(back.ParseFromString(*bytes));
  EXPECT_EQ(back.reason(), info.reason());
  EXPECT_EQ(back.metadata().at("a"), "b");
  EXPECT_EQ(ToJson(Type(), "\xff").status().code(), absl::StatusCode::kInternal);
}

TEST(Json, IsRefusedInWords) {
  for (const std::string& wrong :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"reason\": 1}"),
        std::string("{\"raeson\": \"x\"}"), std::string("{\"reason\": \"\xff\"}"),
        std::string("{\"reason\": \"a\0b\"}", 17), std::string("{} {}")}) {
    const absl::Status status = FromJson(Type(), wrong).status();
    EXPECT_EQ(ReasonOf(status), "MALFORMED_REQUEST") << wrong;
    EXPECT_THAT(std::string(status.message()), HasSubstr("no JSON of a ErrorInfo")) << wrong;
  }
  const std::string long_name(100'000, 'x');
  EXPECT_LT(FromJson(Type(), "{\"" + long_name + "\": 1}").status().message().size(), 500U);
}

TEST(Json, NamesTheFieldAndWhatItIsToBe) {
  const struct {
    const char* json;
    const char* words;
  } rows[] = {
      {"{\"raeson\": \"x\"}", "there is no field raeson"},
      {"{\"fieldViolations\": [{\"feild\": \"x\"}]}", "there is no field"},
      {"{\"fieldViolations\": [{\"field\": 5}]}", "is 5, and is to be of type string"},
      {"{\"fieldViolations\": }", "at `"},
  };
  for (const auto& row : rows) {
    const auto* type = row.json[2] == 'r' ? &Type() : BadRequest::descriptor();
    const std::string said(FromJson(*type, row.json).status().message());
    EXPECT_THAT(said, HasSubstr(row.words));
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  }
}

// Deep nesting and many small parts cost a parser more than their bytes.
TEST(Json, IsBounded) {
  std::string deep, wide = "{\"fieldViolations\": [";
  for (int i = 0; i < 10'000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(FromJson(Type(), deep).ok());
  for (int i = 0; i < kJsonPartsMax; ++i) wide += "{},";
  wide += "{}]}";
  EXPECT_EQ(ReasonOf(FromJson(*BadRequest::descriptor(), wide).status()), "REQUEST_TOO_LARGE");
}

}  // namespace
}  // namespace vivier::web
