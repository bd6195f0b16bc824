// A batch as it goes from its check to its answer, without a database: what is begun and when, and
// what the caller is told. The path over a whole site is tested in tests/rpc/batch_test.cc.
#include "shared/rpc/batch.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"
#include "shared/base/uuid.h"
#include "shared/service/catalogue.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::rpc {
namespace {

using enrolment::v1::AdmitApplicationRequest;
using enrolment::v1::Application;
using enrolment::v1::BatchAdmitApplicationsRequest;
using enrolment::v1::BatchAdmitApplicationsResponse;

constexpr char kBatchId[] = "0192f3a4-5b6c-7d8e-9f00-AABBCCDDEEFF";
constexpr size_t kRound = Batches::kRoundItems;

// A caller that waits for its answer, with a deadline that the test moves.
class Caller final : public Responder {
 public:
  void Answer(std::shared_ptr<const std::string>) override { FAIL() << "the batch answers"; }
  void Refuse(const absl::Status&) override { FAIL() << "the batch answers"; }
  absl::Time deadline() const override { return deadline_; }
  bool cancelled() const override { return gone_; }

  absl::Time deadline_ = absl::Now() + absl::Hours(1);
  std::atomic<bool> gone_{false};
};

// An item that the path of the single rpc was given.
struct Served {
  std::string batch;
  AdmitApplicationRequest request;
  std::shared_ptr<Responder> responder;

  void Answer(const std::string& etag = "1") const {
    Application application;
    application.set_name(request.name());
    application.set_etag(etag);
    responder->Answer(std::make_shared<const std::string>(application.SerializeAsString()));
  }
};

class BatchTest : public ::testing::Test {
 protected:
  static Method MethodOf(const google::protobuf::Descriptor& request) {
    absl::StatusOr<Method> method = Describe(MethodTaking(request));
    EXPECT_TRUE(method.ok()) << method.status();
    return *std::move(method);
  }

  static BatchAdmitApplicationsRequest Request(int items) {
    BatchAdmitApplicationsRequest request;
    request.set_parent("schools/nancy");
    request.set_request_id(kBatchId);
    for (int i = 0; i < items; ++i)
      request.add_requests()->set_name(absl::StrCat("schools/nancy/cohorts/ai/applications/a-", i));
    return request;
  }

  // Hands the batch over on a worker, as the adapter does.
  void Take(const std::string& name, BatchAdmitApplicationsRequest request) {
    auto token = std::make_shared<security::VerifiedToken>();
    token->caller.roles = {"school_director"};
    token->caller.schools = {"nancy"};
    Batches::Asked asked;
    asked.method = &batch_;
    asked.single = &single_;
    asked.token = std::move(token);
    asked.responder = caller_;
    asked.serve = [this, name](Entry::Token, std::unique_ptr<google::protobuf::Message> item,
                               std::shared_ptr<Responder> responder) {
      Monitor::Lock lock(monitor_);
      served_.push_back({name, static_cast<AdmitApplicationRequest&>(*item), std::move(responder)});
    };
    asked.answered = [this, name](ItemResult answer) {
      Monitor::Lock lock(monitor_);
      EXPECT_EQ(answers_.count(name), 0u) << "answered twice";
      answers_.emplace(name, std::move(answer));
    };
    auto shared = std::make_shared<BatchAdmitApplicationsRequest>(std::move(request));
    ASSERT_EQ(workers_.Submit([this, shared, asked = std::move(asked)]() mutable {
      batches_.Take(*shared, std::move(asked));
    }),
              absl::OkStatus());
  }

  // The items that are being done, once there are so many.
  std::vector<Served> Await(size_t count) {
    Monitor::Lock lock(monitor_);
    EXPECT_TRUE(lock.AwaitFor(absl::Minutes(1), [&] { return served_.size() >= count; }));
    return std::exchange(served_, {});
  }

  ItemResult AnswerTo(const std::string& name) {
    Monitor::Lock lock(monitor_);
    EXPECT_TRUE(lock.AwaitFor(absl::Minutes(1), [&] { return answers_.count(name) > 0; }));
    return answers_.at(name);
  }

  BatchAdmitApplicationsResponse ResponseTo(const std::string& name) {
    BatchAdmitApplicationsResponse response;
    const ItemResult answer = AnswerTo(name);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(answer.ok() && response.ParseFromString(**answer));
    return response;
  }

  // The number of results that were refused for this reason.
  static int Refused(const BatchAdmitApplicationsResponse& response, const std::string& reason) {
    int count = 0;
    for (const auto& result : response.results())
      count += result.has_error() && ReasonOf(FromMessage(result.error())) == reason ? 1 : 0;
    return count;
  }

  const Method batch_ = MethodOf(*BatchAdmitApplicationsRequest::descriptor());
  const Method single_ = MethodOf(*AdmitApplicationRequest::descriptor());
  const std::shared_ptr<Caller> caller_ = std::make_shared<Caller>();
  Monitor monitor_;  // guards the two below
  std::vector<Served> served_;
  std::map<std::string, ItemResult> answers_;
  Entry entry_{{nullptr, nullptr, {"nancy"}}};
  Workers workers_{1};  // which takes the batches in their order
  Batches batches_{entry_, workers_};
};

TEST_F(BatchTest, BeginsARoundWhenTheOneBeforeIsOver) {
  Take("batch", Request(2 * kRound + 3));
  for (const size_t expected : {kRound, kRound, size_t{3}}) {
    std::vector<Served> round = Await(expected);
    ASSERT_EQ(round.size(), expected);
    const Served last = round.back();
    round.pop_back();
    for (const Served& item : round) item.Answer();
    {
      Monitor::Lock lock(monitor_);
      EXPECT_TRUE(served_.empty()) << "begun before the round was over";
    }
    last.Answer();
  }
  const BatchAdmitApplicationsResponse response = ResponseTo("batch");
  ASSERT_EQ(response.results_size(), static_cast<int>(2 * kRound + 3));
  for (int i = 0; i < response.results_size(); ++i)
    EXPECT_EQ(response.results(i).application().name(),
              absl::StrCat("schools/nancy/cohorts/ai/applications/a-", i));
}

TEST_F(BatchTest, BatchesTakeTurnsAndOneRoundStandsBeforeOthers) {
  for (const char* name : {"a", "b"}) Take(name, Request(2 * kRound));
  std::vector<std::string> turns;
  for (int i = 0; i < 4; ++i) {
    const std::vector<Served> round = Await(kRound);
    ASSERT_EQ(round.size(), kRound);  // of one batch, whoever else waits
    turns.push_back(round.front().batch);
    for (const Served& item : round) EXPECT_EQ(item.batch, turns.back());
    for (const Served& item : round) item.Answer();
  }
  EXPECT_EQ(std::count(turns.begin(), turns.end(), "a"), 2);
  for (const char* name : {"a", "b"})
    EXPECT_EQ(Refused(ResponseTo(name), ""), 0) << "of batch " << name;
}

TEST_F(BatchTest, NothingIsBegunForWhoHasGone) {
  Take("batch", Request(3 * kRound));
  const std::vector<Served> round = Await(kRound);
  caller_->gone_ = true;
  for (const Served& item : round) item.Answer();
  const BatchAdmitApplicationsResponse response = ResponseTo("batch");
  EXPECT_EQ(Refused(response, "DEADLINE_PASSED"), static_cast<int>(2 * kRound));
  for (int i = 0; i < static_cast<int>(kRound); ++i)
    EXPECT_TRUE(response.results(i).has_application()) << i;
}

TEST_F(BatchTest, NothingIsBegunAfterTheDeadline) {
  caller_->deadline_ = absl::Now() - absl::Seconds(1);
  Take("batch", Request(5));
  EXPECT_EQ(Refused(ResponseTo("batch"), "DEADLINE_PASSED"), 5);
}

TEST_F(BatchTest, AnAnswerThatIsFullEndsTheBatch) {
  Take("batch", Request(200));
  const std::string large(60 * 1024, 'x');
  int done = 0;
  while (done < 200) {
    const std::vector<Served> round = Await(kRound);
    for (const Served& item : round) item.Answer(large);
    done += static_cast<int>(round.size());
    if (static_cast<size_t>(done) * large.size() > Batches::kAnswerBytesMax) break;
  }
  const ItemResult answer = AnswerTo("batch");
  ASSERT_TRUE(answer.ok());
  EXPECT_LT((*answer)->size(), size_t{4} * 1024 * 1024);
  EXPECT_EQ(Refused(ResponseTo("batch"), "ANSWER_FULL"), 200 - done);
}

TEST_F(BatchTest, AnItemThatIsDroppedIsRefused) {
  Take("batch", Request(1));
  Await(1).clear();
  EXPECT_EQ(Refused(ResponseTo("batch"), "INTERNAL"), 1);
}

TEST_F(BatchTest, AnItemGetsAnIdThatFollowsFromTheBatchOrKeepsItsOwn) {
  BatchAdmitApplicationsRequest request = Request(kRound);
  const std::string own = RandomUuid();
  request.mutable_requests(3)->set_request_id(own);
  Take("batch", request);
  std::set<std::string> ids;
  const std::vector<Served> round = Await(kRound);
  for (size_t i = 0; i < round.size(); ++i) {
    const std::string& id = round[i].request.request_id();
    EXPECT_TRUE(IsUuid(id)) << id;
    EXPECT_EQ(id, i == 3 ? own : ItemRequestId("0192f3a4-5b6c-7d8e-9f00-aabbccddeeff", i));
    ids.insert(id);
    round[i].Answer();
  }
  EXPECT_EQ(ids.size(), kRound);
  EXPECT_EQ(ItemRequestId(kBatchId, 7).substr(0, 13), "0192f3a4-5b6c");
  EXPECT_NE(ItemRequestId(kBatchId, 7), ItemRequestId(RandomUuid(), 7));
  EXPECT_EQ(ResponseTo("batch").results_size(), static_cast<int>(kRound));
}

TEST_F(BatchTest, TooManyBatchesAreToldToComeBack) {
  for (size_t i = 0; i < Batches::kBatchesMax; ++i) Take(absl::StrCat(i), Request(1));
  Take("more", Request(1));  // nothing is answered, so none of those before has ended
  EXPECT_EQ(ReasonOf(AnswerTo("more").status()), "QUEUE_FULL");
  for (size_t i = 0; i < Batches::kBatchesMax; ++i)
    for (const Served& item : Await(1)) item.Answer();
  for (size_t i = 0; i < Batches::kBatchesMax; ++i)
    EXPECT_EQ(Refused(ResponseTo(absl::StrCat(i)), ""), 0);
}

TEST(AsItemTest, NamesTheFieldAsOneOfTheBatch) {
  const absl::Status status = AsItem(InvalidField("name", "is required"), 17);
  EXPECT_EQ(status.message(), "requests[17].name: is required");
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  google::rpc::BadRequest request;
  ASSERT_TRUE(request.ParseFromString(
      std::string(*status.GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
  EXPECT_EQ(request.field_violations(0).field(), "requests[17].name");
  EXPECT_EQ(AsItem(NotFound("x"), 3), NotFound("x"));
}

}  // namespace
}  // namespace vivier::rpc
