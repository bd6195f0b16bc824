#include "shared/web/refusal.h"

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

pb::Struct Read(const std::string& json) {
  pb::Struct read;
  EXPECT_TRUE(pb::util::JsonStringToMessage(json, &read).ok()) << json;
  return read;
}

TEST(Refusal, EachCodeHasItsNameAndStatus) {
  std::set<std::string> names;
  for (int code = 1; code <= 16; ++code) {
    const auto status = static_cast<absl::StatusCode>(code);
    names.insert(CodeNameOf(status));
    EXPECT_GE(HttpStatusOf(status), 400);
    EXPECT_LT(HttpStatusOf(status), 600);
  }
  EXPECT_EQ(names.size(), 16U);
  EXPECT_EQ(CodeNameOf(absl::StatusCode::kCancelled), "canceled");
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kUnauthenticated), 401);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kResourceExhausted), 429);
}

TEST(Refusal, ConnectTellsCodeMessageAndDetails) {
  const absl::Status status = InvalidField("cohort.capacity", "must be ≥ 1 \"or\" more");
  const pb::Struct error = Read(ConnectError(status));
  EXPECT_EQ(error.fields().at("code").string_value(), "invalid_argument");
  EXPECT_EQ(error.fields().at("message").string_value(), status.message());
  std::set<std::string> types;
  for (const pb::Value& detail : error.fields().at("details").list_value().values()) {
    const auto& fields = detail.struct_value().fields();
    types.insert(fields.at("type").string_value());
    EXPECT_FALSE(absl::StrContains(fields.at("value").string_value(), "="));
    if (fields.at("type").string_value() != "google.rpc.ErrorInfo") continue;
    std::string bytes;
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(absl::Base64Unescape(fields.at("value").string_value(), &bytes));
    ASSERT_TRUE(info.ParseFromString(bytes));
    EXPECT_EQ(info.reason(), "INVALID_FIELD");
    EXPECT_EQ(fields.at("debug").struct_value().fields().at("reason").string_value(),
              "INVALID_FIELD");
  }
  EXPECT_EQ(types, (std::set<std::string>{"google.rpc.BadRequest", "google.rpc.ErrorInfo"}));
}

TEST(Refusal, AStreamEndsWithItsError) {
  EXPECT_EQ(ConnectEnd(absl::OkStatus()), "{}");
  const pb::Struct end = Read(ConnectEnd(NotFound("schools/x")));
  EXPECT_EQ(end.fields().at("error").struct_value().fields().at("code").string_value(),
            "not_found");
}

TEST(Refusal, GrpcTrailersAreLinesOfHeaders) {
  EXPECT_EQ(GrpcTrailers(absl::OkStatus()), "grpc-status: 0\r\n");
  const std::string lines =
      GrpcTrailers(Error(absl::StatusCode::kNotFound, "NOT_FOUND", "é\r\nx: 100%"));
  EXPECT_THAT(lines,
              ::testing::StartsWith("grpc-status: 5\r\ngrpc-message: %c3%a9%0d%0ax: 100%25\r\n"));
  const std::string marker = "grpc-status-details-bin: ";
  std::string base64 = lines.substr(lines.find(marker) + marker.size());
  base64.resize(base64.size() - 2);
  std::string bytes;
  google::rpc::Status status;
  ASSERT_TRUE(absl::Base64Unescape(base64, &bytes));
  ASSERT_TRUE(status.ParseFromString(bytes));
  EXPECT_EQ(status.details_size(), 1);
}

}  // namespace
}  // namespace vivier::web
