#include "tests/tamper/changes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "shared/base/resource_name.h"

namespace vivier::testing {
namespace {

using storage::Bytes;
using storage::Engine;
using storage::Row;
using storage::Schema;
using storage::Value;

std::string PlaceColumn(Engine engine) {
  return engine == Engine::kSqlite ? "rowid" : "CAST(ctid AS TEXT)";
}

std::string At(Engine engine, int parameter) {
  return engine == Engine::kSqlite ? absl::StrCat("rowid = CAST($", parameter, " AS BIGINT)")
                                   : absl::StrCat("ctid = CAST($", parameter, " AS tid)");
}

std::string TextOf(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

// The next digit, or the next letter, of what stands last.
std::string NextText(std::string text, bool digits) {
  for (size_t i = text.size(); i-- > 0;) {
    char& c = text[i];
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      c = c == '9' ? '1' : static_cast<char>(c + 1);
      return text;
    }
    if (!digits && absl::ascii_isalpha(static_cast<unsigned char>(c))) {
      c = c == 'z' || c == 'Z' ? static_cast<char>(c - 1) : static_cast<char>(c + 1);
      return text;
    }
  }
  return digits ? NextText(text, false) : absl::StrCat(text, "x");
}

std::vector<Value> OtherEnumValues(const Schema::Column& column, const std::string& value) {
  std::vector<Value> others;
  const google::protobuf::EnumDescriptor& type = *column.field->enum_type();
  for (int i = 1; i < type.value_count(); ++i)
    if (type.value(i)->name() != value) others.push_back(type.value(i)->name());
  return others;
}

std::vector<Value> Others(const TableRows& table, size_t row, size_t column) {
  const Value& value = table.rows[row][column];
  const Schema::Column* field =
      table.schema == nullptr ? nullptr : table.schema->FindColumn(table.columns[column].name);
  if (const auto* number = std::get_if<int64_t>(&value)) {
    const bool flag = field != nullptr &&
                      field->field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL;
    return {Value(flag ? 1 - *number : *number + 1)};
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    Bytes other = *bytes;
    if (other.data.empty()) other.data = "x";
    other.data.back() = static_cast<char>(other.data.back() ^ 1);
    return {Value(other)};
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return {};
  if (field != nullptr && field->kind == Schema::Kind::kEnum) return OtherEnumValues(*field, *text);
  std::vector<Value> others;
  for (const Row& other : table.rows) {
    if (other[column] == value || !std::holds_alternative<std::string>(other[column])) continue;
    others.push_back(other[column]);
    break;
  }
  const bool structured = field != nullptr && field->kind != Schema::Kind::kText;
  others.push_back(NextText(*text, structured));
  // A day of its own: a day more or less may be the school's in another time zone.
  if (text->size() == 10 && (*text)[4] == '-' && (*text)[7] == '-')
    others.push_back("2040" + text->substr(4));
  return others;
}

storage::Connection::Statement Insert(const TableRows& table, const Row& row) {
  std::vector<std::string> names, places;
  for (const storage::Column& column : table.columns) {
    names.push_back(column.name);
    places.push_back(absl::StrCat("$", names.size()));
  }
  return {absl::StrCat("INSERT INTO ", table.table, " (", absl::StrJoin(names, ", "), ") VALUES (",
                       absl::StrJoin(places, ", "), ")"),
          row};
}

// The last column of the key that is text: "name", or what a table of the house is told apart by.
size_t KeyColumn(const TableRows& table) {
  for (const char* key : {"name", "request_id", "membership", "person", "subject", "producer",
                          "operation", "since", "follower", "target"})
    if (table.ColumnAt(key) < table.columns.size()) return table.ColumnAt(key);
  return table.columns.size();
}

}  // namespace

size_t TableRows::ColumnAt(const std::string& name) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(),
                   [&name](const storage::Column& column) { return column.name == name; });
  return static_cast<size_t>(found - columns.begin());
}

TableRows ReadTable(StoppedSite& site, const std::string& service, const std::string& table,
                    std::mt19937& random) {
  TableRows read{service, table, site.Columns(service, table), {}, {}, nullptr};
  for (const Schema* schema : site.house(service).schemas())
    if (schema->table() == table) read.schema = schema;
  std::vector<std::string> names = {PlaceColumn(site.engine())};
  for (const storage::Column& column : read.columns) names.push_back(column.name);
  storage::Result result = site.Read(
      service,
      absl::StrCat("SELECT ", absl::StrJoin(names, ", "), " FROM ", table,
                   " WHERE school = 'nancy' ORDER BY ",
                   absl::StrJoin(std::vector<std::string>(names.begin() + 1, names.end()), ", ")));
  std::shuffle(result.rows.begin(), result.rows.end(), random);
  for (Row& row : result.rows) {
    read.places.push_back(TextOf(row.front()));
    row.erase(row.begin());
    read.rows.push_back(std::move(row));
  }
  return read;
}

Changes OtherValues(const TableRows& table, size_t row, size_t column, Engine engine) {
  Changes changes;
  for (Value& other : Others(table, row, column))
    changes.push_back({absl::StrCat("UPDATE ", table.table, " SET ", table.columns[column].name,
                                    " = $1 WHERE ", At(engine, 2)),
                       {std::move(other), Value(table.places[row])}});
  return changes;
}

Changes Deleted(const TableRows& table, size_t row, Engine engine) {
  return {{absl::StrCat("DELETE FROM ", table.table, " WHERE ", At(engine, 1)),
           {Value(table.places[row])}}};
}

Changes Doubled(const TableRows& table, size_t row, Engine) {
  const size_t key = KeyColumn(table);
  if (key == table.columns.size()) return {};
  Row copy = table.rows[row];
  copy[key] = absl::StrCat(TextOf(copy[key]), "x");
  return {Insert(table, copy)};
}

// Below the parent of another row.
Changes Moved(const TableRows& table, size_t row, Engine engine) {
  const size_t key = table.ColumnAt("name");
  if (table.schema == nullptr || key == table.columns.size()) return {};
  const std::string name = TextOf(table.rows[row][key]);
  std::set<std::string> names;
  for (const Row& other : table.rows) names.insert(TextOf(other[key]));
  for (const std::string& other : names) {
    if (ParentOf(other) == ParentOf(name)) continue;
    const std::string moved = absl::StrCat(ParentOf(other), name.substr(ParentOf(name).size()));
    if (names.count(moved) > 0) continue;
    return {{absl::StrCat("UPDATE ", table.table, " SET name = $1 WHERE ", At(engine, 2)),
             {Value(moved), Value(table.places[row])}}};
  }
  return {};
}

Changes PutBack(const TableRows& table, size_t row, const std::map<std::string, Row>& before,
                Engine engine) {
  const size_t key = table.ColumnAt("name");
  if (key == table.columns.size()) return {};
  const auto old = before.find(TextOf(table.rows[row][key]));
  if (old == before.end() || old->second == table.rows[row]) return {};
  std::vector<std::string> sets;
  std::vector<Value> values;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    values.push_back(old->second[i]);
    sets.push_back(absl::StrCat(table.columns[i].name, " = $", values.size()));
  }
  values.push_back(Value(table.places[row]));
  return {{absl::StrCat("UPDATE ", table.table, " SET ", absl::StrJoin(sets, ", "), " WHERE ",
                        At(engine, static_cast<int>(values.size()))),
           values}};
}

}  // namespace vivier::testing
