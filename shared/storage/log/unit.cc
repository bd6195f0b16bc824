#include "shared/storage/log/unit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/any.pb.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/security/ed25519.h"
#include "shared/storage/log/events.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_query.h"
#include "shared/storage/rows/page_token.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;

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

// Rows that wait to be written are not found by a query.
absl::Status NothingPending(const Schema& schema, const RowMap& rows) {
  for (const auto& [key, row] : rows)
    if (key.first == &schema)
      return Internal(
          absl::StrCat("a handler asked for rows of ", schema.table(), " after it stored some"));
  return absl::OkStatus();
}

constexpr char kHeadColumns[] =
    "school, event_number, event_hash, audit_number, audit_hash, reading_number, reading_hash, "
    "sums, mac";

const MacLayout& HeadLayout() {
  static const auto& layout = *new MacLayout("heads", {0, 0, 0, 0, 0, 0, 0, 1});
  return layout;
}

Row ToRow(const MacKeys* keys, const std::string& school, const Head& head) {
  Row row = {school,
             head.event_number,
             Bytes{head.event_hash},
             head.audit_number,
             Bytes{head.audit_hash},
             head.reading_number,
             Bytes{head.reading_hash},
             Bytes{head.sums.Encode()}};
  row.push_back(Bytes{keys == nullptr ? "" : MacOfRow(keys->front(), HeadLayout(), row)});
  return row;
}

absl::StatusOr<Head> ToHead(const MacKeys* keys, const Row& row) {
  Head head = {std::get<int64_t>(row[1]),
               std::get<Bytes>(row[2]).data,
               std::get<int64_t>(row[3]),
               std::get<Bytes>(row[4]).data,
               std::get<int64_t>(row[5]),
               std::get<Bytes>(row[6]).data,
               TableSums()};
  ASSIGN_OR_RETURN(head.sums, TableSums::Decode(std::get<Bytes>(row[7]).data));
  const auto values = absl::MakeConstSpan(row).first(row.size() - 1);
  // The first of a school has none yet.
  if (keys != nullptr && !(head == Head()) &&
      CheckMac(*keys, HeadLayout(), values, row.back()) != MacVerdict::kGood)
    return RowChanged("heads", std::get<std::string>(row[0]));
  return head;
}

// The keys with the one first that the head row is under.
const security::SchoolKey* InUse(const security::SchoolKey* keys, const Row& head) {
  if (keys == nullptr || keys->row_keys().size() == 1) return keys;
  const auto values = absl::MakeConstSpan(head).first(head.size() - 1);
  const bool is_previous = IsMacUnder(keys->row_keys()[1], HeadLayout(), values, head.back());
  return is_previous ? &keys->PreviousFirst() : keys;
}

// The first key of a school is known from its first commit on.
absl::Status NoteFirstKey(Transaction& transaction) {
  const security::SchoolKey* key = transaction.school_key();
  if (key == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<Row> known,
                   house::SchoolKeys().Select(transaction, "number = 1", {}));
  if (!known.empty()) return absl::OkStatus();
  return house::SchoolKeys().Insert(
      transaction,
      {transaction.school(), int64_t{1}, key->id(), security::PublicKeyLine(key->signing_key()),
       int64_t{0}, Value(), Bytes{}, Value(), int64_t{0}});
}

Unit::Step Statement(std::string sql, std::vector<Value> parameters,
                     int64_t expected_changes = -1) {
  return [sql = std::move(sql), parameters = std::move(parameters),
          expected_changes](Transaction& transaction) {
    return transaction.connection().Send(sql, parameters, expected_changes);
  };
}

const std::string& SelectAnswer() {
  static const auto& select = *new std::string(house::Answers().SelectWhere("request_id = $2"));
  return select;
}

// Whoever changed a stored answer would have a retry told what never happened.
absl::StatusOr<std::optional<Answer>> ToAnswer(const Transaction& transaction,
                                               const Result& result) {
  if (result.rows.empty()) return std::nullopt;
  const Row& row = result.rows[0];  // of house::Answers()
  RETURN_IF_ERROR(house::Answers().Judge(transaction, row));
  return Answer{std::get<std::string>(row[2]), std::get<std::string>(row[3]),
                std::get<Bytes>(row[4]).data, std::get<std::string>(row[5]),
                std::get<Bytes>(row[6]).data};
}

}  // namespace

Transaction::Transaction(Connection& connection, std::string school, const security::SchoolKey* key)
    : connection_(connection),
      school_(std::move(school)),
      configured_keys_(key),
      school_key_(key) {}

absl::Status Transaction::LockHead() {
  // SQLite's transaction is alone in the database.
  const absl::string_view lock = connection_.engine() == Engine::kPostgres ? " FOR UPDATE" : "";
  ASSIGN_OR_RETURN(Result result,
                   connection_.Query(
                       absl::StrCat("SELECT ", kHeadColumns, " FROM heads WHERE school = $1", lock),
                       {Value(school_)}));
  if (result.rows.empty()) {
    // Makes the school's first one, or waits for who makes it at the same time and takes theirs.
    ASSIGN_OR_RETURN(
        result,
        connection_.Query(
            absl::StrCat(
                "INSERT INTO heads (", kHeadColumns,
                ") VALUES ($1, 0, $2, 0, $2, 0, $2, $2, $2) ON CONFLICT (school) DO UPDATE SET "
                "school = excluded.school RETURNING ",
                kHeadColumns),
            {Value(school_), Value(Bytes{})}));
  }
  if (result.rows.size() != 1) return Internal("the head row did not answer");
  school_key_ = InUse(configured_keys_, result.rows.front());
  ASSIGN_OR_RETURN(head_, ToHead(row_keys(), result.rows.front()));
  stored_head_ = head_;
  return absl::OkStatus();
}

void TurnKeys(Transaction& transaction) {
  transaction.school_key_ = transaction.configured_keys_;
  transaction.rows_.clear();
}

absl::StatusOr<Head> ReadHead(Transaction& transaction) {
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(
                       absl::StrCat("SELECT ", kHeadColumns, " FROM heads WHERE school = $1"),
                       {Value(transaction.school())}));
  if (found.rows.empty()) return Head();
  const security::SchoolKey* key = transaction.school_key();
  return ToHead(key == nullptr ? nullptr : &key->row_keys(), found.rows.front());
}

std::vector<Value> WithSchool(const Transaction& transaction, absl::Span<const Value> parameters) {
  std::vector<Value> all = {Value(transaction.school())};
  all.insert(all.end(), parameters.begin(), parameters.end());
  return all;
}

absl::Status Transaction::StoreHead() {
  if (head_ == stored_head_) return absl::OkStatus();
  if (stored_head_ == Head()) RETURN_IF_ERROR(NoteFirstKey(*this));
  news_.events = news_.events || head_.event_number != stored_head_.event_number;
  stored_head_ = head_;
  return connection_.Send(
      "UPDATE heads SET event_number = $2, event_hash = $3, audit_number = $4, audit_hash = $5, "
      "reading_number = $6, reading_hash = $7, sums = $8, mac = $9 WHERE school = $1",
      ToRow(row_keys(), school_, head_), 1);
}

void Transaction::Counted(absl::string_view table, const Value* before, const Value* after) {
  if (row_keys() == nullptr) return;
  // Of a row without a MAC, which nobody but another program has made, the sum knows nothing.
  const Bytes* gone = before == nullptr ? nullptr : std::get_if<Bytes>(before);
  const Bytes* come = after == nullptr ? nullptr : std::get_if<Bytes>(after);
  if (gone != nullptr && gone->data.size() >= security::kMacSize)
    head_.sums.Subtract(table, gone->data);
  if (come != nullptr) head_.sums.Add(table, come->data);
}

absl::Status Transaction::Prefetch(const Wanted& wanted) {
  std::vector<Connection::Statement> statements;
  for (const auto& [schema, name] : wanted.rows)
    statements.push_back({schema->sql().select_by_name, {Value(school_), Value(name)}});
  for (const std::string& request_id : wanted.request_ids)
    statements.push_back({SelectAnswer(), {Value(school_), Value(request_id)}});
  ASSIGN_OR_RETURN(std::vector<Result> results, connection_.QueryAll(statements));
  for (size_t i = 0; i < results.size(); ++i) {
    if (i >= wanted.rows.size()) {
      auto answer = ToAnswer(*this, results[i]);
      if (answer.ok())
        answers_.try_emplace(wanted.request_ids[i - wanted.rows.size()], *std::move(answer));
      continue;
    }
    std::shared_ptr<const StoredRow> stored;
    if (!results[i].rows.empty()) {
      auto row = Store(*wanted.rows[i].first, std::move(results[i].rows[0]));
      if (!row.ok()) continue;  // who asks for it hears why, and no other work of the batch
      stored = *std::move(row);
    }
    rows_.try_emplace(wanted.rows[i], std::move(stored));
  }
  return absl::OkStatus();
}

absl::StatusOr<const Answer*> Transaction::FindAnswer(const std::string& request_id) {
  auto known = answers_.find(request_id);
  if (known == answers_.end()) {
    ASSIGN_OR_RETURN(Result found,
                     connection_.Query(SelectAnswer(), {Value(school_), Value(request_id)}));
    ASSIGN_OR_RETURN(std::optional<Answer> answer, ToAnswer(*this, found));
    known = answers_.try_emplace(request_id, std::move(answer)).first;
  }
  return known->second.has_value() ? &*known->second : nullptr;
}

absl::StatusOr<std::shared_ptr<const pb::Message>> Transaction::Decode(const Schema& schema,
                                                                       const Row& row) {
  std::shared_ptr<pb::Message> message = NewMessage(schema.descriptor());
  RETURN_IF_ERROR(schema.FromRow(row, *message, RowKeysHere()));
  return message;
}

absl::StatusOr<std::shared_ptr<const StoredRow>> Transaction::Store(const Schema& schema, Row row) {
  auto stored = std::make_shared<StoredRow>();
  ASSIGN_OR_RETURN(stored->message, Decode(schema, row));
  stored->row = std::move(row);
  return stored;
}

RowKeys Transaction::RowKeysHere() {
  return {[this](const std::string& person, bool create) { return keys_.Of(person, create); },
          row_keys()};
}

absl::StatusOr<const StoredRow*> Transaction::FindRow(const Schema& schema,
                                                      const std::string& name) {
  RowKey key(&schema, name);
  if (const auto known = rows_.find(key); known != rows_.end()) return known->second.get();
  ASSIGN_OR_RETURN(Result found,
                   connection_.Query(schema.sql().select_by_name, {Value(school_), Value(name)}));
  std::shared_ptr<const StoredRow> stored;
  if (!found.rows.empty()) {
    ASSIGN_OR_RETURN(stored, Store(schema, std::move(found.rows[0])));
  }
  return rows_.emplace(std::move(key), std::move(stored)).first->second.get();
}

absl::StatusOr<const StoredRow*> Unit::FindRow(const Schema& schema, const std::string& name) {
  if (SchoolOf(name) != school()) return nullptr;
  auto own = rows_.find(RowKey(&schema, name));
  if (own != rows_.end()) return own->second.get();
  return transaction_.FindRow(schema, name);
}

absl::StatusOr<const pb::Message*> Unit::Find(const Schema& schema, const std::string& name) {
  ASSIGN_OR_RETURN(const StoredRow* stored, FindRow(schema, name));
  return stored == nullptr ? nullptr : stored->message.get();
}

absl::Status Unit::Insert(const Schema& schema, pb::Message& message) {
  const std::string& name = schema.NameOf(message);
  if (SchoolOf(name) != school()) return Internal("a row of another school: " + name);
  ASSIGN_OR_RETURN(const StoredRow* existing, FindRow(schema, name));
  if (existing != nullptr) return AlreadyExists(name);
  schema.SetVersion(message, 1);
  ASSIGN_OR_RETURN(Row row, schema.ToRow(message, 1, Keys()));
  Later(Statement(schema.sql().insert, row, 1));
  Keep(schema, name, nullptr, &message, std::move(row));
  return absl::OkStatus();
}

absl::Status Unit::Update(const Schema& schema, pb::Message& message) {
  const std::string& name = schema.NameOf(message);
  ASSIGN_OR_RETURN(const StoredRow* existing, FindRow(schema, name));
  if (existing == nullptr) return NotFound(name);
  const int64_t version = schema.Version(*existing->message);
  if (version != schema.Version(message)) return EtagMismatch(name);
  schema.SetVersion(message, version + 1);
  ASSIGN_OR_RETURN(Schema::Change change,
                   schema.ToChange(existing->row, *existing->message, message, version, Keys()));
  Later(Statement(std::move(change.sql), std::move(change.parameters), 1));
  Keep(schema, name, existing, &message, std::move(change.row));
  return absl::OkStatus();
}

void Unit::Keep(const Schema& schema, const std::string& name, const StoredRow* before,
                const pb::Message* after, Row row) {
  for (const SearchTable& search : schema.searches())
    for (Connection::Statement& change :
         search.Changes(school(), name, before == nullptr ? nullptr : before->message.get(), after))
      Later(Statement(std::move(change.sql), std::move(change.parameters)));
  Value gone = before == nullptr ? Value() : before->row.back();
  std::shared_ptr<StoredRow> stored;
  if (after != nullptr) {
    std::shared_ptr<pb::Message> copy(after->New());
    copy->CopyFrom(*after);
    stored = std::make_shared<StoredRow>(StoredRow{std::move(row), std::move(copy)});
  }
  Later([&schema, gone = std::move(gone), stored](Transaction& transaction) {
    transaction.Counted(schema.table(), &gone, stored == nullptr ? nullptr : &stored->row.back());
    return absl::OkStatus();
  });
  rows_[RowKey(&schema, name)] = std::move(stored);
  if (UnnamedRows(schema, "").empty()) ++named_changes_;
}

RowKeys Unit::Keys() {
  return {[this](const std::string& person, bool create) { return KeyOf(person, create); },
          transaction_.row_keys()};
}

// A key that this request makes is stored with it and not before: a refused request leaves none
// behind.
absl::StatusOr<security::Key> Unit::KeyOf(const std::string& person, bool create) {
  auto own = new_keys_.find(person);
  if (own != new_keys_.end()) return own->second;
  absl::StatusOr<security::Key> known = transaction_.keys().Of(person, false);
  if (!create || !absl::IsNotFound(known.status())) return known;
  if (ReasonOf(known.status()) == "PERSON_ERASED") return PersonErased(PersonOf(person), create);
  return new_keys_.emplace(person, security::Key::Random()).first->second;
}

absl::Status Unit::Delete(const Schema& schema, const std::string& name) {
  ASSIGN_OR_RETURN(const StoredRow* existing, FindRow(schema, name));
  if (existing == nullptr) return NotFound(name);
  Later(Statement(schema.sql().erase,
                  {Value(school()), Value(name), Value(schema.Version(*existing->message))}, 1));
  Keep(schema, name, existing, nullptr, {});
  return absl::OkStatus();
}

absl::StatusOr<bool> Unit::Select(const Schema& schema, absl::string_view condition,
                                  absl::Span<const Value> parameters, int limit, const Each& each) {
  RETURN_IF_ERROR(NothingPending(schema, rows_));
  ASSIGN_OR_RETURN(Result result,
                   transaction_.connection().Query(
                       absl::StrCat(schema.SelectWhere(condition), " LIMIT ", limit + 1),
                       WithSchool(transaction_, parameters)));
  const bool more = result.rows.size() > static_cast<size_t>(limit);
  if (more) result.rows.pop_back();
  for (Row& row : result.rows) {
    const RowKey key(&schema, std::get<std::string>(row[1]));
    auto known = transaction_.rows_.find(key);
    if (known == transaction_.rows_.end() || known->second == nullptr) {
      ASSIGN_OR_RETURN(std::shared_ptr<const StoredRow> stored,
                       transaction_.Store(schema, std::move(row)));
      known = transaction_.rows_.insert_or_assign(key, std::move(stored)).first;
    }
    each(*known->second->message);
  }
  return more;
}

absl::StatusOr<std::vector<int64_t>> Unit::Count(const Schema& schema,
                                                 absl::Span<const UpTo> counted,
                                                 absl::Span<const Value> parameters) {
  RETURN_IF_ERROR(NothingPending(schema, rows_));
  std::vector<std::string> counts_sql;
  for (const auto& [condition, limit] : counted)
    counts_sql.push_back(absl::StrCat("(SELECT COUNT(*) FROM (SELECT 1 FROM ", schema.table(),
                                      " WHERE school = $1 AND ", condition, " LIMIT ", limit,
                                      ") AS counted)"));
  ASSIGN_OR_RETURN(Result result, transaction_.connection().Query(
                                      absl::StrCat("SELECT ", absl::StrJoin(counts_sql, ", ")),
                                      WithSchool(transaction_, parameters)));
  std::vector<int64_t> counts;
  for (const Value& count : result.rows.front()) counts.push_back(std::get<int64_t>(count));
  return counts;
}

absl::StatusOr<std::string> Unit::List(const Schema& schema, const Listed& listed,
                                       const Each& each) {
  RETURN_IF_ERROR(NothingPending(schema, rows_));
  if (listed.page_size < 0) return InvalidField("page_size", "must not be negative");
  const int page_size =
      listed.page_size == 0 ? kPageSizeDefault : std::min(listed.page_size, kPageSizeMax);
  const std::string query = QueryOf(schema, listed);
  PageOrder page{school(), listed.parent, {}, {}, {}, page_size + 1};
  ASSIGN_OR_RETURN(page.order, ParseOrder(schema, listed.order_by));
  ASSIGN_OR_RETURN(page.filter, ParseOwnFilter(schema, listed.filter));
  const security::SchoolKey* key = transaction_.school_key();
  ASSIGN_OR_RETURN(page.after, ReadPagePlace(key, listed.page_token, listed.parent, query));
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
  return PageTokenAfter(key, PlaceOf(schema, page.order, result.rows[count - 1]), query);
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
  storage::Insert(
      *this, house::Answers(),
      {school(), request_id, answer.principal, answer.method, Bytes{answer.request_hash},
       answer.person, Bytes{answer.answer}, absl::ToUnixMicros(time)});
  answers_.emplace(request_id, std::move(answer));
}

absl::Status Unit::Apply(const Origin& origin, absl::Time time) {
  if (steps_.empty() && events_.empty()) return absl::OkStatus();
  return transaction_.connection().Poison(ApplyAll(origin, time));
}

absl::Status Unit::ApplyAll(const Origin& origin, absl::Time time) {
  for (const auto& [person, key] : new_keys_)
    RETURN_IF_ERROR(transaction_.keys().Store(person, key));
  for (const Step& step : steps_) RETURN_IF_ERROR(step(transaction_));
  for (const std::unique_ptr<pb::Message>& event : events_)
    RETURN_IF_ERROR(AppendEvent(transaction_, *event, time, origin.traceparent));
  RETURN_IF_ERROR(AppendRecord(transaction_, origin, time,
                               ChangesOf(school(), transaction_.rows_, rows_, named_changes_)));
  for (auto& [key, row] : rows_) {
    transaction_.changed_.push_back(key);
    transaction_.rows_[key] = std::move(row);
  }
  for (auto& [request_id, answer] : answers_) transaction_.answers_[request_id] = std::move(answer);
  return absl::OkStatus();
}

}  // namespace vivier::storage
