#include "shared/storage/log/operations.h"

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/storage/rows/page_token.h"

namespace vivier::storage {
namespace {

using security::Key;

constexpr char kColumns[] =
    "SELECT name, method, resource, principal, caller, traceparent, steps, position, metadata, "
    "error, end_time "
    "FROM operations WHERE school = $1 AND ";

Operation ToOperation(const Row& row) {
  Operation operation;
  operation.name = std::get<std::string>(row[0]);
  operation.method = std::get<std::string>(row[1]);
  operation.resource = std::get<std::string>(row[2]);
  operation.principal = std::get<std::string>(row[3]);
  operation.caller = std::get<Bytes>(row[4]).data;
  operation.traceparent = std::get<std::string>(row[5]);
  operation.steps = std::get<int64_t>(row[6]);
  operation.position = std::get<int64_t>(row[7]);
  operation.metadata = std::get<Bytes>(row[8]).data;
  operation.error = std::get<Bytes>(row[9]).data;
  operation.done = !std::holds_alternative<std::monostate>(row[10]);
  return operation;
}

absl::StatusOr<std::vector<Operation>> Select(Transaction& transaction,
                                              const std::string& condition,
                                              std::vector<Value> parameters) {
  parameters.insert(parameters.begin(), Value(transaction.school()));
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(absl::StrCat(kColumns, condition), parameters));
  std::vector<Operation> operations;
  for (const Row& row : found.rows) operations.push_back(ToOperation(row));
  return operations;
}

// An encrypted value opens at its own place only.
std::string Place(absl::string_view column, const std::string& operation, int64_t number) {
  return absl::StrCat("operation_steps.", column, "|", operation, "|", number);
}

std::string ResponseKey(const std::string& operation) { return operation + "/response"; }

// Nobody can go back from it.
Key KeyAfter(const Key& key) {
  return *Key::FromBytes(Sha256(absl::StrCat("vivier operation step", key.bytes())));
}

// Not Transaction::KeyOf, which remembers: this key is another one after each step.
absl::StatusOr<Key> ReadKey(Transaction& transaction, const std::string& holder) {
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(
                       "SELECT wrapped FROM person_keys WHERE school = $1 AND person = $2",
                       {Value(transaction.school()), Value(holder)}));
  if (found.rows.empty()) return Internal("an operation without a key");
  return transaction.school_key()->Unwrap(std::get<Bytes>(found.rows[0][0]).data, holder);
}

void SendKey(Unit& unit, const std::string& holder, const Key& key) {
  unit.Send(
      "INSERT INTO person_keys (school, person, wrapped) VALUES ($1, $2, $3) "
      "ON CONFLICT (school, person) DO UPDATE SET wrapped = excluded.wrapped",
      {Value(unit.school()), Value(holder),
       Value(Bytes{unit.transaction().school_key()->Wrap(key, holder)})});
}

// What is still to do is deleted, and with its key it is gone.
void SendEnd(Unit& unit, const Operation& operation, absl::Time now) {
  const Value school = unit.school(), name = operation.name;
  unit.Send(
      "UPDATE operations SET end_time = $3, error = $4 WHERE school = $1 AND name = $2 AND "
      "end_time IS NULL",
      {school, name, Value(absl::ToUnixMicros(now)), Value(Bytes{operation.error})}, 1);
  unit.Send("DELETE FROM operation_steps WHERE school = $1 AND operation = $2 AND number >= $3",
            {school, name, Value(operation.position)});
  unit.Send("DELETE FROM person_keys WHERE school = $1 AND person = $2", {school, name});
}

}  // namespace

SealedSteps SealSteps(const std::string& operation, const std::vector<std::string>& inputs) {
  SealedSteps steps{Key::Random(), Key::Random(), {}};
  Key key = steps.first;
  for (const std::string& input : inputs) {
    steps.inputs.push_back(security::Encrypt(
        key, input, Place("input", operation, static_cast<int64_t>(steps.inputs.size()))));
    key = KeyAfter(key);
  }
  return steps;
}

absl::Status InsertOperation(Unit& unit, const Operation& operation, const SealedSteps& steps,
                             absl::Time now) {
  if (unit.transaction().school_key() == nullptr)
    return Internal("this process holds no school key");
  unit.transaction().news().operations = true;
  const Value school = unit.school(), name = operation.name, time = absl::ToUnixMicros(now);
  unit.Send(
      "INSERT INTO operations (school, name, method, resource, principal, caller, traceparent, "
      "steps, position, "
      "metadata, error, create_time, end_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, "
      "$11, $12)",
      {school, name, Value(operation.method), Value(operation.resource), Value(operation.principal),
       Value(Bytes{operation.caller}), Value(operation.traceparent),
       Value(static_cast<int64_t>(steps.inputs.size())), Value(Bytes{operation.metadata}),
       Value(Bytes{}), time, steps.inputs.empty() ? time : Value()});
  SendKey(unit, ResponseKey(operation.name), steps.response);
  if (!steps.inputs.empty()) SendKey(unit, operation.name, steps.first);
  for (size_t i = 0; i < steps.inputs.size(); ++i)
    unit.Send(
        "INSERT INTO operation_steps (school, operation, number, input, output) VALUES ($1, $2, "
        "$3, $4, $5)",
        {school, name, Value(static_cast<int64_t>(i)), Value(Bytes{steps.inputs[i]}),
         Value(Bytes{})});
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Operation>> FindOperation(Transaction& transaction,
                                                       const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<Operation> found, Select(transaction, "name = $2", {Value(name)}));
  if (found.empty()) return std::nullopt;
  return std::move(found[0]);
}

absl::StatusOr<std::vector<Operation>> RunningOperations(Transaction& transaction) {
  return Select(transaction,
                absl::StrCat("end_time IS NULL ORDER BY create_time, name LIMIT ", kSelectRowsMax),
                {});
}

absl::StatusOr<std::vector<Operation>> SelectOperations(Transaction& transaction,
                                                        const OperationQuery& query) {
  std::vector<Value> parameters = {Value(query.after), Value(EndOfChildren(query.parent))};
  parameters.insert(parameters.end(), query.parameters.begin(), query.parameters.end());
  return Select(transaction,
                absl::StrCat("name > $2 AND name < $3 AND ", query.shown, " ORDER BY name LIMIT ",
                             query.limit),
                std::move(parameters));
}

absl::StatusOr<std::string> OpenStep(Transaction& transaction, const Operation& operation) {
  ASSIGN_OR_RETURN(
      Result found,
      transaction.connection().Query(
          "SELECT input FROM operation_steps WHERE school = $1 AND operation = $2 AND number = $3",
          {Value(transaction.school()), Value(operation.name), Value(operation.position)}));
  if (found.rows.empty()) return Internal("an operation without its step");
  ASSIGN_OR_RETURN(const Key key, ReadKey(transaction, operation.name));
  return security::Decrypt(key, std::get<Bytes>(found.rows[0][0]).data,
                           Place("input", operation.name, operation.position));
}

absl::Status FinishStep(Unit& unit, Operation& operation, const std::string& output,
                        absl::Time now) {
  ASSIGN_OR_RETURN(const Key key, ReadKey(unit.transaction(), operation.name));
  ASSIGN_OR_RETURN(const Key response, ReadKey(unit.transaction(), ResponseKey(operation.name)));
  const Value school = unit.school(), name = operation.name, number = operation.position;
  unit.Send(
      "UPDATE operations SET position = position + 1, metadata = $4 "
      "WHERE school = $1 AND name = $2 AND position = $3 AND end_time IS NULL",
      {school, name, number, Value(Bytes{operation.metadata})}, 1);
  unit.Send(
      "UPDATE operation_steps SET input = $4, output = $5 WHERE school = $1 AND operation = $2 AND "
      "number = $3",
      {school, name, number, Value(Bytes{}),
       Value(Bytes{security::Encrypt(response, output,
                                     Place("output", operation.name, operation.position))})},
      1);
  ++operation.position;
  operation.done = operation.position == operation.steps;
  if (operation.done)
    SendEnd(unit, operation, now);
  else
    SendKey(unit, operation.name, KeyAfter(key));
  return absl::OkStatus();
}

void EndOperation(Unit& unit, Operation& operation, const std::string& error, absl::Time now) {
  operation.error = error;
  operation.done = true;
  SendEnd(unit, operation, now);
}

absl::StatusOr<std::string> ReadResponse(Transaction& transaction, const std::string& operation) {
  ASSIGN_OR_RETURN(
      Result found,
      transaction.connection().Query(
          "SELECT number, output FROM operation_steps WHERE school = $1 AND operation = $2 "
          "ORDER BY number",
          {Value(transaction.school()), Value(operation)}));
  ASSIGN_OR_RETURN(const Key key, ReadKey(transaction, ResponseKey(operation)));
  std::string response;
  for (const Row& row : found.rows) {
    const int64_t number = std::get<int64_t>(row[0]);
    ASSIGN_OR_RETURN(std::string output, security::Decrypt(key, std::get<Bytes>(row[1]).data,
                                                           Place("output", operation, number)));
    response += output;
  }
  return response;
}

absl::StatusOr<std::optional<std::string>> FindEndedOperation(Transaction& transaction,
                                                              absl::Time before) {
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(
                       "SELECT name FROM operations WHERE school = $1 AND end_time < $2 "
                       "ORDER BY end_time LIMIT 1",
                       {Value(transaction.school()), Value(absl::ToUnixMicros(before))}));
  if (found.rows.empty()) return std::nullopt;
  return std::get<std::string>(found.rows[0][0]);
}

absl::Status DeleteOperation(Transaction& transaction, const std::string& name) {
  Connection& connection = transaction.connection();
  const Value school = transaction.school();
  RETURN_IF_ERROR(connection.Send(
      "DELETE FROM operation_steps WHERE school = $1 AND operation = $2", {school, Value(name)}));
  RETURN_IF_ERROR(connection.Send("DELETE FROM person_keys WHERE school = $1 AND person = $2",
                                  {school, Value(ResponseKey(name))}));
  return connection.Send("DELETE FROM operations WHERE school = $1 AND name = $2",
                         {school, Value(name)});
}

}  // namespace vivier::storage
