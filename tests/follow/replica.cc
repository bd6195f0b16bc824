#include "tests/follow/replica.h"

#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

using enrolment::v1::CohortOpened;
using storage::Value;

constexpr absl::Duration kPatience = absl::Minutes(1);

absl::Status CreateSeen(storage::Database& database) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::Connection> connection,
                   database.Connect(storage::Access::kWrite));
  RETURN_IF_ERROR(connection->Begin(storage::Access::kWrite));
  RETURN_IF_ERROR(connection
                      ->Query("CREATE TABLE seen (school TEXT NOT NULL, place BIGINT NOT NULL, "
                              "title TEXT NOT NULL, PRIMARY KEY (school, place))")
                      .status());
  return connection->Commit();
}

}  // namespace

void WaitUntil(const std::function<bool()>& done) {
  const absl::Time start = absl::Now();
  while (!done()) {
    ASSERT_LT(absl::Now() - start, kPatience);
    absl::SleepFor(absl::Milliseconds(2));
  }
}

std::string Replica::FreshUrl(storage::Engine engine) {
  const std::string url = testing::FreshUrl(engine);
  const std::unique_ptr<storage::Database> database = *storage::Database::Open(url);
  EXPECT_EQ(storage::Migrate(*database, "statistics"), absl::OkStatus());
  EXPECT_EQ(CreateSeen(*database), absl::OkStatus());
  return url;
}

Replica::Replica(const std::string& url, std::shared_ptr<rpc::Channel> channel, std::string token,
                 std::set<std::string> schools, React react)
    : channel_(std::move(channel)),
      token_(std::move(token)),
      react_(std::move(react)),
      database_(*storage::Database::Open(url)),
      readers_(*database_, nullptr),
      writer_(*storage::Writer::Start(*database_, nullptr, {}, {})) {
  reaction_ = {CohortOpened::descriptor(), "enrolment",
               [this](rpc::Call& call, const google::protobuf::Message& event) -> absl::Status {
                 const auto& opened = static_cast<const CohortOpened&>(event);
                 RETURN_IF_ERROR(react_(opened));
                 call.unit().Later([school = Value(call.school()), title = Value(opened.title())](
                                       storage::Transaction& transaction) {
                   return transaction.connection().Send(
                       "INSERT INTO seen (school, place, title) VALUES ($1, (SELECT COUNT(*) FROM "
                       "seen WHERE school = $1), $2)",
                       {school, title});
                 });
                 return absl::OkStatus();
               }};
  follow::Follower::Options options{
      "statistics",  {},        channel_.get(), [this] { return token_; },
      writer_.get(), &readers_, &workers_,      &loop_};
  for (const std::string& school : schools) {
    progress_[school] = std::make_shared<follow::Progress>(absl::Now());
    options.logs.push_back({"enrolment", school, {&reaction_}, progress_[school]});
  }
  follower_ = std::make_unique<follow::Follower>(std::move(options));
}

follow::Progress::Lag Replica::lag(const std::string& school) const {
  return At(school).At(absl::Now(), absl::Now());
}

absl::StatusOr<site::v1::RetryParkedEventsResponse> Replica::Retry(const std::string& subject) {
  const follow::ParkedAt at = {"statistics",
                               {&reaction_},
                               &readers_,
                               writer_.get(),
                               [this](const std::string&) { return channel_.get(); },
                               [this](const std::string&) { return token_; }};
  const std::string producer = subject.empty() ? "" : "enrolment";
  ASSIGN_OR_RETURN(const std::vector<site::v1::ParkedEvent> parked,
                   ReadParked(at, "nancy", {producer, subject}, {}, 1000));
  return RetryParked(at, "nancy", parked);
}

}  // namespace vivier::testing
