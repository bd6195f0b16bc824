// Every rpc asked over gRPC and in each form of HTTP, on rows in which every field is set: valid,
// empty, by nobody, and by a role that may do nothing with it. Answers and errors are equal, with
// all of their details. A write is asked under one request_id, so what it did is done once.
#include <iostream>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "shared/base/message.h"
#include "shared/service/channel.h"
#include "shared/transport/channel.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/rows.h"
#include "tests/rpc/services.h"
#include "tests/support/state_diagram.h"
#include "tests/support/world.h"
#include "tests/views/whole_rows.h"
#include "tests/web/asker.h"

namespace vivier::testing {
namespace {

// The gateway serves what the edge lists: the trade, and operations.
std::vector<const pb::MethodDescriptor*> Served() {
  std::vector<const pb::MethodDescriptor*> served;
  for (const pb::MethodDescriptor* method : Methods()) {
    const std::string service = rpc::ServiceOf(method->file());
    if (service != "log" && service != "site") served.push_back(method);
  }
  return served;
}

// All of a status, with its details as text: the same details are other bytes where a map in them
// has another order.
std::string Text(const absl::Status& status) {
  std::map<std::string, std::string> details;
  status.ForEachPayload([&details](absl::string_view url, const absl::Cord& payload) {
    const std::string type(url.substr(url.rfind('/') + 1));
    const Row detail =
        NewMessage(pb::DescriptorPool::generated_pool()->FindMessageTypeByName(type));
    EXPECT_TRUE(detail->ParseFromString(std::string(payload))) << type;
    details[std::string(url)] = detail->ShortDebugString();
  });
  std::string text = absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
  for (const auto& [url, detail] : details) absl::StrAppend(&text, "\n", url, " ", detail);
  return text;
}

class BothWaysTest : public ::testing::Test {
 protected:
  BothWaysTest()
      : world_(storage::Engine::kSqlite, [](config::v1::Config& config) {
          config.mutable_web()->set_listen_address(config.listen_address() + ".web");
          auto& budget = *config.add_read_budgets();
          budget.set_opened(-1);
          budget.set_rows(-1);
        }) {
    world_.Stop();
    for (const pb::Descriptor* type : StoredTypes()) {
      std::vector<Row> row;
      row.push_back(WholeRow::Of(*type));
      const absl::Status put =
          PutRows(world_.DatabaseUrl(rpc::ServiceOf(type->file())), world_.data(), row);
      EXPECT_TRUE(put.ok()) << type->name() << ": " << put;
    }
    world_.Start();
    asker_ = std::make_unique<Asker>(web_address());
    channel_ = transport::Connect({.target = world_.site().address(), .holds_back = false});
  }

  std::string web_address() { return world_.site().address() + ".web"; }

  absl::StatusOr<std::string> AskGrpc(const pb::MethodDescriptor& method,
                                      const pb::Message& request,
                                      const std::string& authorization) {
    const rpc::CallOptions options{absl::Seconds(20), authorization, ""};
    const std::string path = rpc::PathOf(method), bytes = request.SerializeAsString();
    if (!method.server_streaming()) return channel_->Call(path, bytes, options);
    rpc::BlockingStream stream(*channel_, path, bytes, options);
    std::string all;
    while (true) {
      const absl::StatusOr<std::optional<std::string>> message = stream.Read();
      if (!message.ok()) return message.status();
      if (!message->has_value()) return all;
      all += **message;
    }
  }

  void ExpectEqual(const pb::MethodDescriptor& method, const std::string& way,
                   const absl::StatusOr<std::string>& expected,
                   const absl::StatusOr<std::string>& got) {
    EXPECT_EQ(Text(got.status()), Text(expected.status())) << method.full_name() << ", " << way;
    if (!expected.ok() || !got.ok()) return;
    const Row one = NewMessage(method.output_type()), other = NewMessage(method.output_type());
    ASSERT_TRUE(one->ParseFromString(*expected) && other->ParseFromString(*got));
    // Sealed anew for each answer: it is there in both, or in neither.
    if (const auto* token = method.output_type()->FindFieldByName("next_page_token"))
      for (pb::Message* row : {one.get(), other.get()})
        if (!row->GetReflection()->GetString(*row, token).empty())
          row->GetReflection()->SetString(row, token, "more");
    EXPECT_TRUE(pb::util::MessageDifferencer::Equals(*one, *other))
        << method.full_name() << ", " << way;
  }

  void AskBothWays(const pb::MethodDescriptor& method, const pb::Message& request,
                   const std::string& authorization) {
    const auto expected = AskGrpc(method, request, authorization);
    ++answers_[expected.status().code()];
    if (method.server_streaming())
      return ExpectEqual(method, "a stream", expected,
                         asker_->AskStream(method, request, authorization));
    const bool reads = method.options().idempotency_level() == pb::MethodOptions::NO_SIDE_EFFECTS;
    for (const Way way : AllWays()) {
      if (IsGet(way) && !reads) continue;
      ExpectEqual(method, NameOf(way), expected, asker_->Ask(way, method, request, authorization));
      ++asked_;
    }
  }

  World world_;
  std::unique_ptr<Asker> asker_;
  std::shared_ptr<rpc::Channel> channel_;
  std::map<absl::StatusCode, int> answers_;
  int asked_ = 0;
};

TEST_F(BothWaysTest, EveryRpcAnswersTheSame) {
  const std::string director = world_.Authorization(World::Person());
  const std::string trainer = world_.Authorization(World::Person("trainer"));
  for (const pb::MethodDescriptor* method : Served()) {
    const Row whole = BaseRequest::Of(*method->input_type());
    const Row empty = NewMessage(method->input_type());
    AskBothWays(*method, *whole, director);
    AskBothWays(*method, *empty, director);
    AskBothWays(*method, *whole, trainer);
    AskBothWays(*method, *whole, "");
    AskBothWays(*method, *whole, "Bearer nothing");
  }
  for (const auto& [code, count] : answers_) std::cout << code << ": " << count << "\n";
  std::cout << Served().size() << " rpcs, asked " << asked_ << " times over HTTP\n";
  EXPECT_GT(Served().size(), 150U);
  EXPECT_GT(answers_[absl::StatusCode::kOk], 100);
  EXPECT_GT(answers_[absl::StatusCode::kInvalidArgument], 100);
  EXPECT_GT(answers_[absl::StatusCode::kPermissionDenied], 50);
  EXPECT_GT(answers_[absl::StatusCode::kUnauthenticated], 300);
}

// What is for those inside is no path of the gateway.
TEST_F(BothWaysTest, NothingElseIsServed) {
  std::vector<std::string> paths = {"/grpc.health.v1.Health/Check",
                                    "/grpc.reflection.v1alpha.ServerReflection/"
                                    "ServerReflectionInfo"};
  for (const pb::MethodDescriptor* method : Methods()) {
    const std::string service = rpc::ServiceOf(method->file());
    if (service == "log" || service == "site") paths.push_back(rpc::PathOf(*method));
  }
  EXPECT_GT(paths.size(), 5U);
  for (const std::string& path : paths) {
    HttpClient client(web_address());
    ASSERT_TRUE(client.Post(path, "application/json", "{}"));
    const auto reply = client.Read();
    ASSERT_TRUE(reply.has_value()) << path;
    EXPECT_EQ(reply->status, 404) << path;
  }
}

}  // namespace
}  // namespace vivier::testing
