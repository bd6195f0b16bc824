#include "shared/transport/status.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::transport {
namespace {

TEST(Status, TravelsThereAndBack) {
  const absl::Status rows[] = {
      absl::OkStatus(),
      absl::CancelledError("bare"),
      NotFound("schools/nancy"),
      InvalidField("cohort.capacity", "must be ≥ 1"),
      Error(absl::StatusCode::kFailedPrecondition, "SEAT_TAKEN", "no seat",
            {{"cohort", "schools/a/cohorts/b"}}),
      Overloaded("calls"),
  };
  for (const absl::Status& status : rows) EXPECT_EQ(FromGrpc(ToGrpc(status)), status);
}

TEST(Status, IsAGoogleRpcStatusOnTheWire) {
  const grpc::Status wire = ToGrpc(NotFound("schools/nancy"));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(wire.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(wire.error_code()));
  EXPECT_EQ(details.message(), wire.error_message());
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "NOT_FOUND");
  EXPECT_EQ(info.metadata().at("resource"), "schools/nancy");
}

TEST(Status, TooManyDetailsLeaveTheErrorInfo) {
  absl::Status status = InvalidField("name", "is wrong");
  google::rpc::BadRequest request;
  for (int i = 0; i < 1000; ++i) request.add_field_violations()->set_field("some.field");
  status.SetPayload("type.googleapis.com/google.rpc.BadRequest",
                    absl::Cord(request.SerializeAsString()));
  const absl::Status received = FromGrpc(ToGrpc(status));
  EXPECT_EQ(ReasonOf(received), "INVALID_FIELD");
  EXPECT_FALSE(received.GetPayload("type.googleapis.com/google.rpc.BadRequest"));
}

TEST(Status, ALongMessageIsCutBetweenCharacters) {
  std::string message(1023, 'x');
  message += "é and more";
  EXPECT_EQ(ToGrpc(Unavailable(message)).error_message(), std::string(1023, 'x'));
}

TEST(Status, OverloadSaysWhenToComeBack) {
  const auto payload =
      FromGrpc(ToGrpc(Overloaded("calls"))).GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(payload && retry.ParseFromString(std::string(*payload)));
  EXPECT_EQ(retry.retry_delay().seconds(), 0);
  EXPECT_EQ(retry.retry_delay().nanos(), 200'000'000);
}

}  // namespace
}  // namespace vivier::transport
