#include "shared/relations/relations.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "shared/relations/each.h"
#include "shared/relations/house.h"
#include "vivier/options/v1/follows.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::relations {
namespace {

namespace pb = google::protobuf;
using rpc::Breaches;
using storage::Result;
using storage::Row;
using storage::Schema;
using storage::Transaction;
using storage::Value;

constexpr char kFollows[] = "I16";
constexpr char kParent[] = "parent";
constexpr char kWriteTime[] = "audit_records";

using ByType = std::map<std::string, const Schema*>;  // "vivier.fr/Cohort" → its table

const google::api::ResourceDescriptor& ResourceOf(const Schema& schema) {
  return schema.descriptor()->options().GetExtension(google::api::resource);
}

std::string FollowsOf(const pb::FieldDescriptor* field) {
  return field->options().GetExtension(options::v1::follows);
}

ByType TablesByType(const rpc::Service& service) {
  ByType tables;
  for (const Schema* schema : service.schemas()) tables[ResourceOf(*schema).type()] = schema;
  return tables;
}

// The table that the field refers to, null where it is another service's, or none.
const Schema* Referred(const pb::FieldDescriptor* field, const ByType& tables) {
  const auto found =
      tables.find(field->options().GetExtension(google::api::resource_reference).type());
  return found == tables.end() ? nullptr : found->second;
}

std::string Covers(const Schema& schema, const std::string& columns) {
  return absl::StrCat(schema.table(), ": ", columns);
}

void AddReference(const Schema& schema, const pb::FieldDescriptor* field, const Schema& referred,
                  rpc::Service& service) {
  service.Follows(
      kFollows, Covers(schema, field->name()),
      absl::StrCat("SELECT r.name, '", field->name(), " names no row of ", referred.table(),
                   "' FROM ", schema.table(), " r LEFT JOIN ", referred.table(),
                   " t ON t.school = r.school AND t.name = r.", field->name(),
                   " WHERE r.school = $1 AND r.", field->name(), " <> '' AND t.name IS NULL"));
}

// "job_offer.company"
void AddCopy(const Schema& schema, const pb::FieldDescriptor* field, const ByType& tables,
             rpc::Service& service) {
  const std::pair<std::string, std::string> from =
      absl::StrSplit(FollowsOf(field), absl::MaxSplits('.', 1));
  const pb::FieldDescriptor* reference = schema.descriptor()->FindFieldByName(from.first);
  const Schema* referred = reference == nullptr ? nullptr : Referred(reference, tables);
  if (referred == nullptr) return;
  service.Follows(kFollows, Covers(schema, field->name()),
                  absl::StrCat("SELECT r.name, '", field->name(), " is not that of its ",
                               from.first, "' FROM ", schema.table(), " r JOIN ", referred->table(),
                               " t ON t.school = r.school AND t.name = r.", from.first,
                               " WHERE r.school = $1 AND r.", field->name(), " IS DISTINCT FROM t.",
                               from.second));
}

// "schools/{school}/cohorts/{cohort}" of "schools/{school}/cohorts/{cohort}/seats".
std::string PatternAbove(const std::string& pattern) {
  const bool singleton = !absl::EndsWith(pattern, "}");
  const std::string without = pattern.substr(0, pattern.rfind('/'));
  return singleton ? without : without.substr(0, without.rfind('/'));
}

// The row above is there, and a row of the school says so in its name.
void AddPlace(const Schema& schema, const rpc::Service& all, rpc::Service& service) {
  const std::string pattern = ResourceOf(schema).pattern(0);
  const std::string above = PatternAbove(pattern);
  if (above == "schools" || above == "schools/{school}") {
    const std::string collection = absl::StrCat("/", ResourceOf(schema).plural(), "/");
    if (above == "schools/{school}")
      service.Holds(
          kFollows, absl::StrCat("SELECT COUNT(*) FROM ", schema.table(), " WHERE school = $1"),
          absl::StrCat("SELECT name, 'is no name of this table' FROM ", schema.table(),
                       " WHERE school = $1 AND substr(name, 1, length(school) + ",
                       8 + collection.size(), ") <> 'schools/' || school || '", collection, "'"));
    return;
  }
  const std::string parent = absl::EndsWith(pattern, "}")
                                 ? ParentSql("r.name")
                                 : absl::StrCat("substr(r.name, 1, length(r.name) - ",
                                                pattern.size() - pattern.rfind('/'), ")");
  for (const Schema* other : all.schemas()) {
    if (ResourceOf(*other).pattern(0) != above) continue;
    service.Holds(kFollows,
                  absl::StrCat("SELECT COUNT(*) FROM ", schema.table(), " WHERE school = $1"),
                  absl::StrCat("SELECT r.name, 'lies below no row of ", other->table(), "' FROM ",
                               schema.table(), " r LEFT JOIN ", other->table(),
                               " t ON t.school = r.school AND t.name = ", parent,
                               " WHERE r.school = $1 AND t.name IS NULL"));
  }
}

void AddParent(const Schema& schema, const pb::FieldDescriptor* field, rpc::Service& service) {
  service.Follows(
      kFollows, Covers(schema, field->name()),
      absl::StrCat("SELECT name, '", field->name(), " is not what its name lies below' FROM ",
                   schema.table(), " WHERE school = $1 AND ", field->name(), " <> ",
                   ParentSql("name")));
}

// A column with the times of writes.
struct WriteTime {
  std::string table, column;
};

// One pass over the audit trail for all of them.
absl::StatusOr<Breaches> CheckWriteTimes(Transaction& transaction,
                                         const std::vector<WriteTime>& columns) {
  std::vector<std::string> selects;
  for (const auto& [table, column] : columns)
    selects.push_back(absl::StrCat("SELECT ", column, " AS at FROM ", table,
                                   " WHERE school = $1 AND ", column, " IS NOT NULL"));
  const std::string odd =
      absl::StrCat("SELECT at FROM (", absl::StrJoin(selects, " UNION "),
                   ") AS times EXCEPT SELECT create_time FROM audit_records WHERE school = $1");
  const Value school = transaction.school();
  ASSIGN_OR_RETURN(const Result times, transaction.connection().Query(odd, {school}));
  Breaches breaches{static_cast<int64_t>(columns.size()), 0, "", ""};
  for (const Row& row : times.rows) {
    for (const auto& [table, column] : columns) {
      ASSIGN_OR_RETURN(const Result rows,
                       transaction.connection().Query(
                           absl::StrCat("SELECT name FROM ", table, " WHERE school = $1 AND ",
                                        column, " = $2 LIMIT 1"),
                           {school, row[0]}));
      if (!rows.rows.empty())
        breaches.Add(std::get<std::string>(rows.rows[0][0]),
                     absl::StrCat(column, " is the time of no write in the audit trail"));
    }
  }
  return breaches;
}

void AddWriteTimes(const std::vector<WriteTime>& columns, rpc::Service& service) {
  if (columns.empty()) return;
  std::vector<std::string> covers;
  for (const auto& [table, column] : columns) covers.push_back(absl::StrCat(table, ": ", column));
  service.Follows(kFollows, absl::StrJoin(covers, "; "), [columns](Transaction& transaction) {
    return CheckWriteTimes(transaction, columns);
  });
}

// The key of its person is there, or the one of proof, where a column is encrypted with it; of an
// erased person it is empty.
void AddKeyOf(const Schema& schema, bool proof, rpc::Service& service) {
  std::vector<std::string> filled;
  for (const Schema::Column& column : schema.columns())
    if (column.encrypted && column.proof == proof)
      filled.push_back(absl::StrCat("r.", column.field->name(), " IS NOT NULL"));
  if (filled.empty()) return;
  const std::string& person = schema.descriptor()->options().GetExtension(options::v1::person);
  service.Holds(kFollows,
                absl::StrCat("SELECT COUNT(*) FROM ", schema.table(), " WHERE school = $1"),
                absl::StrCat("SELECT r.name, 'its person has no key' FROM ", schema.table(),
                             " r LEFT JOIN person_keys k ON k.school = r.school AND k.person = r.",
                             person, " || '", proof ? storage::ProofOf("") : "",
                             "' WHERE r.school = $1 AND k.person IS NULL AND (",
                             absl::StrJoin(filled, " OR "), ")"));
}

// What is encrypted opens with the key of its person, and there is one.
void AddEncrypted(const Schema& schema, rpc::Service& service) {
  std::vector<std::string> columns;
  for (const Schema::Column& column : schema.columns())
    if (column.encrypted) columns.push_back(column.field->name());
  if (columns.empty()) return;
  service.Follows(kFollows, Covers(schema, absl::StrJoin(columns, ", ")),
                  [&schema](Transaction& transaction) -> absl::StatusOr<Breaches> {
                    Breaches breaches;
                    RETURN_IF_ERROR(EachRow(
                        transaction, schema, [&](const pb::Message&) { ++breaches.checked; },
                        [&](const std::string& name, const absl::Status&) {
                          breaches.Add(name, "its person's key does not open it");
                        }));
                    return breaches;
                  });
  AddKeyOf(schema, false, service);
  AddKeyOf(schema, true, service);
}

// What follows from what, by column, where a relation compares it.
std::map<std::pair<std::string, std::string>, std::string> InvariantsByColumn(
    const rpc::Service& service) {
  std::map<std::pair<std::string, std::string>, std::string> invariants;
  for (const rpc::Relation& relation : service.relations()) {
    for (const std::string& column : relation.columns) {
      std::string& ids = invariants[{relation.table, column}];
      if (!absl::StrContains(ids, relation.invariant))
        absl::StrAppend(&ids, ids.empty() ? "" : " ", relation.invariant);
    }
  }
  return invariants;
}

// What the .proto says a column follows from. What refers to rows of other services is claimed.
std::string FromOf(const Schema::Column& column, const ByType& tables) {
  std::vector<std::string> from;
  if (const std::string follows = FollowsOf(column.field); !follows.empty())
    from.push_back(follows);
  const Schema* referred = Referred(column.field, tables);
  if (referred != nullptr && column.kind == Schema::Kind::kText &&
      column.field->options().GetExtension(options::v1::may_be_gone).empty())
    from.push_back(referred->table());
  if (!storage::SearchTable::SearchedBy(column.field).empty()) from.push_back("its search table");
  if (column.encrypted) from.push_back("the key of its person");
  return absl::StrJoin(from, "; ");
}

}  // namespace

void AddRelations(rpc::Service& service) {
  const rpc::Service all = service;
  const ByType tables = TablesByType(service);
  std::vector<WriteTime> times;
  for (const Schema* schema : all.schemas()) {
    AddPlace(*schema, all, service);
    AddEncrypted(*schema, service);
    for (const Schema::Column& column : schema->columns()) {
      const std::string follows = FollowsOf(column.field);
      const Schema* referred = Referred(column.field, tables);
      if (referred != nullptr && column.kind == Schema::Kind::kText &&
          column.field->options().GetExtension(options::v1::may_be_gone).empty())
        AddReference(*schema, column.field, *referred, service);
      if (follows == kParent) AddParent(*schema, column.field, service);
      if (follows == kWriteTime) times.push_back({schema->table(), column.field->name()});
      if (absl::StrContains(follows, '.') && !absl::StrContains(follows, ' '))
        AddCopy(*schema, column.field, tables, service);
    }
  }
  AddWriteTimes(times, service);
}

std::vector<Line> LinesOf(const rpc::Service& service) {
  auto invariants = InvariantsByColumn(service);
  const ByType tables = TablesByType(service);
  std::vector<Line> lines;
  const auto add = [&](const std::string& table, const std::string& column,
                       const std::string& from) {
    const auto ids = invariants.extract({table, column});
    lines.push_back({table, column, from, ids.empty() ? "" : ids.mapped()});
  };
  for (const Schema* schema : service.schemas()) {
    add(schema->table(), "name",
        schema->descriptor()->options().GetExtension(options::v1::rows_follow));
    for (const Schema::Column& column : schema->columns())
      add(schema->table(), column.field->name(), FromOf(column, tables));
  }
  // Tables of the house and search tables have no .proto.
  for (const auto& [column, ids] : invariants)
    lines.push_back({column.first, column.second, HouseFrom(column.first), ids});
  return lines;
}

std::string ParentSql(const std::string& name) {
  // Up to the last slash: what stands behind it has no character that is trimmed.
  const auto till_slash = [](const std::string& text) {
    return absl::StrCat("rtrim(", text, ", replace(", text, ", '/', ''))");
  };
  const auto without_slash = [](const std::string& text) {
    return absl::StrCat("rtrim(", text, ", '/')");
  };
  return without_slash(till_slash(without_slash(till_slash(name))));
}

std::string IdSql(const std::string& name) {
  return absl::StrCat("substr(", name, ", length(rtrim(", name, ", replace(", name,
                      ", '/', ''))) + 1)");
}

std::string IsOf(const std::string& name, const std::string& collection) {
  const std::string prefix = absl::StrCat("'schools/' || $1 || '/", collection, "'");
  return absl::StrCat("substr(", name, ", 1, length(", prefix, ")) = ", prefix);
}

std::string EndsWith(const std::string& text, const std::string& ending) {
  return absl::StrCat("substr(", text, ", length(", text, ") - ", ending.size() - 1, ") = '",
                      ending, "'");
}

std::string Unlike(const std::string& rows, const std::string& due, const std::string& why) {
  const auto without = [](const std::string& some, const std::string& others) {
    return absl::StrCat("(SELECT * FROM (", some, ") AS these EXCEPT SELECT * FROM (", others,
                        ") AS those)");
  };
  return absl::StrCat("SELECT name, '", why, "' FROM ", without(rows, due),
                      " AS more UNION ALL SELECT name, '", why, "' FROM ", without(due, rows),
                      " AS less");
}

}  // namespace vivier::relations
