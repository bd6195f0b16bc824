// Whether sessions go on, with an access that answers when the test says so, and a clock that it
// sets.
#include "shared/web/portal/live_sessions.h"

#include <deque>
#include <memory>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "vivier/access/v1/portal_sessions.pb.h"

namespace vivier::web {
namespace {

namespace pb = google::protobuf;

constexpr char kName[] = "schools/nancy/portalSessions/1";

// What was asked waits here for the test's answer.
class FakeAccess final : public rpc::Channel {
 public:
  absl::StatusOr<std::string> Call(const std::string& path, const std::string& request,
                                   const rpc::CallOptions&) override {
    if (absl::EndsWith(path, "OpenPortalSession")) {
      access::v1::OpenPortalSessionRequest asked;
      asked.ParseFromString(request);
      opened.push_back(asked);
      if (asked.parent() != lets_in) return NotAllowed(asked.parent());
      access::v1::PortalSession session;
      session.set_name(kName);
      return session.SerializeAsString();
    }
    ++ended;
    return answer.ok() ? absl::StatusOr<std::string>("") : answer;
  }
  void Start(const std::string& path, const std::string&, const rpc::CallOptions& options,
             Done done) override {
    if (absl::EndsWith(path, "UsePortalSession")) {
      ++used;
      return done("");
    }
    ++checked;
    tokens.push_back(options.authorization);
    waiting.push_back(std::move(done));
  }
  std::shared_ptr<rpc::ClientStream> Stream(const std::string&, const std::string&,
                                            const rpc::CallOptions&,
                                            rpc::ClientStream::Listener) override {
    return nullptr;
  }

  void Answer(const absl::Status& status) {
    Done done = std::move(waiting.front());
    waiting.pop_front();
    if (status.ok()) return done("");
    done(status);
  }

  std::string lets_in = "schools/nancy";
  absl::Status answer;
  std::vector<access::v1::OpenPortalSessionRequest> opened;
  std::vector<std::string> tokens;
  std::deque<Done> waiting;
  int checked = 0, used = 0, ended = 0;
};

class LiveSessionsTest : public ::testing::Test {
 protected:
  LiveSessionsTest() {
    Routes routes;
    const pb::ServiceDescriptor& service =
        *access::v1::PortalSession::descriptor()->file()->service(0);
    for (int i = 0; i < service.method_count(); ++i)
      routes[rpc::PathOf(*service.method(i))] = {service.method(i), 65536, access_};
    rpcs_ = std::make_unique<HouseRpcs>(routes);
    live_ = std::make_unique<LiveSessions>(
        *rpcs_, LiveSessions::Options{{"metz", "nancy"},
                                      [this] { return now_; },
                                      [](const std::function<void()>& run) { run(); }});
  }
  ~LiveSessionsTest() override {
    while (!access_->waiting.empty()) access_->Answer(absl::OkStatus());
  }

  // What it says now; "waits" where it has to ask.
  std::string Check(const std::string& token = "Bearer one") {
    std::string said = "waits";
    auto told = std::make_shared<std::string*>(&said);
    live_->Check(kName, token, [told, this](const absl::Status& status) {
      last_ = status.ok() ? "OK" : ReasonOf(status);
      if (*told != nullptr) **told = last_;
    });
    *told = nullptr;
    return said;
  }
  std::string CheckWith(const absl::Status& answer) {
    EXPECT_EQ(Check(), "waits");
    access_->Answer(answer);
    return last_;
  }

  std::shared_ptr<FakeAccess> access_ = std::make_shared<FakeAccess>();
  std::unique_ptr<HouseRpcs> rpcs_;
  std::unique_ptr<LiveSessions> live_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::string last_;
};

TEST_F(LiveSessionsTest, AsksOnceForAllWhoWaitAndBelievesItForFiveSeconds) {
  EXPECT_EQ(Check(), "waits");
  EXPECT_EQ(Check(), "waits");
  access_->Answer(absl::OkStatus());
  EXPECT_EQ(last_, "OK");
  now_ += absl::Seconds(5) - absl::Milliseconds(1);
  EXPECT_EQ(Check(), "OK");
  EXPECT_EQ(access_->checked, 1);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Check(), "waits");
}

TEST_F(LiveSessionsTest, OneThatWasEndedElsewhereEndsHereWithinFiveSeconds) {
  EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
  now_ += absl::Seconds(5);
  EXPECT_EQ(CheckWith(NotFound(kName)), "TOKEN_INVALID");
  EXPECT_EQ(Check(), "TOKEN_INVALID");
}

// The time counts from the question: what was ended while the answer was on its way is not believed
// for longer.
TEST_F(LiveSessionsTest, AnAnswerIsAsOldAsItsQuestion) {
  EXPECT_EQ(Check(), "waits");
  now_ += absl::Seconds(4);
  access_->Answer(absl::OkStatus());
  EXPECT_EQ(Check(), "OK");
  now_ += absl::Seconds(1);
  EXPECT_EQ(Check(), "waits");
}

TEST_F(LiveSessionsTest, AnotherTokenProvesItselfByItself) {
  EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
  EXPECT_EQ(Check("Bearer stolen"), "waits");
  EXPECT_EQ(access_->tokens, (std::vector<std::string>{"Bearer one", "Bearer stolen"}));
}

TEST_F(LiveSessionsTest, WithoutAccessItGoesOnForAMinute) {
  EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
  now_ += absl::Seconds(59);
  EXPECT_EQ(CheckWith(Unavailable("no access")), "OK");
  now_ += absl::Seconds(5);
  EXPECT_EQ(CheckWith(Unavailable("no access")), "UNAVAILABLE");
  now_ += absl::Seconds(5);
  EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
}

TEST_F(LiveSessionsTest, WhoWasNeverKnownWaitsForAccess) {
  EXPECT_EQ(CheckWith(Unavailable("no access")), "UNAVAILABLE");
}

TEST_F(LiveSessionsTest, EndsHereAtOnceWhateverIsOnItsWay) {
  EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
  now_ += absl::Seconds(5);
  EXPECT_EQ(Check(), "waits");
  EXPECT_TRUE(live_->End(kName, "Bearer one").ok());
  EXPECT_EQ(access_->ended, 1);
  access_->Answer(absl::OkStatus());  // it was asked before
  EXPECT_EQ(last_, "TOKEN_INVALID");
  now_ += absl::Hours(1);
  EXPECT_EQ(Check(), "TOKEN_INVALID");
}

TEST_F(LiveSessionsTest, SaysWhereAccessDidNotHearOfTheEnd) {
  access_->answer = NotFound(kName);
  EXPECT_TRUE(live_->End(kName, "Bearer one").ok());
  access_->answer = Unavailable("no access");
  EXPECT_EQ(ReasonOf(live_->End(kName, "Bearer one")), "UNAVAILABLE");
}

TEST_F(LiveSessionsTest, TellsThatItIsUsedEveryQuarterOfAnHour) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(CheckWith(absl::OkStatus()), "OK");
    now_ += absl::Minutes(3);
  }
  EXPECT_EQ(access_->used, 2);
}

TEST_F(LiveSessionsTest, OpensAtTheFirstSchoolThatKnowsWhoItIs) {
  const auto name = live_->Open("Bearer one", {"Firefox, Linux", "192.0.2.0/24"});
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(*name, kName);
  ASSERT_EQ(access_->opened.size(), 2U);
  EXPECT_EQ(access_->opened[1].portal_session().device(), "Firefox, Linux");
  EXPECT_EQ(access_->opened[1].portal_session().network(), "192.0.2.0/24");
  access_->lets_in = "";
  EXPECT_EQ(ReasonOf(live_->Open("Bearer one", {}).status()), "NOT_ALLOWED");
}

}  // namespace
}  // namespace vivier::web
