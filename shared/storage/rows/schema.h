// The reflective mapper between a resource message and its table; table.h draws the mapping.
// A Schema is made once per message type, lives as long as the process, and is thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/base/resource_name.h"
#include "shared/security/encryption.h"
#include "shared/storage/engines/database.h"
#include "shared/storage/rows/key_names.h"
#include "shared/storage/rows/row_mac.h"
#include "shared/storage/rows/search_table.h"

namespace vivier::storage {

// Finds the key of a person by the name of their resource, or their proof key, making one when
// `create` says so.
using KeyOf = std::function<absl::StatusOr<security::Key>(const std::string& person, bool create)>;

// With what a row is written and read.
struct RowKeys {
  KeyOf of_person;
  const MacKeys* macs = nullptr;  // null: rows have no MAC and are believed
};

class Schema {
 public:
  enum class Kind { kText, kInteger, kEnum, kMicroseconds, kDate, kJson };

  struct Column {
    const google::protobuf::FieldDescriptor* field;
    Kind kind;
    bool encrypted;
    bool proof;       // encrypted with the proof key
    bool filterable;  // lists may be filtered and ordered by it: the table has the index
  };

  // Dies at start on a message that cannot be a table: no resource option, no name field, a pii
  // field without a `person` option, a `proof` that is not pii, a type that has no column, a
  // `searched_by` that names no text.
  static const Schema& Of(const google::protobuf::Descriptor* descriptor);

  const google::protobuf::Descriptor* descriptor() const { return descriptor_; }
  const std::string& table() const { return table_; }
  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<SearchTable>& searches() const { return searches_; }
  const Column* FindColumn(absl::string_view field) const;

  // SQL texts, made once.
  struct Sql {
    std::string select_by_name;  // $1 school, $2 name
    std::string insert;
    std::string erase;  // $1 school, $2 name, $3 version
  };
  const Sql& sql() const { return sql_; }
  std::string SelectWhere(absl::string_view condition) const;  // every column; $1 is the school

  // school, name, version, one value per column, then the MAC (row_mac.h).
  absl::StatusOr<Row> ToRow(const google::protobuf::Message& message, int64_t version,
                            const RowKeys& keys) const;
  // The UPDATE that makes one row from another, of the columns that differ; it touches no row that
  // has another version. What this binary does not know of the others stays as it is.
  struct Change {
    std::string sql;
    std::vector<Value> parameters;
    Row row;  // as it is afterwards
  };
  absl::StatusOr<Change> ToChange(const Row& row, const google::protobuf::Message& before,
                                  const google::protobuf::Message& after, int64_t version,
                                  const RowKeys& keys) const;
  // DATA_LOSS, reason ROW_CHANGED, where another program wrote the row.
  absl::Status FromRow(const Row& row, google::protobuf::Message& message,
                       const RowKeys& keys) const;
  const MacLayout& layout() const { return layout_; }

  int64_t Version(const google::protobuf::Message& message) const;
  void SetVersion(google::protobuf::Message& message, int64_t version) const;
  absl::Status CheckEtag(const google::protobuf::Message& message, absl::string_view etag) const;
  const std::string& NameOf(const google::protobuf::Message& message) const;

  // Names every field without a column, column of another type, NOT NULL column that no field
  // fills, filterable field without an index from which pages can be read, and what its search
  // tables lack.
  absl::Status CheckDrift(Connection& connection) const;

 private:
  explicit Schema(const google::protobuf::Descriptor* descriptor);
  absl::StatusOr<Value> ToColumn(const google::protobuf::Message& message, const Column& column,
                                 const KeyOf& key_of) const;
  absl::Status OpenSealed(const Row& row, google::protobuf::Message& message,
                          const KeyOf& key_of) const;

  const google::protobuf::Descriptor* descriptor_;
  const google::protobuf::FieldDescriptor* name_;
  const google::protobuf::FieldDescriptor* etag_;
  const google::protobuf::FieldDescriptor* person_;
  std::string table_;
  std::vector<Column> columns_;
  std::vector<SearchTable> searches_;
  MacLayout layout_;
  Sql sql_;
  std::string column_list_;
};

}  // namespace vivier::storage
