// The path of one request (docs/house.md): everything around a handler, read from the .proto once.
// Turns a Service into the endpoints of the transport. Thread-safe; made once per service and
// process.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/cache/near.h"
#include "shared/queue/public_callers.h"
#include "shared/rpc/batch.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/entry.h"
#include "shared/rpc/metrics.h"
#include "shared/rpc/person_reads.h"
#include "shared/rpc/readers.h"
#include "shared/rpc/views.h"
#include "shared/rpc/workers.h"
#include "shared/security/tokens/token.h"
#include "shared/service/method.h"
#include "shared/service/references.h"
#include "shared/service/service.h"
#include "shared/storage/log/writer.h"

namespace vivier::rpc {

class Adapter {
 public:
  // All that it points to outlives it.
  struct Surroundings {
    storage::Engine engine;
    storage::Writer* writer;
    Readers* readers;
    Workers* workers;
    security::TokenVerifier* verifier;
    References* references;
    cache::NearCache* near;         // null where another process may write the same rows
    std::set<std::string> schools;  // those that this process serves
    ReadBudgets read_budgets;
    bool tls = false;  // then a service is known by its certificate and by nothing else
    std::function<absl::Time()> now = absl::Now;        // the machine's: of tokens and durations
    std::function<absl::Time()> call_time = absl::Now;  // what a call's time is
  };

  // FAILED_PRECONDITION with all that is wrong between the .proto, the handlers and the rules of
  // the house.
  static absl::StatusOr<std::unique_ptr<Adapter>> Make(const Service& service,
                                                       Surroundings surroundings);

  // One for each declared rpc. They point to this adapter.
  std::vector<Endpoint> Endpoints();

  const Entry& entry() const { return entry_; }

 private:
  struct Rpc {
    Method method;
    bool shows_persons = false;  // an answer may: audited, counted, never from a cache
    std::unique_ptr<const Views> views;
    Handler handler;
    Preparation prepare;          // null where the handler serves as it is
    Foresight foresee;            // the same
    GoOn go_on;                   // of a stream of answers, else null
    const Rpc* single = nullptr;  // what serves each item, where this is a batch
    std::unique_ptr<metrics::Rpc> metrics;
  };
  struct Incoming;

  explicit Adapter(Surroundings surroundings);
  // Whether the call is the first of a stream of answers, or one more message of it.
  enum class Part { kFirst, kNext };
  void Handle(const Rpc& rpc, absl::string_view bytes, const Peer& peer,
              std::shared_ptr<Responder> responder, Part part);
  void Stream(const Rpc& rpc, const std::string& bytes, const Peer& peer,
              const std::shared_ptr<ServerStream>& stream, Part part);
  void Begin(std::shared_ptr<Incoming> incoming, absl::string_view bytes, const Peer& peer);
  void Dispatch(std::shared_ptr<Incoming> incoming, absl::string_view bytes, const Peer& peer);
  const Rpc* Find(const google::protobuf::MethodDescriptor& method) const;
  void TakeBatch(std::shared_ptr<Incoming> incoming, absl::string_view bytes, const Peer& peer);
  absl::Status Receive(absl::string_view bytes, const Peer& peer, Incoming& incoming) const;
  bool Cacheable(const Incoming& incoming) const;
  void Read(std::shared_ptr<Incoming> incoming);
  void Write(std::shared_ptr<Incoming> incoming);
  absl::StatusOr<std::shared_ptr<const std::string>> ReadNow(Incoming& incoming) const;
  absl::StatusOr<Fetched> FetchReferences(const Incoming& incoming) const;
  void OnWorker(const std::shared_ptr<Incoming>& incoming, std::function<void()> step);
  void PrepareThenWrite(std::shared_ptr<Incoming> incoming);
  void ReadAndAnswer(std::shared_ptr<Incoming> incoming);
  void RememberAndAnswer(std::shared_ptr<Incoming> incoming,
                         std::shared_ptr<const std::string> answer);
  void SubmitWrite(std::shared_ptr<Incoming> incoming, Fetched fetched);

  const Surroundings surroundings_;
  const Entry entry_;
  PublicCallers public_callers_;
  std::vector<std::unique_ptr<Rpc>> rpcs_;
  Batches batches_;  // goes first, and waits for what points to the rest
};

}  // namespace vivier::rpc
