#include "shared/storage/engines/postgres_pipeline.h"

#include <libpq-fe.h>
#include <poll.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/storage/engines/driver.h"
#include "shared/storage/engines/postgres_values.h"

namespace vivier::storage {
namespace {

// Reads while it writes: a server that waits for us to take its answers takes no more of ours.
// False when the connection was lost.
bool Flush(PGconn* connection) {
  int left;
  while ((left = PQflush(connection)) == 1) {
    pollfd ready = {PQsocket(connection), POLLIN | POLLOUT, 0};
    poll(&ready, 1, -1);
    if ((ready.revents & POLLIN) != 0 && PQconsumeInput(connection) != 1) return false;
  }
  return left == 0;
}

}  // namespace

absl::Status PostgresPipeline::Start(PostgresHandle session) {
  if (PQsetnonblocking(session.get(), 1) != 0 || PQenterPipelineMode(session.get()) != 1)
    return absl::UnavailableError("the connection to the database cannot pipeline");
  connection_ = std::move(session);
  return absl::OkStatus();
}

void PostgresPipeline::Close() {
  replies_.clear();
  prepared_.clear();
  forget_prepared_ = false;
  connection_.reset();
}

absl::Status PostgresPipeline::Lost() {
  connection_.reset();
  return absl::UnavailableError("the connection to the database was lost");
}

bool PostgresPipeline::StillConnected() {
  if (!connection_) return false;
  pollfd readable = {PQsocket(connection_.get()), POLLIN, 0};
  while (poll(&readable, 1, 0) > 0)
    if (PQconsumeInput(connection_.get()) != 1) return false;
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

bool PostgresPipeline::Idle() const {
  return connected() && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

absl::Status PostgresPipeline::Begin(const char* sql) {
  if (forget_prepared_ || prepared_.size() > kPreparedStatementsMax)
    RETURN_IF_ERROR(ForgetPrepared());
  transaction_ += 1;
  transaction_lost_ = false;
  return SendControl(sql);
}

absl::Status PostgresPipeline::ForgetPrepared() {
  RETURN_IF_ERROR(SendControl("DEALLOCATE ALL"));
  RETURN_IF_ERROR(Drain());
  prepared_.clear();
  forget_prepared_ = false;
  return absl::OkStatus();
}

absl::Status PostgresPipeline::SendControl(const char* sql, PostgresReply::Kind kind) {
  if (PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, kBinary) !=
      1)
    return Lost();
  replies_.push_back({kind});
  return absl::OkStatus();
}

absl::StatusOr<PreparedStatement*> PostgresPipeline::Prepare(absl::string_view sql,
                                                             absl::Span<const Value> parameters) {
  if (const auto found = prepared_.find(sql); found != prepared_.end()) return found->second.get();
  auto prepared = std::make_unique<PreparedStatement>();
  prepared->sql = std::string(sql);
  prepared->name = absl::StrCat("s", ++names_);
  prepared->parameters_used = HighestParameter(sql);
  prepared->transaction = transaction_;
  RETURN_IF_ERROR(CheckParameterCount(sql, prepared->parameters_used, parameters.size()));
  for (const Value& value : parameters) prepared->types.push_back(TypeOf(value));
  if (PQsendPrepare(connection_.get(), prepared->name.c_str(), prepared->sql.c_str(),
                    static_cast<int>(prepared->types.size()), prepared->types.data()) != 1 ||
      PQsendDescribePrepared(connection_.get(), prepared->name.c_str()) != 1)
    return Lost();
  replies_.push_back({PostgresReply::Kind::kPrepare, prepared.get()});
  replies_.push_back({PostgresReply::Kind::kDescribe, prepared.get()});
  return (prepared_[prepared->sql] = std::move(prepared)).get();
}

absl::Status PostgresPipeline::CheckTypes(const PreparedStatement& prepared,
                                          absl::Span<const Value> parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Oid type = TypeOf(parameters[i]);
    if (type == kUnknown) continue;
    if (prepared.types[i] == kUnknown && !prepared.described) RETURN_IF_ERROR(Drain());
    if (prepared.types[i] != type)
      return Defect(absl::StrCat("wrong type of $", i + 1), prepared.sql);
  }
  return absl::OkStatus();
}

absl::Status PostgresPipeline::Enqueue(absl::string_view sql, absl::Span<const Value> parameters,
                                       int64_t expected_changes, Result* result) {
  ASSIGN_OR_RETURN(PreparedStatement * prepared, Prepare(sql, parameters));
  RETURN_IF_ERROR(CheckParameterCount(sql, prepared->parameters_used, parameters.size()));
  RETURN_IF_ERROR(CheckTypes(*prepared, parameters));
  const Parameters bound(parameters);
  if (PQsendQueryPrepared(connection_.get(), prepared->name.c_str(), bound.count(),
                          bound.pointers(), bound.lengths(), bound.formats(), kBinary) != 1)
    return Lost();
  replies_.push_back({PostgresReply::Kind::kStatement, prepared, expected_changes, result});
  return absl::OkStatus();
}

absl::Status PostgresPipeline::SendSync() {
  if (PQpipelineSync(connection_.get()) != 1) return Lost();
  replies_.push_back({PostgresReply::Kind::kSync});
  return Flush(connection_.get()) ? absl::OkStatus() : Lost();
}

absl::Status PostgresPipeline::Drain() {
  if (!connection_) return Lost();
  RETURN_IF_ERROR(SendSync());
  absl::Status first;
  for (const PostgresReply& reply : replies_) {
    const absl::Status status = Read(reply);
    if (first.ok()) first = status;
    if (!connection_) return first;
  }
  replies_.clear();
  if (!first.ok())
    absl::erase_if(prepared_, [](const auto& entry) { return !entry.second->described; });
  transaction_lost_ = PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  return first;
}

absl::Status PostgresPipeline::Read(const PostgresReply& reply) {
  const PostgresResult result(PQgetResult(connection_.get()));
  if (reply.kind == PostgresReply::Kind::kSync)
    return PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC ? absl::OkStatus() : Lost();
  const bool stale = PlanIsStale(reply, result.get(), transaction_);
  forget_prepared_ = forget_prepared_ || stale;
  const absl::Status status =
      stale ? absl::AbortedError("the schema changed under a prepared statement; run it again")
            : Judge(reply, result.get());
  if (result == nullptr || PQstatus(connection_.get()) != CONNECTION_OK) {
    connection_.reset();
    return status;
  }
  const PostgresResult end(PQgetResult(connection_.get()));
  return end == nullptr ? status : Lost();  // COPY, or an answer that is none of ours
}

absl::Status PostgresPipeline::Script(absl::string_view sql) {
  RETURN_IF_ERROR(Drain());
  if (PQexitPipelineMode(connection_.get()) != 1) return Lost();
  const absl::Status status = Execute(connection_.get(), std::string(sql));
  if (PQstatus(connection_.get()) != CONNECTION_OK || PQenterPipelineMode(connection_.get()) != 1)
    return Lost();
  return status;
}

}  // namespace vivier::storage
