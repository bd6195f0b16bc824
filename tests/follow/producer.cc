#include "tests/follow/producer.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/perform.h"
#include "tests/support/engines.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::testing {
namespace {

constexpr char kFollower[] = "spiffe://test/school/nancy/service/statistics";

absl::Status AppendAll(storage::Transaction& transaction, const std::vector<std::string>& titles) {
  for (const std::string& title : titles) {
    enrolment::v1::CohortOpened event;
    event.set_cohort("schools/" + transaction.school() + "/cohorts/" +
                     title.substr(0, title.find(':')));
    event.set_title(title);
    RETURN_IF_ERROR(storage::AppendEvent(transaction, event, absl::Now(), ""));
  }
  return absl::OkStatus();
}

// What an earlier version knows of a request or a message.
template <class Message>
std::string WithoutNew(const std::string& bytes, std::initializer_list<const char*> fields) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  for (const char* field : fields)
    message.GetReflection()->ClearField(&message, Message::descriptor()->FindFieldByName(field));
  return message.SerializeAsString();
}

}  // namespace

// One stream with both of its ends. What it tells either end it tells on the wire's thread.
class Producer::Connection : public rpc::ServerStream,
                             public rpc::ClientStream,
                             public std::enable_shared_from_this<Producer::Connection> {
 public:
  Connection(Producer& producer, Listener listener)
      : producer_(producer), listener_(std::move(listener)) {}

  bool Write(std::shared_ptr<const std::string> bytes) override {
    const std::lock_guard lock(mutex_);
    if (end_.has_value()) return false;
    queue_.push_back(std::move(bytes));
    Later();
    return true;
  }
  void OnDrained(std::function<void()> callback) override {
    const std::lock_guard lock(mutex_);
    drained_ = std::move(callback);
    Later();
  }
  void Close(const absl::Status& status) override { Stop(status, /*lose=*/false); }
  bool gone() const override {
    const std::lock_guard lock(mutex_);
    return end_.has_value();
  }
  void OnGone(std::function<void()> callback) override {
    const std::lock_guard lock(mutex_);
    gone_ = std::move(callback);
    Later();
  }

  void Next() override {
    const std::lock_guard lock(mutex_);
    asked_ = true;
    Later();
  }
  void Cancel() override { Stop(absl::CancelledError("the follower cancelled"), /*lose=*/true); }

 private:
  void Stop(const absl::Status& status, bool lose) {
    const std::lock_guard lock(mutex_);
    if (lose) queue_.clear();
    if (lose) asked_ = true;
    if (!end_.has_value()) end_ = status;
    Later();
  }
  // Under the mutex.
  void Later() {
    producer_.wire_.Post(&producer_, [self = shared_from_this()] { self->Travel(); });
  }

  void Travel() {
    std::shared_ptr<const std::string> message;
    std::function<void()> drained, gone;
    std::optional<absl::Status> end;
    {
      const std::lock_guard lock(mutex_);
      if (asked_ && !queue_.empty()) {
        message = std::move(queue_.front());
        queue_.pop_front();
        asked_ = false;
      } else if (asked_ && end_.has_value() && !std::exchange(told_, true)) {
        end = end_;
      }
      if (queue_.empty()) drained = std::exchange(drained_, nullptr);
      if (told_) gone = std::exchange(gone_, nullptr);
    }
    if (message != nullptr && producer_.Breaks()) {
      Stop(Unavailable("the connection broke"), /*lose=*/true);
    } else if (message != nullptr) {
      listener_.message(producer_.earlier_ ? WithoutNew<log::v1::FollowEventsResponse>(
                                                 *message, {"parent", "service", "error"})
                                           : *message);
    }
    if (drained) drained();
    if (gone) gone();
    if (!end.has_value()) return;
    --producer_.open_;
    std::exchange(listener_, {}).end(*end);
  }

  Producer& producer_;
  Listener listener_;         // of the wire's thread
  mutable std::mutex mutex_;  // guards what follows
  std::deque<std::shared_ptr<const std::string>> queue_;
  bool asked_ = true;
  std::optional<absl::Status> end_;
  bool told_ = false;
  std::function<void()> drained_, gone_;
};

class Producer::Channel : public rpc::Channel {
 public:
  explicit Channel(Producer& producer) : producer_(producer) {}
  absl::StatusOr<std::string> Call(const std::string&, const std::string&,
                                   const rpc::CallOptions&) override {
    return absl::UnimplementedError("streams only");
  }
  void Start(const std::string&, const std::string&, const rpc::CallOptions&, Done done) override {
    done(absl::UnimplementedError("streams only"));
  }
  std::shared_ptr<rpc::ClientStream> Stream(const std::string&, const std::string& request,
                                            const rpc::CallOptions&,
                                            rpc::ClientStream::Listener listener) override {
    ++producer_.open_;
    ++producer_.opened_;
    const auto connection = std::make_shared<Connection>(producer_, std::move(listener));
    rpc::Peer peer;
    peer.certificate_uri = kFollower;
    producer_.service_->Endpoints()[0].streaming(
        producer_.earlier_ ? WithoutNew<log::v1::FollowEventsRequest>(request, {"others"})
                           : request,
        peer, connection);
    return connection;
  }

 private:
  Producer& producer_;
};

Producer::Producer(storage::Engine engine, std::set<std::string> schools)
    : url_(FreshUrl(engine)),
      database_(*storage::Database::Open(url_)),
      channel_(std::make_shared<Channel>(*this)) {
  EXPECT_EQ(storage::Migrate(*database_, "enrolment"), absl::OkStatus());
  Begin(std::move(schools));
}

Producer::~Producer() {
  End();
  wire_.Forget(this);
}

void Producer::Begin(std::set<std::string> schools) {
  workers_ = std::make_unique<rpc::Workers>(2);
  readers_ = std::make_unique<rpc::Readers>(*database_, nullptr);
  rpc::Entry::Surroundings surroundings;
  surroundings.verifier = nullptr;  // a certificate says who calls
  surroundings.readers = readers_.get();
  surroundings.schools = std::move(schools);
  surroundings.tls = true;
  entry_ = std::make_unique<rpc::Entry>(surroundings);
  service_ = std::make_unique<follow::LogService>(loop_, *workers_);
  storage::Writer::Observer observer;
  observer.committed = [service = service_.get()](const storage::Transaction& transaction) {
    service->Wake("enrolment", transaction.school(), transaction.head().event_number);
  };
  writer_ = *storage::Writer::Start(*database_, nullptr, {}, observer);
  const bool replicas = database_->engine() == storage::Engine::kPostgres;
  service_->Add("enrolment", *readers_, *entry_, *writer_,
                replicas ? follow::LogService::Committers::kReplicas
                         : follow::LogService::Committers::kThisProcess);
}

void Producer::End() {
  service_->Stop();
  writer_->Stop();
  writer_ = nullptr;
  workers_ = nullptr;
}

void Producer::Serve(std::set<std::string> schools) {
  End();
  Begin(std::move(schools));
}

void Producer::Append(const std::string& school, const std::vector<std::string>& titles) {
  EXPECT_EQ(storage::Perform(*writer_, school,
                             [&](storage::Transaction& transaction, absl::Time) {
                               return AppendAll(transaction, titles);
                             }),
            absl::OkStatus());
}

void Producer::AppendElsewhere(const std::string& school, const std::vector<std::string>& titles) {
  const std::unique_ptr<storage::Database> database = *storage::Database::Open(url_);
  const std::unique_ptr<storage::Writer> writer =
      *storage::Writer::Start(*database, nullptr, {}, {});
  EXPECT_EQ(storage::Perform(*writer, school,
                             [&](storage::Transaction& transaction, absl::Time) {
                               return AppendAll(transaction, titles);
                             }),
            absl::OkStatus());
}

void Producer::SetBreaks(std::function<bool()> breaks) {
  const std::lock_guard lock(mutex_);
  breaks_ = std::move(breaks);
}

bool Producer::Breaks() {
  const std::lock_guard lock(mutex_);
  return breaks_ != nullptr && breaks_();
}

std::vector<int64_t> Producer::Noted(const std::string& school) {
  std::vector<int64_t> noted;
  EXPECT_EQ(readers_->Read(school,
                           [&](storage::Transaction& snapshot) -> absl::Status {
                             ASSIGN_OR_RETURN(storage::Result rows,
                                              snapshot.connection().Query(
                                                  "SELECT number FROM followers WHERE school = $1",
                                                  {storage::Value(school)}));
                             for (const storage::Row& row : rows.rows)
                               noted.push_back(std::get<int64_t>(row[0]));
                             return absl::OkStatus();
                           }),
            absl::OkStatus());
  return noted;
}

}  // namespace vivier::testing
