// One write on its way through the writer: replays the stored answer of its request_id, or runs the
// handler, and when it succeeded stores the answer as the caller sees it, the events and the audit
// record with its changes, and whom the answer shows. Refusals are not stored, but whom they name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shared/log/log.h"
#include "shared/rpc/person_reads.h"
#include "shared/rpc/views.h"
#include "shared/service/call.h"
#include "shared/service/method.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::rpc {

// The serialized answer, or the refusal.
using Answered = std::function<void(absl::StatusOr<std::shared_ptr<const std::string>>)>;

class WriteWork : public storage::Work {
 public:
  // The rpc that is served; what it refers to outlives the work.
  struct Served {
    const Method& method;
    const Handler& handler;
    bool shows_persons;  // ShowsPersons(method)
    const ReadBudgets& budgets;
    const Views& views;
  };

  // `answered` is called once, by Done;
  // `expired` tells whether the client has stopped waiting, so that nothing is begun for nobody.
  // `share` is whose turn it takes (storage::Work).
  WriteWork(const Served& served, security::Caller caller, std::string share, Traceparent trace,
            std::string reason, std::unique_ptr<google::protobuf::Message> request, Fetched fetched,
            std::function<bool()> expired, Answered answered);

  const std::string& school() const override { return school_; }
  absl::string_view share() const override { return share_; }
  void Want(storage::Transaction::Wanted& wanted) const override;
  void Run(storage::Transaction& transaction, absl::Time now) override;
  void Done(const absl::Status& committed) override;

 private:
  absl::StatusOr<std::string> Decide(storage::Transaction& transaction, absl::Time now);
  absl::StatusOr<std::string> Replay(storage::Transaction& transaction,
                                     const storage::Answer& answer) const;
  absl::StatusOr<std::string> Narrowed(std::string answer) const;
  absl::Status Remember(storage::Unit& unit, const std::string& person, const std::string& bytes,
                        absl::Time now) const;
  storage::Origin Origin() const;

  const Method& method_;
  const Handler& handler_;
  const bool shows_persons_;
  const ReadBudgets& budgets_;
  const Views& views_;
  const security::Caller caller_;
  const std::string share_;
  const Traceparent trace_;
  const std::string reason_;
  const std::unique_ptr<google::protobuf::Message> request_;
  const Fetched fetched_;
  const std::function<bool()> expired_;
  const Answered answered_;
  const std::string school_;
  const std::string request_id_;
  const std::string request_hash_;
  const bool validate_only_;
  absl::StatusOr<std::string> verdict_;
};

}  // namespace vivier::rpc
