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
#include "shared/storage/rows/schema.h"

namespace vivier::storage {

// A handler that asks for more rows than this in one step belongs in an operation.
inline constexpr int kSelectRowsMax = 1000;
inline constexpr int kPageSizeMax = 500;
inline constexpr int kPageSizeDefault = 50;
// A page ends with the row that passes this, however few it has: gRPC's clients take 4 MiB, and
// the thread that polls the network writes all of it.
inline constexpr size_t kPageBytesMax = 256 * 1024;

// The school's head row: where its log and its audit chain stand.
struct Head {
  int64_t event_number = 0;
  std::string event_hash;
  int64_t audit_number = 0;
  std::string audit_hash;
};

// What a write answered, kept under its request_id. `person` is whose key encrypted the answer, ""
// for none.
struct Answer {
  std::string principal, method, request_hash, person, answer;
};

using RowKey = std::pair<const Schema*, std::string>;
using RowMap = absl::flat_hash_map<RowKey, std::shared_ptr<const google::protobuf::Message>>;

class Transaction {
 public:
  // `key` is the school's key, which wraps the persons' keys; null where no table has personal
  // data.
  Transaction(Connection& connection, std::string school, const security::SchoolKey* key);

  Connection& connection() { return connection_; }
  const std::string& school() const { return school_; }
  Head& head() { return head_; }
  const Head& head() const { return head_; }

  // First statement of a write transaction: locks the head row (PostgreSQL waits here for the other
  // replica) and reads it.
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

  absl::StatusOr<const google::protobuf::Message*> Find(const Schema& schema,
                                                        const std::string& name);

  // The stored answer to `request_id`, null when there is none.
  absl::StatusOr<const Answer*> FindAnswer(const std::string& request_id);

  // The person's key; NOT_FOUND when there is none unless `create` makes it. For an erased person
  // NOT_FOUND with the reason PERSON_ERASED, and FAILED_PRECONDITION with it when `create`.
  absl::StatusOr<security::Key> KeyOf(const std::string& person, bool create);
  // The same for the log, which its followers read for as long as the key exists.
  absl::StatusOr<security::Key> KeyOfLogged(const std::string& person);
  absl::Status StoreKey(const std::string& person, const security::Key& key);
  // The two steps of an erasure, see erasure.h: from the first on only the log opens with the key,
  // and no other is ever made for that name; with the second it is gone.
  absl::Status RetireKey(const std::string& person, absl::Time time);
  absl::Status DestroyKey(const std::string& person);
  const security::SchoolKey* school_key() const { return school_key_; }

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
  struct PersonKey {
    std::optional<security::Key> key;  // nothing where it was destroyed
    bool erased = false;
  };
  // Null where no key was ever made.
  absl::StatusOr<const PersonKey*> FindKey(const std::string& person);

  Connection& connection_;
  std::string school_;
  const security::SchoolKey* school_key_;
  Head head_, stored_head_;
  RowMap rows_;  // null where there is no such row
  absl::flat_hash_map<std::string, std::optional<Answer>> answers_;
  absl::flat_hash_map<std::string, PersonKey> keys_;
  std::vector<RowKey> changed_;
  News news_;
};

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

  // A statement beside the tables (replays, cursors, audit); sent by Apply, in order.
  void Send(std::string sql, std::vector<Value> parameters, int64_t expected_changes = -1);

  // Sends every change, then the events with their numbers and hashes at `time`, then the audit
  // record; nothing where nothing changed.
  absl::Status Apply(const Origin& origin, absl::Time time);

 private:
  struct Pending {
    std::string sql;
    std::vector<Value> parameters;
    int64_t expected_changes;
  };

  // Makes `after`, null where it is deleted, what this unit sees; sends what search tables change.
  void Keep(const Schema& schema, const std::string& name, const google::protobuf::Message* before,
            const google::protobuf::Message* after);
  storage::KeyOf Keys();
  absl::Status NothingPending(const Schema& schema) const;

  Transaction& transaction_;
  RowMap rows_;  // this unit's own writes; null where it deleted
  std::vector<Pending> statements_;
  absl::flat_hash_map<std::string, security::Key> new_keys_;
  absl::flat_hash_map<std::string, Answer> answers_;
  std::vector<std::unique_ptr<google::protobuf::Message>> events_;
};

}  // namespace vivier::storage
