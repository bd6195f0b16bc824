// Batch rpcs (docs/bulk.md): each item is done as a request of its own, with its own work in the
// writer, its own audit record, refusal and replay, and the answers are put together afterwards.
//
//   polling thread ──▶ worker: the whole is authorised and validated ──▶ line of batches
//                                                                          │
//        ┌───────────── a worker does the first one's next round ◀─────────┘
//        ▼
//   kRoundItems items, each authorised, validated and submitted ──▶ the school's writer
//                                                                          │
//   line of batches, at its end ◀─────── the round's last answer ◀─────────┘
//
// One round waits for the writer at a time, whoever asks and how much: what other writes wait
// longer is bounded by kRoundItems. An item without a request_id gets one that follows from the
// batch's and its place, so a batch that is repeated finds what was done. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shared/base/monitor.h"
#include "shared/rpc/batch_answer.h"
#include "shared/rpc/endpoint.h"
#include "shared/rpc/entry.h"
#include "shared/rpc/workers.h"
#include "shared/service/method.h"

namespace vivier::rpc {

// The request_id of an item that brings none: always the same for the batch's own id, in whatever
// case, and the item's place. It begins like the batch's, so that those of a batch are neighbours
// in the index of answers (docs/decisions/0014).
std::string ItemRequestId(const std::string& batch_request_id, size_t index);

class Batches {
 public:
  // Items that may stand before another write in the writer's queue: a millisecond each at the
  // slowest engine stays below the 20 ms that nobody shall wait longer.
  static constexpr int kRoundItems = 16;
  // Batches that are under way at a time: 64 MiB of requests at the most.
  static constexpr size_t kBatchesMax = 16;
  // Items are begun while the answer is smaller than this. What a round may add to it and the
  // refusals of the rest stay below the 4 MiB that gRPC's clients take.
  static constexpr size_t kAnswerBytesMax = 2560 * 1024;
  // What is left of the deadline to answer in.
  static constexpr absl::Duration kTimeToAnswer = absl::Milliseconds(100);

  struct Asked {
    const Method* method;
    const Method* single;
    Entry::Token token;                    // who calls, with the rights that the token has
    std::shared_ptr<Responder> responder;  // for its deadline
    // Does one item, which is authorised and valid, as a request of the single rpc.
    std::function<void(Entry::Token token, std::unique_ptr<google::protobuf::Message> request,
                       std::shared_ptr<Responder> responder)>
        serve;
    // Called once with the serialised answer, or the refusal of the whole.
    std::function<void(ItemResult)> answered;
  };

  // Both outlive the batches.
  Batches(const Entry& entry, Workers& workers) : entry_(entry), workers_(workers) {}
  // Waits for those that are under way.
  ~Batches();

  // On a worker.
  void Take(google::protobuf::Message& request, Asked asked);

 private:
  struct Batch;
  class Item;

  absl::Status Check(google::protobuf::Message& request, Batch& batch) const;
  absl::Status AuthoriseSome(const google::protobuf::Message& request, const Batch& batch) const;
  absl::StatusOr<Entry::Token> Permit(const Batch& batch, const google::protobuf::Message& item,
                                      const Rights& rights) const;
  absl::StatusOr<Entry::Token> Prepare(const Batch& batch, size_t index,
                                       const absl::StatusOr<Rights>& rights) const;
  bool Begin(const std::shared_ptr<Batch>& batch, size_t index,
             const absl::StatusOr<Rights>& rights);
  void Turn(const std::shared_ptr<Batch>& batch);
  void Leave(const std::shared_ptr<Batch>& batch);
  void GiveTurn();
  void Finish(const std::shared_ptr<Batch>& batch);

  const Entry& entry_;
  Workers& workers_;
  Monitor monitor_;  // guards what follows
  std::deque<std::shared_ptr<Batch>> line_;
  size_t under_way_ = 0;
  bool taken_ = false;  // whether a batch has its turn
};

}  // namespace vivier::rpc
