#include "shared/storage/rows/schema.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/rows/field_encoding.h"
#include "shared/storage/rows/page_indexes.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;

constexpr int64_t kMicrosecondsPerSecond = 1'000'000;
// school, name and version stand before the fields' columns.
constexpr size_t kFixedColumns = 3, kVersionColumn = 2;
constexpr char kMac[] = "mac";  // the last column

[[noreturn]] void DieAtStart(const pb::Descriptor* message, absl::string_view why) {
  std::fprintf(stderr, "%s cannot be a table: %s\n", message->full_name().c_str(),
               std::string(why).c_str());
  std::abort();
}

bool HoldsPersonalData(const FieldDescriptor* field, int depth = 0) {
  if (field->options().GetExtension(options::v1::pii)) return true;
  if (field->message_type() == nullptr || depth > 8) return false;
  for (int i = 0; i < field->message_type()->field_count(); ++i)
    if (HoldsPersonalData(field->message_type()->field(i), depth + 1)) return true;
  return false;
}

bool IsTextOfElements(const FieldDescriptor* field, const std::string& name) {
  const pb::Descriptor* type = field->is_repeated() ? field->message_type() : nullptr;
  const FieldDescriptor* text = type == nullptr ? nullptr : type->FindFieldByName(name);
  return text != nullptr && !text->is_repeated() && text->type() == FieldDescriptor::TYPE_STRING;
}

Schema::Kind KindOf(const FieldDescriptor* field) {
  if (field->is_repeated()) return Schema::Kind::kJson;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Schema::Kind::kText;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Schema::Kind::kEnum;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_BOOL:
      return Schema::Kind::kInteger;
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const std::string& type = field->message_type()->full_name();
      if (type == "google.protobuf.Timestamp" || type == "google.protobuf.Duration")
        return Schema::Kind::kMicroseconds;
      return type == "google.type.Date" ? Schema::Kind::kDate : Schema::Kind::kJson;
    }
    default:  // floating point has no place among money, seats and minutes; uint64 does not fit a
              // BIGINT
      DieAtStart(field->containing_type(),
                 absl::StrCat("field ", field->name(), " has a type without a column"));
  }
}

absl::string_view ColumnType(const Schema::Column& column) {
  if (column.encrypted || column.field->type() == FieldDescriptor::TYPE_BYTES) return "BYTEA";
  switch (column.kind) {
    case Schema::Kind::kInteger:
    case Schema::Kind::kMicroseconds:
      return "BIGINT";
    default:
      return "TEXT";
  }
}

int64_t GetInteger(const pb::Message& message, const FieldDescriptor* field) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, field);
    default:
      return reflection.GetBool(message, field) ? 1 : 0;
  }
}

void SetInteger(pb::Message& message, const FieldDescriptor* field, int64_t value) {
  const pb::Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, field, static_cast<int32_t>(value));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, field, value);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, field, static_cast<uint32_t>(value));
    default:
      return reflection.SetBool(&message, field, value != 0);
  }
}

// Timestamp and Duration have the same two fields, seconds = 1 and nanos = 2.
int64_t Microseconds(const pb::Message& time) {
  const pb::Reflection& reflection = *time.GetReflection();
  const pb::Descriptor* type = time.GetDescriptor();
  return reflection.GetInt64(time, type->FindFieldByNumber(1)) * kMicrosecondsPerSecond +
         reflection.GetInt32(time, type->FindFieldByNumber(2)) / 1000;
}

void SetMicroseconds(pb::Message& time, int64_t microseconds) {
  const bool timestamp = time.GetDescriptor()->full_name() == "google.protobuf.Timestamp";
  int64_t seconds = microseconds / kMicrosecondsPerSecond;
  int64_t rest = microseconds % kMicrosecondsPerSecond;
  if (timestamp && rest < 0) {  // a Timestamp counts its nanos forward, a Duration has one sign
    rest += kMicrosecondsPerSecond;
    --seconds;
  }
  const pb::Reflection& reflection = *time.GetReflection();
  const pb::Descriptor* type = time.GetDescriptor();
  reflection.SetInt64(&time, type->FindFieldByNumber(1), seconds);
  reflection.SetInt32(&time, type->FindFieldByNumber(2), static_cast<int32_t>(rest * 1000));
}

absl::Status SetDate(pb::Message& message, absl::string_view text) {
  auto& date = static_cast<google::type::Date&>(message);
  int year = 0, month = 0, day = 0;
  if (text.size() != 10 || !absl::SimpleAtoi(text.substr(0, 4), &year) ||
      !absl::SimpleAtoi(text.substr(5, 2), &month) || !absl::SimpleAtoi(text.substr(8, 2), &day))
    return Internal("a date column holds no date");
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return absl::OkStatus();
}

bool IsEmpty(const pb::Message& message, const FieldDescriptor* field) {
  return field->is_repeated()
             ? message.GetReflection()->FieldSize(message, field) == 0
             : field->has_presence() && !message.GetReflection()->HasField(message, field);
}

absl::StatusOr<Value> ToValue(const pb::Message& message, const Schema::Column& column) {
  const FieldDescriptor* field = column.field;
  if (IsEmpty(message, field)) return Value(std::monostate());
  const pb::Reflection& reflection = *message.GetReflection();
  switch (column.kind) {
    case Schema::Kind::kText:
      if (field->type() == FieldDescriptor::TYPE_BYTES)
        return Value(Bytes{reflection.GetString(message, field)});
      return Value(reflection.GetString(message, field));
    case Schema::Kind::kInteger:
      return Value(GetInteger(message, field));
    case Schema::Kind::kEnum:
      return Value(reflection.GetEnum(message, field)->name());
    case Schema::Kind::kMicroseconds:
      return Value(Microseconds(reflection.GetMessage(message, field)));
    case Schema::Kind::kDate:
      return Value(
          DateText(static_cast<const google::type::Date&>(reflection.GetMessage(message, field))));
    case Schema::Kind::kJson:
      break;
  }
  ASSIGN_OR_RETURN(std::string json, FieldJson(message, field));
  return Value(std::move(json));
}

absl::Status FromValue(const Value& value, const Schema::Column& column, pb::Message& message) {
  if (std::holds_alternative<std::monostate>(value)) return absl::OkStatus();
  const FieldDescriptor* field = column.field;
  const pb::Reflection& reflection = *message.GetReflection();
  if (column.kind == Schema::Kind::kInteger || column.kind == Schema::Kind::kMicroseconds) {
    const int64_t* number = std::get_if<int64_t>(&value);
    if (number == nullptr) return Internal(absl::StrCat("column ", field->name(), " is no BIGINT"));
    if (column.kind == Schema::Kind::kInteger) {
      SetInteger(message, field, *number);
    } else {
      SetMicroseconds(*reflection.MutableMessage(&message, field), *number);
    }
    return absl::OkStatus();
  }
  const Bytes* bytes = std::get_if<Bytes>(&value);
  const std::string* text = bytes != nullptr ? &bytes->data : std::get_if<std::string>(&value);
  if (text == nullptr)
    return Internal(absl::StrCat("column ", field->name(), " is no TEXT or BYTEA"));
  switch (column.kind) {
    case Schema::Kind::kText:
      reflection.SetString(&message, field, *text);
      return absl::OkStatus();
    case Schema::Kind::kEnum: {
      // A name that this binary does not know stays unspecified: yesterday's binary reads
      // tomorrow's row.
      const pb::EnumValueDescriptor* known = field->enum_type()->FindValueByName(*text);
      if (known != nullptr) reflection.SetEnum(&message, field, known);
      return absl::OkStatus();
    }
    case Schema::Kind::kDate:
      return SetDate(*reflection.MutableMessage(&message, field), *text);
    default:
      return MergeFieldJson(message, field, *text);
  }
}

// Whether a column would hold the same. Of two equal messages it may say no, when they hold a map.
bool IsSame(const pb::Message& before, const pb::Message& after, const Schema::Column& column) {
  const FieldDescriptor* field = column.field;
  if (IsEmpty(before, field) || IsEmpty(after, field))
    return IsEmpty(before, field) && IsEmpty(after, field);
  const pb::Reflection& reflection = *before.GetReflection();
  const auto bytes = [](const pb::Message& message) { return message.SerializeAsString(); };
  if (field->is_repeated()) {
    const int size = reflection.FieldSize(before, field);
    if (field->message_type() == nullptr || reflection.FieldSize(after, field) != size)
      return false;
    for (int i = 0; i < size; ++i)
      if (bytes(reflection.GetRepeatedMessage(before, field, i)) !=
          bytes(reflection.GetRepeatedMessage(after, field, i)))
        return false;
    return true;
  }
  switch (column.kind) {
    case Schema::Kind::kText:
      return reflection.GetStringReference(before, field, nullptr) ==
             reflection.GetStringReference(after, field, nullptr);
    case Schema::Kind::kInteger:
      return GetInteger(before, field) == GetInteger(after, field);
    case Schema::Kind::kEnum:
      return reflection.GetEnumValue(before, field) == reflection.GetEnumValue(after, field);
    default:
      return bytes(reflection.GetMessage(before, field)) ==
             bytes(reflection.GetMessage(after, field));
  }
}

std::string TextOf(const pb::Message& message, const FieldDescriptor* field) {
  return message.GetReflection()->GetString(message, field);
}

// Binds an encrypted value to its place, so that ciphertexts cannot be moved between rows or
// columns.
std::string Place(const std::string& table, const std::string& column, const std::string& name) {
  return absl::StrCat(table, "|", column, "|", name);
}

void SetMac(const MacKeys& keys, const MacLayout& layout, Row& row) {
  row.back() =
      Bytes{MacOfRow(keys.front(), layout, absl::MakeConstSpan(row).first(row.size() - 1))};
}

void CheckListOptions(const Schema& schema) {
  const pb::Descriptor* resource = schema.descriptor();
  for (const Schema::Column& column : schema.columns())
    if (column.filterable && (column.encrypted || column.kind == Schema::Kind::kJson ||
                              column.field->type() == FieldDescriptor::TYPE_BYTES))
      DieAtStart(resource, "what is filterable must be a scalar without personal data");
  const std::string& parent = resource->options().GetExtension(options::v1::listed_below);
  if (!parent.empty() && schema.FindColumn(parent) == nullptr)
    DieAtStart(resource, "it has no such field as listed_below says");
}

}  // namespace

const Schema& Schema::Of(const pb::Descriptor* descriptor) {
  static std::mutex& mutex = *new std::mutex;
  static auto& schemas = *new std::map<const pb::Descriptor*, const Schema*>;
  std::lock_guard<std::mutex> lock(mutex);
  const Schema*& schema = schemas[descriptor];
  if (schema == nullptr) schema = new Schema(descriptor);
  return *schema;
}

Schema::Schema(const pb::Descriptor* descriptor)
    : descriptor_(descriptor),
      name_(descriptor->FindFieldByName("name")),
      etag_(descriptor->FindFieldByName("etag")),
      person_(
          descriptor->FindFieldByName(descriptor->options().GetExtension(options::v1::person))) {
  if (name_ == nullptr) DieAtStart(descriptor, "it has no name");
  table_ = SnakeCase(descriptor->options().GetExtension(google::api::resource).plural());
  if (table_.empty()) DieAtStart(descriptor, "its resource option has no plural");
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field == name_ || field == etag_) continue;
    const bool encrypted = HoldsPersonalData(field);
    if (encrypted && person_ == nullptr)
      DieAtStart(descriptor, "it has personal data but no person option");
    const bool proof = field->options().HasExtension(options::v1::proof);
    if (proof && !encrypted) DieAtStart(descriptor, "it has a proof that is no personal data");
    columns_.push_back({field, KindOf(field), encrypted, proof,
                        field->options().GetExtension(options::v1::filterable)});
    const std::string searched_by = SearchTable::SearchedBy(field);
    if (searched_by.empty()) continue;
    if (encrypted || !IsTextOfElements(field, searched_by))
      DieAtStart(descriptor,
                 absl::StrCat("field ", field->name(), " cannot be searched by ", searched_by));
    searches_.emplace_back(field);
  }
  CheckListOptions(*this);
  std::vector<std::string> names = {"school", "name", "version"};
  std::vector<int> numbers(kFixedColumns, 0), later;
  for (const Column& column : columns_) {
    names.push_back(column.field->name());
    numbers.push_back(column.field->number());
    if (column.field->options().GetExtension(options::v1::covered_later))
      later.push_back(column.field->number());
  }
  names.push_back(kMac);
  layout_ = MacLayout(table_, std::move(numbers), later);
  column_list_ = absl::StrJoin(names, ", ");
  std::vector<std::string> places;
  for (size_t i = 1; i <= names.size(); ++i) places.push_back(absl::StrCat("$", i));
  sql_.select_by_name =
      absl::StrCat("SELECT ", column_list_, " FROM ", table_, " WHERE school = $1 AND name = $2");
  sql_.insert = absl::StrCat("INSERT INTO ", table_, " (", column_list_, ") VALUES (",
                             absl::StrJoin(places, ", "), ")");
  sql_.erase =
      absl::StrCat("DELETE FROM ", table_, " WHERE school = $1 AND name = $2 AND version = $3");
}

const Schema::Column* Schema::FindColumn(absl::string_view field) const {
  for (const Column& column : columns_)
    if (column.field->name() == field) return &column;
  return nullptr;
}

std::string Schema::SelectWhere(absl::string_view condition) const {
  return absl::StrCat("SELECT ", column_list_, " FROM ", table_, " WHERE school = $1 AND ",
                      condition);
}

const std::string& Schema::NameOf(const pb::Message& message) const {
  return message.GetReflection()->GetStringReference(message, name_, nullptr);
}

int64_t Schema::Version(const pb::Message& message) const {
  int64_t version = 0;
  if (etag_ == nullptr ||
      !absl::SimpleAtoi(message.GetReflection()->GetString(message, etag_), &version))
    return 0;
  return version;
}

void Schema::SetVersion(pb::Message& message, int64_t version) const {
  if (etag_ != nullptr) message.GetReflection()->SetString(&message, etag_, absl::StrCat(version));
}

absl::Status Schema::CheckEtag(const pb::Message& message, absl::string_view etag) const {
  if (etag.empty() || etag == absl::StrCat(Version(message))) return absl::OkStatus();
  return EtagMismatch(NameOf(message));
}

absl::StatusOr<Value> Schema::ToColumn(const pb::Message& message, const Column& column,
                                       const KeyOf& key_of) const {
  if (!column.encrypted) return ToValue(message, column);
  if (IsEmpty(message, column.field)) return Value();
  ASSIGN_OR_RETURN(security::Key key,
                   key_of(KeyName(TextOf(message, person_), column.proof), true));
  return Value(Bytes{security::Encrypt(key, FieldBytes(message, column.field),
                                       Place(table_, column.field->name(), NameOf(message)))});
}

absl::StatusOr<Row> Schema::ToRow(const pb::Message& message, int64_t version,
                                  const RowKeys& keys) const {
  const std::string& name = NameOf(message);
  Row row = {std::string(SchoolOf(name)), name, version};
  row.reserve(kFixedColumns + columns_.size() + 1);
  for (const Column& column : columns_) {
    ASSIGN_OR_RETURN(Value value, ToColumn(message, column, keys.of_person));
    row.push_back(std::move(value));
  }
  row.emplace_back();
  if (keys.macs != nullptr) SetMac(*keys.macs, layout_, row);
  return row;
}

absl::StatusOr<Schema::Change> Schema::ToChange(const Row& row, const pb::Message& before,
                                                const pb::Message& after, int64_t version,
                                                const RowKeys& keys) const {
  const std::string& name = NameOf(after);
  // All that is encrypted or none: a key that was destroyed and made anew must open everything that
  // stands in the row.
  const bool encrypts = std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) {
    return column.encrypted && !IsSame(before, after, column);
  });
  Change change{absl::StrCat("UPDATE ", table_, " SET version = $3"),
                {std::string(SchoolOf(name)), name, version + 1},
                row};
  change.row[kVersionColumn] = version + 1;
  const auto set = [&change](absl::string_view column, const Value& value) {
    change.parameters.push_back(value);
    absl::StrAppend(&change.sql, ", ", column, " = $", change.parameters.size());
  };
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (column.encrypted ? !encrypts : IsSame(before, after, column)) continue;
    ASSIGN_OR_RETURN(Value value, ToColumn(after, column, keys.of_person));
    set(column.field->name(), change.row[kFixedColumns + i] = std::move(value));
  }
  if (keys.macs != nullptr) {
    SetMac(*keys.macs, layout_, change.row);
    set(kMac, change.row.back());
  }
  change.parameters.push_back(version);
  absl::StrAppend(&change.sql, " WHERE school = $1 AND name = $2 AND version = $",
                  change.parameters.size());
  return change;
}

absl::Status Schema::FromRow(const Row& row, pb::Message& message, const RowKeys& keys) const {
  if (row.size() != kFixedColumns + columns_.size() + 1) return Internal("a row of another table");
  const auto values = absl::MakeConstSpan(row).first(row.size() - 1);
  if (keys.macs != nullptr)
    RETURN_IF_ERROR(ToStatus(CheckMac(*keys.macs, layout_, values, row.back()), table_,
                             std::get<std::string>(row[1])));
  message.GetReflection()->SetString(&message, name_, std::get<std::string>(row[1]));
  SetVersion(message, std::get<int64_t>(row[2]));
  for (size_t i = 0; i < columns_.size(); ++i)
    if (!columns_[i].encrypted)
      RETURN_IF_ERROR(FromValue(row[kFixedColumns + i], columns_[i], message));
  return person_ == nullptr ? absl::OkStatus() : OpenSealed(row, message, keys.of_person);
}

// After the open columns, since the person's name may be one of them.
absl::Status Schema::OpenSealed(const Row& row, pb::Message& message, const KeyOf& key_of) const {
  std::optional<absl::StatusOr<security::Key>> keys[2];  // of the person, of proof
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Bytes* encrypted = std::get_if<Bytes>(&row[kFixedColumns + i]);
    if (!columns_[i].encrypted || encrypted == nullptr) continue;
    auto& key = keys[columns_[i].proof ? 1 : 0];
    if (!key.has_value()) key = key_of(KeyName(TextOf(message, person_), columns_[i].proof), false);
    if (absl::IsNotFound(key->status())) continue;  // the person was erased
    RETURN_IF_ERROR(key->status());
    const std::string& column = columns_[i].field->name();
    ASSIGN_OR_RETURN(std::string bytes, security::Decrypt(**key, encrypted->data,
                                                          Place(table_, column, NameOf(message))));
    if (!message.MergeFromString(bytes))
      return Internal(absl::StrCat("column ", column, " does not hold its field"));
  }
  return absl::OkStatus();
}

absl::Status Schema::CheckDrift(Connection& connection) const {
  ASSIGN_OR_RETURN(std::vector<storage::Column> found, Columns(connection, table_));
  std::map<std::string, storage::Column> open;
  for (storage::Column& column : found) open[column.name] = column;
  std::vector<std::string> wrong;
  auto expect = [&](const std::string& name, absl::string_view type, bool nullable) {
    auto column = open.find(name);
    if (column == open.end()) {
      wrong.push_back(absl::StrCat(name, " is missing"));
      return;
    }
    if (column->second.type != type)
      wrong.push_back(absl::StrCat(name, " is ", column->second.type, ", not ", type));
    if (nullable && !column->second.nullable)
      wrong.push_back(absl::StrCat(name, " must be nullable"));
    open.erase(column);
  };
  expect("school", "TEXT", false);
  expect("name", "TEXT", false);
  expect("version", "BIGINT", false);
  expect(kMac, "BYTEA", true);
  for (const Column& column : columns_) {
    const bool nullable =
        column.encrypted || column.field->is_repeated() || column.field->has_presence();
    expect(column.field->name(), ColumnType(column), nullable);
  }
  for (const auto& [name, column] : open)
    if (!column.nullable && !column.has_default)
      wrong.push_back(absl::StrCat(name, " is NOT NULL and no field fills it"));
  ASSIGN_OR_RETURN(const std::vector<std::string> unserved, UnservedFields(connection, *this));
  wrong.insert(wrong.end(), unserved.begin(), unserved.end());
  for (const SearchTable& search : searches_) RETURN_IF_ERROR(search.AddDrift(connection, wrong));
  if (wrong.empty()) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
               absl::StrCat("table ", table_, " does not fit ", descriptor_->full_name(), ": ",
                            absl::StrJoin(wrong, "; ")));
}

}  // namespace vivier::storage
