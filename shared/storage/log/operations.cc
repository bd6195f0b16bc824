#include "shared/storage/log/operations.h"

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/rows/page_token.h"

namespace vivier::storage {
namespace {

using security::Key;

// Of house::Operations(), in its order.
enum Column : size_t {
  kName = 1,
  kMethod,
  kResource,
  kPrincipal,
  kCaller,
  kTraceparent,
  kSteps,
  kPosition,
  kMetadata,
  kError,
  kCreateTime,
  kEndTime
};
// Of house::OperationSteps() and house::PersonKeys().
constexpr size_t kNumber = 2, kInput = 3, kOutput = 4, kWrapped = 2;

Operation ToOperation(const Row& row) {
  Operation operation;
  operation.name = std::get<std::string>(row[kName]);
  operation.method = std::get<std::string>(row[kMethod]);
  operation.resource = std::get<std::string>(row[kResource]);
  operation.principal = std::get<std::string>(row[kPrincipal]);
  operation.caller = std::get<Bytes>(row[kCaller]).data;
  operation.traceparent = std::get<std::string>(row[kTraceparent]);
  operation.steps = std::get<int64_t>(row[kSteps]);
  operation.position = std::get<int64_t>(row[kPosition]);
  operation.metadata = std::get<Bytes>(row[kMetadata]).data;
  operation.error = std::get<Bytes>(row[kError]).data;
  operation.done = !std::holds_alternative<std::monostate>(row[kEndTime]);
  return operation;
}

absl::StatusOr<std::vector<Operation>> Select(Transaction& transaction,
                                              const std::string& condition,
                                              const std::vector<Value>& parameters) {
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::Operations().Select(transaction, condition, parameters));
  std::vector<Operation> operations;
  for (const Row& row : found) operations.push_back(ToOperation(row));
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
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::PersonKeys().Select(transaction, "person = $2", {Value(holder)}));
  if (found.empty()) return Internal("an operation without a key");
  return transaction.school_key()->Unwrap(std::get<Bytes>(found[0][kWrapped]).data, holder);
}

void StoreKey(Unit& unit, const std::string& holder, const Key& key) {
  Put(unit, house::PersonKeys(),
      {unit.school(), holder, Bytes{unit.transaction().school_key()->Wrap(key, holder)}, Value()});
}

// Changes the operation, which goes on and stands at the step that the caller has seen.
void StoreOperation(Unit& unit, const Operation& operation, PlainTable::Edit edit) {
  unit.Later([name = Value(operation.name), position = Value(operation.position),
              edit = std::move(edit)](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(
        const size_t changed,
        house::Operations().Change(transaction, "name = $2 AND position = $3 AND end_time IS NULL",
                                   {name, position}, edit));
    return changed == 1 ? absl::OkStatus() : absl::AbortedError("the operation has gone on");
  });
}

// What is still to do is deleted, and with its key it is gone.
void StoreEnd(Unit& unit, const Operation& operation, absl::Time now) {
  StoreOperation(unit, operation, [now, error = operation.error](Row& row) {
    row[kEndTime] = absl::ToUnixMicros(now);
    row[kError] = Bytes{error};
  });
  const Value name = operation.name;
  Delete(unit, house::OperationSteps(), "operation = $2 AND number >= $3",
         {name, Value(operation.position)});
  Delete(unit, house::PersonKeys(), "person = $2", {name});
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
  Insert(unit, house::Operations(),
         {school, name, operation.method, operation.resource, operation.principal,
          Bytes{operation.caller}, operation.traceparent, static_cast<int64_t>(steps.inputs.size()),
          int64_t{0}, Bytes{operation.metadata}, Bytes{}, time,
          steps.inputs.empty() ? time : Value()});
  StoreKey(unit, ResponseKey(operation.name), steps.response);
  if (!steps.inputs.empty()) StoreKey(unit, operation.name, steps.first);
  for (size_t i = 0; i < steps.inputs.size(); ++i)
    Insert(unit, house::OperationSteps(),
           {school, name, static_cast<int64_t>(i), Bytes{steps.inputs[i]}, Bytes{}});
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
      const std::vector<Row> found,
      house::OperationSteps().Select(transaction, "operation = $2 AND number = $3",
                                     {Value(operation.name), Value(operation.position)}));
  if (found.empty()) return Internal("an operation without its step");
  ASSIGN_OR_RETURN(const Key key, ReadKey(transaction, operation.name));
  return security::Decrypt(key, std::get<Bytes>(found[0][kInput]).data,
                           Place("input", operation.name, operation.position));
}

absl::Status FinishStep(Unit& unit, Operation& operation, const std::string& output,
                        absl::Time now) {
  ASSIGN_OR_RETURN(const Key key, ReadKey(unit.transaction(), operation.name));
  ASSIGN_OR_RETURN(const Key response, ReadKey(unit.transaction(), ResponseKey(operation.name)));
  StoreOperation(unit, operation,
                 [next = operation.position + 1, metadata = operation.metadata](Row& row) {
                   row[kPosition] = next;
                   row[kMetadata] = Bytes{metadata};
                 });
  Put(unit, house::OperationSteps(),
      {unit.school(), operation.name, operation.position, Bytes{},
       Bytes{security::Encrypt(response, output,
                               Place("output", operation.name, operation.position))}});
  ++operation.position;
  operation.done = operation.position == operation.steps;
  if (operation.done)
    StoreEnd(unit, operation, now);
  else
    StoreKey(unit, operation.name, KeyAfter(key));
  return absl::OkStatus();
}

void EndOperation(Unit& unit, Operation& operation, const std::string& error, absl::Time now) {
  operation.error = error;
  operation.done = true;
  StoreEnd(unit, operation, now);
}

absl::StatusOr<std::string> ReadResponse(Transaction& transaction, const std::string& operation) {
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::OperationSteps().Select(transaction, "operation = $2 ORDER BY number",
                                                  {Value(operation)}));
  ASSIGN_OR_RETURN(const Key key, ReadKey(transaction, ResponseKey(operation)));
  std::string response;
  for (const Row& row : found) {
    const int64_t number = std::get<int64_t>(row[kNumber]);
    ASSIGN_OR_RETURN(std::string output, security::Decrypt(key, std::get<Bytes>(row[kOutput]).data,
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
  RETURN_IF_ERROR(
      house::OperationSteps().Delete(transaction, "operation = $2", {Value(name)}).status());
  RETURN_IF_ERROR(
      house::PersonKeys().Delete(transaction, "person = $2", {Value(ResponseKey(name))}).status());
  return house::Operations().Delete(transaction, "name = $2", {Value(name)}).status();
}

}  // namespace vivier::storage
