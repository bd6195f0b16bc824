#include "shared/process/person_file.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/process/retention.h"
#include "shared/storage/log/erasure.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;
using storage::Bytes;
using storage::Result;
using storage::Schema;
using storage::Transaction;
using storage::Value;

// Names that one statement looks for.
constexpr size_t kNamesMax = 100;

const std::string& TypeOf(const Schema& schema) {
  return schema.descriptor()->options().GetExtension(google::api::resource).type();
}

// The columns that may name a row of the person: its own name, and references in clear.
std::vector<std::string> NamingColumns(const Schema& schema) {
  std::vector<std::string> columns = {"name"};
  for (const Schema::Column& column : schema.columns()) {
    const bool refers = column.field->options().HasExtension(google::api::resource_reference);
    if (refers && column.kind == Schema::Kind::kText && !column.encrypted)
      columns.push_back(column.field->name());
  }
  return columns;
}

// "(name IN ($2, $3) OR learner IN ($2, $3))"
std::string Condition(const Schema& schema, size_t names) {
  std::vector<std::string> places, conditions;
  for (size_t i = 0; i < names; ++i) places.push_back(absl::StrCat("$", i + 2));
  for (const std::string& column : NamingColumns(schema))
    conditions.push_back(absl::StrCat(column, " IN (", absl::StrJoin(places, ", "), ")"));
  return absl::StrCat("(", absl::StrJoin(conditions, " OR "), ") ORDER BY name");
}

absl::StatusOr<v1::PersonRow> ToPersonRow(const std::string& service, const Schema& schema,
                                          const pb::Message& message) {
  v1::PersonRow row;
  row.set_service(service);
  row.set_type(TypeOf(schema));
  pb::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  if (!pb::util::MessageToJsonString(message, row.mutable_resource(), options).ok())
    return Internal("a resource without JSON");
  return row;
}

// Every table of the service once, in the order of its types.
std::map<std::string, const Schema*> TablesOf(const rpc::Service& service) {
  std::map<std::string, const Schema*> tables;
  for (const Schema* schema : service.schemas()) tables[TypeOf(*schema)] = schema;
  return tables;
}

bool SealsAnything(const rpc::Service& service) {
  for (const Schema* schema : service.schemas())
    for (const Schema::Column& column : schema->columns())
      if (column.encrypted) return true;
  return false;
}

// Reads rows in rounds: those that are named by `file.names`, then those that are named by these.
class Search {
 public:
  Search(const rpc::Service& service, Transaction& transaction)
      : service_(service), transaction_(transaction), tables_(TablesOf(service)) {}

  absl::StatusOr<PersonFile> Find(const std::set<std::string>& names) {
    std::vector<std::string> fresh(names.begin(), names.end());
    while (!fresh.empty()) {
      std::vector<std::string> found;
      for (size_t first = 0; first < fresh.size(); first += kNamesMax)
        RETURN_IF_ERROR(Round({fresh.begin() + static_cast<std::ptrdiff_t>(first),
                               fresh.begin() + static_cast<std::ptrdiff_t>(
                                                   std::min(first + kNamesMax, fresh.size()))},
                              found));
      fresh = std::move(found);
    }
    PersonFile file;
    for (auto& [key, row] : rows_) {
      file.names.insert(key.second);
      file.rows.push_back(std::move(row));
    }
    return file;
  }

 private:
  absl::Status Round(const std::vector<std::string>& names, std::vector<std::string>& found) {
    std::vector<Value> parameters = {Value(transaction_.school())};
    parameters.insert(parameters.end(), names.begin(), names.end());
    for (const auto& [type, schema] : tables_) {
      ASSIGN_OR_RETURN(Result result,
                       transaction_.connection().Query(
                           schema->SelectWhere(Condition(*schema, names.size())), parameters));
      for (const storage::Row& stored : result.rows) {
        const std::string& name = std::get<std::string>(stored[1]);
        if (rows_.count({type, name}) > 0) continue;
        ASSIGN_OR_RETURN(auto message, transaction_.Decode(*schema, stored));
        ASSIGN_OR_RETURN(rows_[std::make_pair(type, name)],
                         ToPersonRow(service_.name(), *schema, *message));
        found.push_back(name);
      }
    }
    return absl::OkStatus();
  }

  const rpc::Service& service_;
  Transaction& transaction_;
  const std::map<std::string, const Schema*> tables_;
  std::map<std::pair<std::string, std::string>, v1::PersonRow> rows_;  // by type and name
};

absl::Status AddAwaited(Transaction& transaction, int64_t number, v1::ServiceErasure& erasure) {
  ASSIGN_OR_RETURN(Result behind,
                   transaction.connection().Query(
                       "SELECT follower FROM followers WHERE school = $1 AND number < $2 "
                       "ORDER BY follower",
                       {Value(transaction.school()), Value(number)}));
  for (const storage::Row& row : behind.rows) erasure.add_awaited(std::get<std::string>(row[0]));
  return absl::OkStatus();
}

void AddKept(const PersonFile& file, v1::ServiceErasure& erasure) {
  std::map<std::string, int64_t> counts;
  for (const v1::PersonRow& row : file.rows) ++counts[row.type()];
  for (const auto& [type, count] : counts) {
    v1::KeptRows& kept = *erasure.add_kept();
    kept.set_type(type);
    kept.set_rows(count);
    const RetentionRule& rule = RetentionOf(type);
    kept.set_months(rule.months);
    kept.set_since(std::string(rule.since));
    kept.set_source(std::string(rule.source));
  }
}

}  // namespace

absl::StatusOr<PersonFile> ReadPersonFile(const rpc::Service& service, Transaction& transaction,
                                          const std::set<std::string>& names) {
  return Search(service, transaction).Find(names);
}

absl::StatusOr<v1::ServiceErasure> ReadErasureOf(const rpc::Service& service,
                                                 Transaction& transaction,
                                                 const std::string& name) {
  v1::ServiceErasure erasure;
  erasure.set_service(service.name());
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(
                       "SELECT type, payload, number, erase_time, list_time FROM erasures "
                       "WHERE school = $1 AND subject = $2",
                       {Value(transaction.school()), Value(name)}));
  if (found.rows.empty()) {
    if (!SealsAnything(service)) erasure.set_state(v1::ServiceErasure::NOTHING_SEALED);
    return erasure;
  }
  const storage::Row& row = found.rows[0];
  erasure.set_listed(!std::holds_alternative<std::monostate>(row[4]));
  if (const auto* time = std::get_if<int64_t>(&row[3])) {
    erasure.set_state(v1::ServiceErasure::ERASED);
    *erasure.mutable_erase_time() = ToTimestamp(absl::FromUnixMicros(*time));
  } else {
    erasure.set_state(v1::ServiceErasure::AWAITING_FOLLOWERS);
    RETURN_IF_ERROR(AddAwaited(transaction, std::get<int64_t>(row[2]), erasure));
  }
  const pb::Descriptor* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(std::get<std::string>(row[0]));
  if (type == nullptr) return Internal("an erasure of a type that this binary does not know");
  const std::unique_ptr<pb::Message> event = NewMessage(type);
  if (!event->ParseFromString(std::get<Bytes>(row[1]).data))
    return Internal("an erasure that cannot be read");
  const std::vector<std::string> persons = storage::ErasedBy(*event);
  ASSIGN_OR_RETURN(PersonFile file,
                   ReadPersonFile(service, transaction, {persons.begin(), persons.end()}));
  AddKept(file, erasure);
  return erasure;
}

}  // namespace vivier::site
