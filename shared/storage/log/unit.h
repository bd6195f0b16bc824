// One request's unit of work over an open transaction.
//
// A Transaction is what one batch of requests shares: the connection, the school's head row, the
// rows read so far and the keys of persons. A Unit is one request in it: it sees the transaction's
// rows, keeps its own writes and events apart until the request succeeded, and then Apply sends
// them. So a refused request has written nothing and needs no savepoint, and a later request of the
// batch sees what an earlier one did. Not thread-safe: both belong to the writer (or, read-only, to
// one reader).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/log/audit_trail.h"
#include "shared/storage/log/person_keys.h"
#include "shared/storage/rows/schema.h"
#include "shared/storage/rows/table_sums.h"

namespace vivier::storage {

// A handler that asks for more rows than this in one step belongs in an operation.
inline constexpr int kSelectRowsMax = 1000;
inline constexpr int kPageSizeMax = 500;
inline constexpr int kPageSizeDefault = 50;
// A page ends with the row that passes this, however few it has: gRPC's clients take 4 MiB, and
// the thread that polls the network writes all of it.
inline constexpr size_t kPageBytesMax = 256 * 1024;

// The school's head row: where its log and its two trails stand.
struct Head {
  int64_t event_number = 0;
  std::string event_hash;
  int64_t audit_number = 0;
  std::string audit_hash;
  int64_t reading_number = 0;
  std::string reading_hash;
  TableSums sums;

  bool operator==(const Head& other) const {
    return event_number == other.event_number && event_hash == other.event_hash &&
           audit_number == other.audit_number && audit_hash == other.audit_hash &&
           reading_number == other.reading_number && reading_hash == other.reading_hash &&
           sums == other.sums;
  }
};

// What a write answered, kept under its request_id. `person` is whose key encrypted the answer, ""
// for none.
struct Answer {
  std::string principal, method, request_hash, person, answer;
};

using RowKey = std::pair<const Schema*, std::string>;
// A row as it is stored, and what it says.
struct StoredRow {
  Row row;
  std::shared_ptr<const google::protobuf::Message> message;
};
using RowMap = absl::flat_hash_map<RowKey, std::shared_ptr<const StoredRow>>;

// What became of `before` by the rows of resources, of which those that acts name were changed so
// often; what the house keeps beside them follows.
RowChanges ChangesOf(absl::string_view school, const RowMap& before, const RowMap& rows,
                     int64_t named);

class Transaction {
 public:
  // `key` is the school's key, which wraps the persons' keys; null where no table has personal
  // data. Of two, what is written is under the one that the head row is under.
  Transaction(Connection& connection, std::string school, const security::SchoolKey* key);

  Connection& connection() { return connection_; }
  const std::string& school() const { return school_; }
  Head& head() { return head_; }
  const Head& head() const { return head_; }

  // First statement of a write transaction: locks the head row (PostgreSQL waits here for the other
  // replica) and reads it. DATA_LOSS, reason ROW_CHANGED, where another program wrote it.
  absl::Status LockHead();
  // Last statement before COMMIT: stores the head when it moved.
  absl::Status StoreHead();

  // Fetches what a batch will ask for in one round trip: worth it where a statement costs one
  // (PostgreSQL).
  struct Wanted {
    std::vector<RowKey> rows;
    std::vector<std::string> request_ids;
  };
  absl::Status Prefetch(const Wanted& wanted);

  // The stored answer to `request_id`, null when there is none.
  absl::StatusOr<const Answer*> FindAnswer(const std::string& request_id);

  PersonKeys& keys() { return keys_; }
  const security::SchoolKey* school_key() const { return school_key_; }
  // Of the MACs of rows; null where there is no school key, or every row is believed.
  const MacKeys* row_keys() const {
    return school_key_ == nullptr || believes_ ? nullptr : &school_key_->row_keys();
  }
  // From now on a row is read as it stands, whoever wrote it: for who compares it with others.
  void Believe() { believes_ = true; }
  // A row of that table whose MAC was the one has the other now; null where there was or is none.
  void Counted(absl::string_view table, const Value* before, const Value* after);

  // The rows that the units applied so far have changed, for the caches.
  const std::vector<RowKey>& changed() const { return changed_; }
  // What has come besides, for those who act on it.
  struct News {
    bool events = false, operations = false, erasures = false;
  };
  News& news() { return news_; }
  const News& news() const { return news_; }

  // The message of a row, with its personal data opened where their key still exists.
  absl::StatusOr<std::shared_ptr<const google::protobuf::Message>> Decode(const Schema& schema,
                                                                          const Row& row);

 private:
  friend class Unit;
  friend void TurnKeys(Transaction& transaction);
  Connection& connection_;
  std::string school_;
  const security::SchoolKey* const configured_keys_;
  const security::SchoolKey* school_key_;  // these, or the same with the previous one first
  Head head_, stored_head_;
  // Null where there is no such row.
  absl::StatusOr<const StoredRow*> FindRow(const Schema& schema, const std::string& name);
  absl::StatusOr<std::shared_ptr<const StoredRow>> Store(const Schema& schema, Row row);
  RowKeys RowKeysHere();

  RowMap rows_;  // null where there is no such row
  absl::flat_hash_map<std::string, std::optional<Answer>> answers_;
  PersonKeys keys_{*this};
  std::vector<RowKey> changed_;
  News news_;
  bool believes_ = false;
};

// From now on the transaction, which has locked the head, writes under the first of the configured
// keys. Rows that it has read are read again.
void TurnKeys(Transaction& transaction);

// The head row as it stands, without a lock; an empty one where there is none yet.
absl::StatusOr<Head> ReadHead(Transaction& transaction);

// What $1, $2 … of a condition are: the school, then its parameters.
std::vector<Value> WithSchool(const Transaction& transaction, absl::Span<const Value> parameters);

class Unit {
 public:
  explicit Unit(Transaction& transaction) : transaction_(transaction) {}

  const std::string& school() const { return transaction_.school(); }
  Transaction& transaction() { return transaction_; }

  // The row, null when there is none; valid until the unit ends.
  absl::StatusOr<const google::protobuf::Message*> Find(const Schema& schema,
                                                        const std::string& name);
  absl::Status Insert(const Schema& schema, google::protobuf::Message& message);
  absl::Status Update(const Schema& schema, google::protobuf::Message& message);
  absl::Status Delete(const Schema& schema, const std::string& name);

  using Each = std::function<void(const google::protobuf::Message&)>;
  // At most `limit` rows; true when there are more.
  absl::StatusOr<bool> Select(const Schema& schema, absl::string_view condition,
                              absl::Span<const Value> parameters, int limit, const Each& each);
  // A condition, and how far its rows are counted: an index entry is read for each, no more.
  struct UpTo {
    std::string condition;
    int64_t limit;
  };
  // For each of `counted` how many rows satisfy its condition, or its limit where there are more.
  absl::StatusOr<std::vector<int64_t>> Count(const Schema& schema, absl::Span<const UpTo> counted,
                                             absl::Span<const Value> parameters);
  // What a List asks for, as its request says it. The filter was parsed as its caller's, or is our
  // own.
  struct Listed {
    std::string parent;
    int page_size = 0;
    std::string page_token, filter, order_by;
  };
  absl::StatusOr<std::string> List(const Schema& schema, const Listed& listed, const Each& each);

  // Appends an event to the service's log when the request succeeds. Its type must carry the
  // `event` option.
  absl::Status Emit(const google::protobuf::Message& event);

  // The person's key, or a new one that is stored with this request.
  absl::StatusOr<security::Key> KeyOf(const std::string& person, bool create);

  // A look-up value for an encrypted field, see security::SchoolKey::BlindIndex.
  absl::StatusOr<std::string> BlindIndex(absl::string_view purpose, absl::string_view text) const;

  // Stores the answer to this request with it.
  void Remember(const std::string& request_id, Answer answer, absl::Time time);

  // What Apply does beside the rows, in order.
  using Step = std::function<absl::Status(Transaction& transaction)>;
  void Later(Step step) { steps_.push_back(std::move(step)); }

  // Sends every change, then the events with their numbers and hashes at `time`, then the record of
  // one of the trails; nothing where nothing changed.
  absl::Status Apply(const Origin& origin, absl::Time time);

 private:
  absl::StatusOr<const StoredRow*> FindRow(const Schema& schema, const std::string& name);
  // Makes the row what this unit sees, and has the search tables and the sum follow. Null is none.
  void Keep(const Schema& schema, const std::string& name, const StoredRow* before,
            const google::protobuf::Message* after, Row row);
  absl::Status ApplyAll(const Origin& origin, absl::Time time);
  RowKeys Keys();

  Transaction& transaction_;
  RowMap rows_;                // this unit's own writes; null where it deleted
  int64_t named_changes_ = 0;  // of these rows, as far as acts name them
  std::vector<Step> steps_;
  absl::flat_hash_map<std::string, security::Key> new_keys_;
  absl::flat_hash_map<std::string, Answer> answers_;
  std::vector<std::unique_ptr<google::protobuf::Message>> events_;
};

}  // namespace vivier::storage
