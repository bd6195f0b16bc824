#include "shared/storage/log/unit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/storage/log/events.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_query.h"
#include "shared/storage/rows/page_token.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

constexpr char kPersonErased[] = "PERSON_ERASED";

absl::Status PersonErased(const std::string& person, bool create) {
  return Error(create ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kNotFound,
               kPersonErased, "the person's data were erased", {{"person", person}});
}

std::string QueryOf(const Schema& schema, const Unit::Listed& listed) {
  if (listed.order_by.empty()) return ChainHash("", {schema.table(), listed.parent, listed.filter});
  return ChainHash("", {schema.table(), listed.parent, listed.filter, listed.order_by});
}

// The first columns of every SELECT of a Schema.
constexpr size_t kNameColumn = 1, kFirstFieldColumn = 3;

PagePlace PlaceOf(const Schema& schema, const Order& order, const Row& row) {
  PagePlace place{std::get<std::string>(row[kNameColumn]), std::nullopt};
  if (order.column != nullptr)
    place.value = row[kFirstFieldColumn + static_cast<size_t>(order.column - &schema.columns()[0])];
  return place;
}

constexpr char kSelectAnswer[] =
    "SELECT principal, method, request_hash, person, answer FROM answers WHERE school = $1 AND "
    "request_id = $2";

std::optional<Answer> ToAnswer(const Result& result) {
  if (result.rows.empty()) return std::nullopt;
  const Row& row = result.rows[0];
  return Answer{std::get<std::string>(row[0]), std::get<std::string>(row[1]),
                std::get<Bytes>(row[2]).data, std::get<std::string>(row[3]),
                std::get<Bytes>(row[4]).data};
}

}  // namespace

Transaction::Transaction(Connection& connection, std::string school, const security::SchoolKey* key)
    : connection_(connection), school_(std::move(school)), school_key_(key) {}

absl::Status Transaction::LockHead() {
  // An upsert takes PostgreSQL's row lock and gives the row in one statement, and makes the first
  // row by itself.
  ASSIGN_OR_RETURN(
      Result result,
      connection_.Query(
          "INSERT INTO heads (school, event_number, event_hash, audit_number, audit_hash) "
          "VALUES ($1, 0, $2, 0, $2) ON CONFLICT (school) DO UPDATE SET school = excluded.school "
          "RETURNING event_number, event_hash, audit_number, audit_hash",
          {Value(school_), Value(Bytes{})}));
  if (result.rows.size() != 1) return Internal("the head row did not answer");
  const Row& row = result.rows.front();
  head_ = {std::get<int64_t>(row[0]), std::get<Bytes>(row[1]).data, std::get<int64_t>(row[2]),
           std::get<Bytes>(row[3]).data};
  stored_head_ = head_;
  return absl::OkStatus();
}

absl::Status Transaction::StoreHead() {
  if (head_.event_number == stored_head_.event_number &&
      head_.audit_number == stored_head_.audit_number)
    return absl::OkStatus();
  news_.events = news_.events || head_.event_number != stored_head_.event_number;
  stored_head_ = head_;
  return connection_.Send(
      "UPDATE heads SET event_number = $2, event_hash = $3, audit_number = $4, audit_hash = $5 "
      "WHERE school = $1",
      {Value(school_), Value(head_.event_number), Value(Bytes{head_.event_hash}),
       Value(head_.audit_number), Value(Bytes{head_.audit_hash})},
      1);
}

absl::StatusOr<const Transaction::PersonKey*> Transaction::FindKey(const std::string& person) {
  auto known = keys_.find(person);
  if (known != keys_.end()) return &known->second;
  if (school_key_ == nullptr) return Internal("this process holds no school key");
  if (person.empty()) return Internal("personal data without a person");
  ASSIGN_OR_RETURN(
      Result found,
      connection_.Query(
          "SELECT wrapped, erase_time FROM person_keys WHERE school = $1 AND person = $2",
          {Value(school_), Value(person)}));
  if (found.rows.empty()) return nullptr;
  const std::string& wrapped = std::get<Bytes>(found.rows[0][0]).data;
  PersonKey key{std::nullopt, !std::holds_alternative<std::monostate>(found.rows[0][1])};
  if (!wrapped.empty()) {
    ASSIGN_OR_RETURN(key.key, school_key_->Unwrap(wrapped, person));
  }
  return &keys_.insert_or_assign(person, std::move(key)).first->second;
}

absl::StatusOr<security::Key> Transaction::KeyOf(const std::string& person, bool create) {
  ASSIGN_OR_RETURN(const PersonKey* known, FindKey(person));
  if (known == nullptr) {
    if (!create) return NotFound(person);
    const security::Key key = security::Key::Random();
    RETURN_IF_ERROR(StoreKey(person, key));
    return key;
  }
  if (known->erased || !known->key.has_value()) return PersonErased(person, create);
  return *known->key;
}

absl::StatusOr<security::Key> Transaction::KeyOfLogged(const std::string& person) {
  ASSIGN_OR_RETURN(const PersonKey* known, FindKey(person));
  if (known == nullptr) return NotFound(person);
  if (!known->key.has_value()) return PersonErased(person, false);
  return *known->key;
}

absl::Status Transaction::StoreKey(const std::string& person, const security::Key& key) {
  keys_.insert_or_assign(person, PersonKey{key, false});
  return connection_.Send(
      "INSERT INTO person_keys (school, person, wrapped) VALUES ($1, $2, $3)",
      {Value(school_), Value(person), Value(Bytes{school_key_->Wrap(key, person)})});
}

absl::Status Transaction::RetireKey(const std::string& person, absl::Time time) {
  keys_.erase(person);
  return connection_.Send(
      "INSERT INTO person_keys (school, person, wrapped, erase_time) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (school, person) DO UPDATE SET erase_time = excluded.erase_time "
      "WHERE person_keys.erase_time IS NULL",
      {Value(school_), Value(person), Value(Bytes{}), Value(absl::ToUnixMicros(time))});
}

absl::Status Transaction::DestroyKey(const std::string& person) {
  keys_.erase(person);
  return connection_.Send("UPDATE person_keys SET wrapped = $3 WHERE school = $1 AND person = $2",
                          {Value(school_), Value(person), Value(Bytes{})});
}

absl::Status Transaction::Prefetch(const Wanted& wanted) {
  std::vector<Connection::Statement> statements;
  for (const auto& [schema, name] : wanted.rows)
    statements.push_back({schema->select_by_name(), {Value(school_), Value(name)}});
  for (const std::string& request_id : wanted.request_ids)
    statements.push_back({kSelectAnswer, {Value(school_), Value(request_id)}});
  ASSIGN_OR_RETURN(std::vector<Result> results, connection_.QueryAll(statements));
  for (size_t i = 0; i < results.size(); ++i) {
    if (i >= wanted.rows.size()) {
      answers_.try_emplace(wanted.request_ids[i - wanted.rows.size()], ToAnswer(results[i]));
      continue;
    }
    std::shared_ptr<const pb::Message> message;
    if (!results[i].rows.empty()) {
      ASSIGN_OR_RETURN(message, Decode(*wanted.rows[i].first, results[i].rows[0]));
    }
    rows_.try_emplace(wanted.rows[i], std::move(message));
  }
  return absl::OkStatus();
}

absl::StatusOr<const Answer*> Transaction::FindAnswer(const std::string& request_id) {
  auto known = answers_.find(request_id);
  if (known == answers_.end()) {
    ASSIGN_OR_RETURN(Result found,
                     connection_.Query(kSelectAnswer, {Value(school_), Value(request_id)}));
    known = answers_.try_emplace(request_id, ToAnswer(found)).first;
  }
  return known->second.has_value() ? &*known->second : nullptr;
}

absl::StatusOr<std::shared_ptr<const pb::Message>> Transaction::Decode(const Schema& schema,
                                                                       const Row& row) {
  std::shared_ptr<pb::Message> message = NewMessage(schema.descriptor());
  RETURN_IF_ERROR(schema.FromRow(row, *message, [this](const std::string& person, bool create) {
    return KeyOf(person, create);
  }));
  return message;
}

absl::StatusOr<const pb::Message*> Transaction::Find(const Schema& schema,
                                                     const std::string& name) {
  RowKey key(&schema, name);
  if (const auto known = rows_.find(key); known != rows_.end()) return known->second.get();
  ASSIGN_OR_RETURN(const Result found,
                   connection_.Query(schema.select_by_name(), {Value(school_), Value(name)}));
  std::shared_ptr<const pb::Message> message;
  if (!found.rows.empty()) {
    ASSIGN_OR_RETURN(message, Decode(schema, found.rows[0]));
  }
  return rows_.emplace(std::move(key), std::move(message)).first->second.get();
}

absl::StatusOr<const pb::Message*> Unit::Find(const Schema& schema, const std::string& name) {
  if (SchoolOf(name) != school()) return nullptr;
  auto own = rows_.find(RowKey(&schema, name));
  if (own != rows_.end()) return own->second.get();
  return transaction_.Find(schema, name);
}

absl::Status Unit::Insert(const Schema& schema, pb::Message& message) {
  const std::string& name = schema.NameOf(message);
  if (SchoolOf(name) != school()) return Internal("a row of another school: " + name);
  ASSIGN_OR_RETURN(const pb::Message* existing, Find(schema, name));
  if (existing != nullptr) return AlreadyExists(name);
  schema.SetVersion(message, 1);
  ASSIGN_OR_RETURN(Row row, schema.ToRow(message, 1, Keys()));
  Send(schema.insert(), std::move(row), 1);
  Keep(schema, name, nullptr, &message);
  return absl::OkStatus();
}

absl::Status Unit::Update(const Schema& schema, pb::Message& message) {
  const std::string& name = schema.NameOf(message);
  ASSIGN_OR_RETURN(const pb::Message* existing, Find(schema, name));
  if (existing == nullptr) return NotFound(name);
  const int64_t version = schema.Version(*existing);
  if (version != schema.Version(message)) return EtagMismatch(name);
  schema.SetVersion(message, version + 1);
  ASSIGN_OR_RETURN(Schema::Change change, schema.ToChange(*existing, message, version, Keys()));
  Send(std::move(change.sql), std::move(change.parameters), 1);
  Keep(schema, name, existing, &message);
  return absl::OkStatus();
}

void Unit::Keep(const Schema& schema, const std::string& name, const pb::Message* before,
                const pb::Message* after) {
  for (const SearchTable& search : schema.searches())
    for (Connection::Statement& change : search.Changes(school(), name, before, after))
      Send(std::move(change.sql), std::move(change.parameters));
  std::shared_ptr<pb::Message> copy;
  if (after != nullptr) {
    copy.reset(after->New());
    copy->CopyFrom(*after);
  }
  rows_[RowKey(&schema, name)] = std::move(copy);
}

storage::KeyOf Unit::Keys() {
  return [this](const std::string& person, bool create) { return KeyOf(person, create); };
}

// A key that this request makes is stored with it and not before: a refused request leaves none
// behind.
absl::StatusOr<security::Key> Unit::KeyOf(const std::string& person, bool create) {
  auto own = new_keys_.find(person);
  if (own != new_keys_.end()) return own->second;
  absl::StatusOr<security::Key> known = transaction_.KeyOf(person, false);
  if (!create || !absl::IsNotFound(known.status())) return known;
  if (ReasonOf(known.status()) == kPersonErased) return PersonErased(person, create);
  return new_keys_.emplace(person, security::Key::Random()).first->second;
}

absl::Status Unit::Delete(const Schema& schema, const std::string& name) {
  ASSIGN_OR_RETURN(const pb::Message* existing, Find(schema, name));
  if (existing == nullptr) return NotFound(name);
  Send(schema.erase(), {Value(school()), Value(name), Value(schema.Version(*existing))}, 1);
  Keep(schema, name, existing, nullptr);
  return absl::OkStatus();
}

absl::Status Unit::NothingPending(const Schema& schema) const {
  for (const auto& [key, row] : rows_)
    if (key.first == &schema)
      return Internal(
          absl::StrCat("a handler asked for rows of ", schema.table(), " after it stored some"));
  return absl::OkStatus();
}

absl::StatusOr<bool> Unit::Select(const Schema& schema, absl::string_view condition,
                                  absl::Span<const Value> parameters, int limit, const Each& each) {
  RETURN_IF_ERROR(NothingPending(schema));
  std::vector<Value> all = {Value(school())};
  all.insert(all.end(), parameters.begin(), parameters.end());
  ASSIGN_OR_RETURN(Result result,
                   transaction_.connection().Query(
                       absl::StrCat(schema.SelectWhere(condition), " LIMIT ", limit + 1), all));
  const bool more = result.rows.size() > static_cast<size_t>(limit);
  if (more) result.rows.pop_back();
  for (const Row& row : result.rows) {
    const RowKey key(&schema, std::get<std::string>(row[1]));
    auto known = transaction_.rows_.find(key);
    if (known == transaction_.rows_.end() || known->second == nullptr) {
      ASSIGN_OR_RETURN(std::shared_ptr<const pb::Message> message,
                       transaction_.Decode(schema, row));
      known = transaction_.rows_.insert_or_assign(key, std::move(message)).first;
    }
    each(*known->second);
  }
  return more;
}

absl::StatusOr<std::vector<int64_t>> Unit::Count(const Schema& schema,
                                                 absl::Span<const UpTo> counted,
                                                 absl::Span<const Value> parameters) {
  RETURN_IF_ERROR(NothingPending(schema));
  std::vector<Value> all = {Value(school())};
  all.insert(all.end(), parameters.begin(), parameters.end());
  std::vector<std::string> counts_sql;
  for (const auto& [condition, limit] : counted)
    counts_sql.push_back(absl::StrCat("(SELECT COUNT(*) FROM (SELECT 1 FROM ", schema.table(),
                                      " WHERE school = $1 AND ", condition, " LIMIT ", limit,
                                      ") AS counted)"));
  ASSIGN_OR_RETURN(Result result,
                   transaction_.connection().Query(
                       absl::StrCat("SELECT ", absl::StrJoin(counts_sql, ", ")), all));
  std::vector<int64_t> counts;
  for (const Value& count : result.rows.front()) counts.push_back(std::get<int64_t>(count));
  return counts;
}

absl::StatusOr<std::string> Unit::List(const Schema& schema, const Listed& listed,
                                       const Each& each) {
  RETURN_IF_ERROR(NothingPending(schema));
  if (listed.page_size < 0) return InvalidField("page_size", "must not be negative");
  const int page_size =
      listed.page_size == 0 ? kPageSizeDefault : std::min(listed.page_size, kPageSizeMax);
  const std::string query = QueryOf(schema, listed);
  PageOrder page{school(), listed.parent, {}, {}, {}, page_size + 1};
  ASSIGN_OR_RETURN(page.order, ParseOrder(schema, listed.order_by));
  ASSIGN_OR_RETURN(page.filter, ParseOwnFilter(schema, listed.filter));
  ASSIGN_OR_RETURN(page.after, ReadPagePlace(listed.page_token, listed.parent, query));
  if (!Fits(page.order, page.after))
    return InvalidField("page_token", "is not a token of this query");
  const FilterCondition asked = PageQuery(schema, page);
  ASSIGN_OR_RETURN(Result result, transaction_.connection().Query(asked.sql, asked.parameters));
  const size_t most = std::min(result.rows.size(), static_cast<size_t>(page_size));
  size_t count = 0;
  for (size_t bytes = 0; count < most && bytes < kPageBytesMax; ++count) {
    ASSIGN_OR_RETURN(std::shared_ptr<const pb::Message> message,
                     transaction_.Decode(schema, result.rows[count]));
    bytes += message->ByteSizeLong();
    each(*message);
  }
  if (result.rows.size() == count) return "";
  return PageTokenAfter(PlaceOf(schema, page.order, result.rows[count - 1]), query);
}

// Whatever may be wrong with an event is found here: once Apply has begun, only the database may
// say no.
absl::Status Unit::Emit(const pb::Message& event) {
  const pb::Descriptor& type = *event.GetDescriptor();
  if (!type.options().HasExtension(options::v1::event))
    return Internal(absl::StrCat(type.full_name(), " is not declared as an event"));
  const pb::FieldDescriptor* person =
      type.FindFieldByName(type.options().GetExtension(options::v1::person));
  if (person != nullptr)
    RETURN_IF_ERROR(KeyOf(event.GetReflection()->GetString(event, person), true).status());
  std::unique_ptr<pb::Message> copy(event.New());
  copy->CopyFrom(event);
  events_.push_back(std::move(copy));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Unit::BlindIndex(absl::string_view purpose,
                                             absl::string_view text) const {
  if (transaction_.school_key() == nullptr) return Internal("this process holds no school key");
  return transaction_.school_key()->BlindIndex(purpose, text);
}

void Unit::Remember(const std::string& request_id, Answer answer, absl::Time time) {
  Send(
      "INSERT INTO answers (school, request_id, principal, method, request_hash, person, answer, "
      "create_time) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {Value(school()), Value(request_id), Value(answer.principal), Value(answer.method),
       Value(Bytes{answer.request_hash}), Value(answer.person), Value(Bytes{answer.answer}),
       Value(absl::ToUnixMicros(time))});
  answers_.emplace(request_id, std::move(answer));
}

void Unit::Send(std::string sql, std::vector<Value> parameters, int64_t expected_changes) {
  statements_.push_back({std::move(sql), std::move(parameters), expected_changes});
}

absl::Status Unit::Apply(const Origin& origin, absl::Time time) {
  if (statements_.empty() && events_.empty()) return absl::OkStatus();
  for (const auto& [person, key] : new_keys_) RETURN_IF_ERROR(transaction_.StoreKey(person, key));
  for (const Pending& pending : statements_)
    RETURN_IF_ERROR(
        transaction_.connection().Send(pending.sql, pending.parameters, pending.expected_changes));
  for (const std::unique_ptr<pb::Message>& event : events_)
    RETURN_IF_ERROR(AppendEvent(transaction_, *event, time, origin.traceparent));
  for (auto& [key, row] : rows_) {
    transaction_.changed_.push_back(key);
    transaction_.rows_[key] = std::move(row);
  }
  for (auto& [request_id, answer] : answers_) transaction_.answers_[request_id] = std::move(answer);
  return AppendAuditRecord(transaction_, origin, time);
}

}  // namespace vivier::storage
