#include "shared/process/person_file.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/process/retention.h"
#include "shared/rpc/shown_persons.h"
#include "shared/service/catalogue.h"
#include "shared/storage/log/erasure.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;
using options::v1::KeptPeriod;
using storage::Bytes;
using storage::Result;
using storage::Schema;
using storage::Transaction;
using storage::Value;

constexpr char kNothingLeft[] = "no personal data are left in the row";
constexpr char kCounts[] = "the period is over; the row leads to nobody and is counted";

// Names that one statement looks for.
constexpr size_t kNamesMax = 100;

const std::string& TypeOf(const Schema& schema) {
  return schema.descriptor()->options().GetExtension(google::api::resource).type();
}

bool ToAny(const pb::Descriptor*) { return true; }
bool ToOneOfPerson(const pb::Descriptor* type) { return type == nullptr || rpc::IsOfPerson(*type); }

// The columns that may name a row of the person: its own name, and references in clear, `to` rows
// of these types; null stands for any type.
std::vector<std::string> NamingColumns(const Schema& schema, bool (*to)(const pb::Descriptor*)) {
  std::vector<std::string> columns = {"name"};
  for (const Schema::Column& column : schema.columns()) {
    const pb::FieldOptions& field = column.field->options();
    const bool refers =
        field.HasExtension(google::api::resource_reference) &&
        to(rpc::ResourceType(field.GetExtension(google::api::resource_reference).type()));
    if (refers && column.kind == Schema::Kind::kText && !column.encrypted)
      columns.push_back(column.field->name());
  }
  return columns;
}

// "(name IN ($2, $3) OR learner IN ($2, $3))"
std::string Condition(const std::vector<std::string>& columns, size_t names) {
  std::vector<std::string> places, conditions;
  for (size_t i = 0; i < names; ++i) places.push_back(absl::StrCat("$", i + 2));
  for (const std::string& column : columns)
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

// Whether it has the bytes of files, which are fetched file by file.
bool HasBytes(const Schema& schema) {
  return std::any_of(schema.columns().begin(), schema.columns().end(), [](const auto& column) {
    return column.encrypted && column.field->type() == pb::FieldDescriptor::TYPE_BYTES;
  });
}

// Every table of the service once, in the order of its types.
std::map<std::string, const Schema*> TablesOf(const rpc::Service& service) {
  std::map<std::string, const Schema*> tables;
  for (const Schema* schema : service.schemas())
    if (!HasBytes(*schema)) tables[TypeOf(*schema)] = schema;
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
    file.persons = std::move(persons_);
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
      ASSIGN_OR_RETURN(
          Result result,
          transaction_.connection().Query(
              schema->SelectWhere(Condition(NamingColumns(*schema, &ToAny), names.size())),
              parameters));
      for (const storage::Row& stored : result.rows) {
        const std::string& name = std::get<std::string>(stored[1]);
        if (rows_.count({type, name}) > 0) continue;
        ASSIGN_OR_RETURN(auto message, transaction_.Decode(*schema, stored));
        ASSIGN_OR_RETURN(rows_[std::make_pair(type, name)],
                         ToPersonRow(service_.name(), *schema, *message));
        rpc::ShownPersons shown = rpc::PersonsIn(*message);
        persons_.merge(shown.opened);
        persons_.merge(shown.rows);
        found.push_back(name);
      }
    }
    return absl::OkStatus();
  }

  const rpc::Service& service_;
  Transaction& transaction_;
  const std::map<std::string, const Schema*> tables_;
  std::map<std::pair<std::string, std::string>, v1::PersonRow> rows_;  // by type and name
  std::set<std::string> persons_;
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

// The events that erased the person, and later the proof, as this service knows them.
struct Erasing {
  storage::Row row;  // type, payload, number, erase_time, list_time
  std::unique_ptr<pb::Message> event;
};

absl::StatusOr<std::optional<Erasing>> FindErasing(Transaction& transaction,
                                                   const std::string& subject) {
  ASSIGN_OR_RETURN(Result found,
                   transaction.connection().Query(
                       "SELECT type, payload, number, erase_time, list_time FROM erasures "
                       "WHERE school = $1 AND subject = $2",
                       {Value(transaction.school()), Value(subject)}));
  if (found.rows.empty()) return std::nullopt;
  Erasing erasing{std::move(found.rows[0]), nullptr};
  ASSIGN_OR_RETURN(erasing.event, storage::ReadErasing(std::get<std::string>(erasing.row[0]),
                                                       std::get<Bytes>(erasing.row[1]).data));
  return erasing;
}

bool IsListed(const Erasing& erasing) {
  return !std::holds_alternative<std::monostate>(erasing.row[4]);
}

// The period of that kind; of a kind without one, whose beginning nobody knew, the last of all.
const KeptPeriod* PeriodOf(const std::vector<KeptPeriod>& kept, absl::string_view kind) {
  const KeptPeriod* last = nullptr;
  for (const KeptPeriod& period : kept) {
    if (period.kind() == kind) return &period;
    if (last == nullptr || ToCivil(last->until()) < ToCivil(period.until())) last = &period;
  }
  return kind.empty() ? nullptr : last;
}

void AddKept(const PersonFile& file, const std::vector<KeptPeriod>& periods, bool is_over,
             v1::ServiceErasure& erasure) {
  std::map<std::string, int64_t> counts;
  for (const v1::PersonRow& row : file.rows) ++counts[row.type()];
  for (const auto& [type, count] : counts) {
    v1::KeptRows& kept = *erasure.add_kept();
    kept.set_type(type);
    kept.set_rows(count);
    const KeptPeriod* period = PeriodOf(periods, ProvedBy(type));
    if (period == nullptr || is_over) {
      kept.set_source(period == nullptr ? kNothingLeft : kCounts);
      continue;
    }
    kept.set_months(period->months());
    kept.set_since(period->since());
    kept.set_source(period->source());
    *kept.mutable_until() = period->until();
  }
}

bool HasProof(const Schema& schema) {
  return std::any_of(schema.columns().begin(), schema.columns().end(),
                     [](const Schema::Column& column) { return column.proof; });
}

// Where it is kept, the key opens nothing that is not a field for proof.
absl::StatusOr<bool> KeepsProof(Transaction& transaction, const std::string& person) {
  ASSIGN_OR_RETURN(const Result found,
                   transaction.connection().Query(
                       "SELECT COUNT(*) FROM person_keys WHERE school = $1 AND person = $2 AND "
                       "erase_time IS NULL",
                       {Value(transaction.school()), Value(storage::ProofOf(person))}));
  return std::get<int64_t>(found.rows[0][0]) > 0;
}

}  // namespace

absl::StatusOr<PersonFile> ReadPersonFile(const rpc::Service& service, Transaction& transaction,
                                          const std::set<std::string>& names) {
  return Search(service, transaction).Find(names);
}

absl::Status AddPersonNames(const rpc::Service& service, Transaction& transaction, size_t names_max,
                            std::set<std::string>& names) {
  const std::map<std::string, const Schema*> tables = TablesOf(service);
  std::vector<std::string> fresh(names.begin(), names.end());
  while (!fresh.empty() && names.size() < names_max) {
    const size_t count = std::min(kNamesMax, fresh.size());
    std::vector<Value> parameters = {Value(transaction.school())};
    parameters.insert(parameters.end(), fresh.end() - static_cast<std::ptrdiff_t>(count),
                      fresh.end());
    fresh.resize(fresh.size() - count);
    for (const auto& [type, schema] : tables) {
      ASSIGN_OR_RETURN(
          const Result result,
          transaction.connection().Query(
              absl::StrCat("SELECT name FROM ", schema->table(), " WHERE school = $1 AND ",
                           Condition(NamingColumns(*schema, &ToOneOfPerson), count), " LIMIT ",
                           names_max),
              parameters));
      for (const storage::Row& row : result.rows) {
        const std::string& name = std::get<std::string>(row[0]);
        if (names.size() < names_max && names.insert(name).second) fresh.push_back(name);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::PersonRow>> ReadKeptProof(const rpc::Service& service,
                                                         Transaction& transaction,
                                                         const std::string& name) {
  std::vector<v1::PersonRow> rows;
  ASSIGN_OR_RETURN(const std::optional<Erasing> erasing, FindErasing(transaction, name));
  ASSIGN_OR_RETURN(const bool keeps, KeepsProof(transaction, name));
  if (!erasing.has_value() || !keeps) return rows;
  transaction.keys().OpenKept();
  ASSIGN_OR_RETURN(PersonFile file, ReadPersonFile(service, transaction, {name}));
  const std::map<std::string, const Schema*> tables = TablesOf(service);
  for (v1::PersonRow& row : file.rows)
    if (HasProof(*tables.at(row.type()))) rows.push_back(std::move(row));
  return rows;
}

absl::StatusOr<v1::ServiceErasure> ReadErasureOf(const rpc::Service& service,
                                                 Transaction& transaction,
                                                 const std::string& name) {
  v1::ServiceErasure erasure;
  erasure.set_service(service.name());
  ASSIGN_OR_RETURN(const std::optional<Erasing> erasing, FindErasing(transaction, name));
  if (!erasing.has_value()) {
    if (!SealsAnything(service)) erasure.set_state(v1::ServiceErasure::NOTHING_SEALED);
    return erasure;
  }
  ASSIGN_OR_RETURN(const std::optional<Erasing> over,
                   FindErasing(transaction, storage::ProofOf(name)));
  erasure.set_listed(IsListed(*erasing) && (!over.has_value() || IsListed(*over)));
  if (const auto* time = std::get_if<int64_t>(&erasing->row[3])) {
    erasure.set_state(v1::ServiceErasure::ERASED);
    *erasure.mutable_erase_time() = ToTimestamp(absl::FromUnixMicros(*time));
  } else {
    erasure.set_state(v1::ServiceErasure::AWAITING_FOLLOWERS);
    RETURN_IF_ERROR(AddAwaited(transaction, std::get<int64_t>(erasing->row[2]), erasure));
  }
  const std::vector<KeptPeriod> periods = storage::KeptBy(*erasing->event);
  ASSIGN_OR_RETURN(const bool keeps, KeepsProof(transaction, name));
  if (keeps) erasure.mutable_proof()->Assign(periods.begin(), periods.end());
  if (over.has_value())
    if (const auto* time = std::get_if<int64_t>(&over->row[3]))
      *erasure.mutable_proof_erase_time() = ToTimestamp(absl::FromUnixMicros(*time));
  const std::vector<std::string> persons = storage::ErasedBy(*erasing->event);
  ASSIGN_OR_RETURN(PersonFile file,
                   ReadPersonFile(service, transaction, {persons.begin(), persons.end()}));
  AddKept(file, periods, over.has_value(), erasure);
  return erasure;
}

}  // namespace vivier::site
