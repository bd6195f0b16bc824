// What is sent to a PostgreSQL server ahead of its answers: libpq's pipeline mode, the statements
// that the session has prepared, and the replies that are due. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/storage/engines/postgres_reply.h"
#include "shared/storage/engines/postgres_session.h"

namespace vivier::storage {

class PostgresPipeline {
 public:
  // Takes an open session. Close() before it: what the last one had prepared and owed is forgotten.
  absl::Status Start(PostgresHandle session);
  void Close();

  // False once the session was lost: UNAVAILABLE said so.
  bool connected() const { return connection_ != nullptr; }
  // Sees what arrived since the last transaction: a server that stopped says so, then closes.
  bool StillConnected();
  // Connected, and the server has no transaction open.
  bool Idle() const;
  // Whether the transaction that began is still there, as far as the answers read so far tell.
  bool Alive() const { return connected() && !transaction_lost_; }

  // Queues the BEGIN of a transaction.
  absl::Status Begin(const char* sql);
  // Queues a statement without parameters and rows.
  absl::Status SendControl(const char* sql,
                           PostgresReply::Kind kind = PostgresReply::Kind::kControl);
  // Queues a statement; `result`, if any, is filled by the Drain that reads its answer.
  absl::Status Enqueue(absl::string_view sql, absl::Span<const Value> parameters,
                       int64_t expected_changes, Result* result);
  // Sends what is queued. A statement that fails makes the server skip all up to the next sync.
  absl::Status SendSync();
  // Sends what is queued and reads every answer due; the first failure is the answer.
  absl::Status Drain();
  // Runs a script of statements without parameters, outside of the pipeline.
  absl::Status Script(absl::string_view sql);

  // In the order of sending.
  absl::Span<const PostgresReply> due() const { return replies_; }

 private:
  absl::Status Lost();
  absl::Status ForgetPrepared();
  absl::StatusOr<PreparedStatement*> Prepare(absl::string_view sql,
                                             absl::Span<const Value> parameters);
  // A binary parameter of the wrong type would be taken for another value, so types are compared
  // here. What NULL left open at the first use is known after one trip.
  absl::Status CheckTypes(const PreparedStatement& prepared, absl::Span<const Value> parameters);
  absl::Status Read(const PostgresReply& reply);

  PostgresHandle connection_;      // null once it was lost
  bool transaction_lost_ = false;  // the server has ended it
  int64_t transaction_ = 0;        // counts, to tell statements of earlier ones
  int64_t names_ = 0;              // of prepared statements
  bool forget_prepared_ = false;
  std::vector<PostgresReply> replies_;
  absl::flat_hash_map<std::string, std::unique_ptr<PreparedStatement>> prepared_;
};

}  // namespace vivier::storage
