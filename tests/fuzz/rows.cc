// What callers send, and what stands in tables.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/modules.h"
#include "shared/base/canonical.h"
#include "shared/base/message.h"
#include "shared/base/unicode.h"
#include "shared/rpc/entry.h"
#include "shared/security/encryption.h"
#include "shared/security/roles.h"
#include "shared/security/school_key.h"
#include "shared/service/method.h"
#include "shared/storage/rows/filter.h"
#include "shared/storage/rows/page_query.h"
#include "shared/storage/rows/page_token.h"
#include "shared/storage/rows/schema.h"
#include "tests/fuzz/fuzz.h"
#include "tests/rpc/base_request.h"
#include "vivier/storage/v1/page_token.pb.h"

namespace vivier::fuzz {
namespace {

namespace pb = google::protobuf;
using storage::Schema;
using storage::Value;

constexpr char kCellEnd = '\x1f';
constexpr size_t kFixedColumns = 3;  // school, name, version

const std::vector<site::Module>& Modules() {
  static const auto& modules = *new std::vector<site::Module>(AllModules());
  return modules;
}

const std::vector<rpc::Method>& Methods() {
  static const auto& methods = *[] {
    auto* all = new std::vector<rpc::Method>;
    for (const site::Module& module : Modules())
      for (const pb::MethodDescriptor* method : module.service.methods())
        all->push_back(*rpc::Describe(method));
    return all;
  }();
  return methods;
}

const std::vector<const Schema*>& Schemas() {
  static const auto& schemas = *[] {
    auto* all = new std::vector<const Schema*>;
    for (const site::Module& module : Modules())
      for (const Schema* schema : module.service.schemas()) all->push_back(schema);
    return all;
  }();
  return schemas;
}

// Something in each field, as deep as resources are.
void Fill(pb::Message& message, int depth = 0) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor* field = type.field(i);
    if (field->is_map()) continue;
    if (field->message_type() != nullptr) {
      if (depth > 3) continue;
      Fill(field->is_repeated() ? *reflection.AddMessage(&message, field)
                                : *reflection.MutableMessage(&message, field),
           depth + 1);
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
      const std::string text = field->name() == "name" || field->name() == "parent"
                                   ? "schools/nancy/cohorts/ai-1"
                                   : "ai-1";
      field->is_repeated() ? reflection.AddString(&message, field, text)
                           : reflection.SetString(&message, field, text);
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_ENUM && !field->is_repeated()) {
      reflection.SetEnumValue(&message, field, field->enum_type()->value(1)->number());
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT32 && !field->is_repeated()) {
      reflection.SetInt32(&message, field, 7);
    } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated()) {
      reflection.SetInt64(&message, field, 20'000);
    }
  }
}

// Whoever may do everything at Nancy: the network's own.
rpc::Entry::Token Anybody() {
  auto token = std::make_shared<security::VerifiedToken>();
  for (const security::Grant& grant : security::RoleGrants())
    token->caller.roles.emplace_back(grant.holder);
  token->caller.schools = {"nancy"};
  return token;
}

// Whatever a MAC would refuse is read too.
const storage::RowKeys& Keys() {
  static const auto& keys = *new storage::RowKeys{[](const std::string&, bool) {
    return security::Key::FromBytes(std::string(security::Key::kSize, 'k'));
  }};
  return keys;
}

std::string CellOf(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat("i", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return "t" + *text;
  return "n";  // what is encrypted is read only where it was not changed
}

Value ReadCell(absl::string_view cell) {
  int64_t number = 0;
  if (cell.empty() || cell[0] == 'n') return Value();
  if (cell[0] == 'i' && absl::SimpleAtoi(cell.substr(1), &number)) return number;
  if (cell[0] == 'b') return storage::Bytes{std::string(cell.substr(1))};
  return std::string(cell.substr(1));
}

const Schema& Filtered() { return *Schemas()[2 % Schemas().size()]; }

}  // namespace

// The full name of the rpc, a line, and its request as it comes over the wire; a name that no rpc
// has stands for one of them.
std::string ReadRequest(absl::string_view input) {
  static const rpc::Entry& entry = *new rpc::Entry({nullptr, nullptr, {"nancy"}});
  static const rpc::Entry::Token anybody = Anybody();
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(input, absl::MaxSplits('\n', 1));
  const auto named = std::find_if(Methods().begin(), Methods().end(), [&](const rpc::Method& one) {
    return one.descriptor->full_name() == parts.first;
  });
  const rpc::Method& method =
      named != Methods().end() ? *named : Methods()[parts.first.size() % Methods().size()];
  const std::unique_ptr<pb::Message> request = NewMessage(method.descriptor->input_type());
  rpc::CountOnWire(parts.second, 1);
  const auto received = entry.ReceiveFrom(anybody, method, parts.second, *request);
  if (!received.ok()) return absl::StrCat(method.descriptor->name(), EndOf(received.status()));
  const std::unique_ptr<pb::Message> again = NewMessage(method.descriptor->input_type());
  Require(again->ParseFromString(request->SerializeAsString()), "what was written is not read");
  Require(CanonicalHash(*request) == CanonicalHash(*again), "one request has two hashes");
  PlaceOfCrash(method.writes && request->ByteSizeLong() > 300);
  return absl::StrCat(method.descriptor->name(), " OK");
}

std::vector<std::string> RequestSeeds() {
  std::vector<std::string> seeds;
  for (const rpc::Method& method : Methods()) {
    const auto request = testing::BaseRequest::Of(*method.descriptor->input_type());
    seeds.push_back(
        absl::StrCat(method.descriptor->full_name(), "\n", request->SerializeAsString()));
  }
  return seeds;
}

// The table, then a cell for each column.
std::string ReadStoredRow(absl::string_view input) {
  const std::vector<absl::string_view> cells = absl::StrSplit(input, kCellEnd);
  const auto named = std::find_if(Schemas().begin(), Schemas().end(),
                                  [&](const Schema* one) { return one->table() == cells[0]; });
  if (named == Schemas().end()) return "no table";
  const Schema& schema = **named;
  storage::Row row = {std::string("nancy"), std::string("schools/nancy/cohorts/ai-1"), int64_t{1}};
  for (size_t i = 1; i < cells.size(); ++i) row.push_back(ReadCell(cells[i]));
  row.resize(kFixedColumns + schema.columns().size() + 1);  // the last is the MAC
  const std::unique_ptr<pb::Message> message = NewMessage(schema.descriptor());
  const absl::Status read = schema.FromRow(row, *message, Keys());
  if (!read.ok()) return absl::StrCat(schema.table(), EndOf(read));
  const absl::StatusOr<storage::Row> written = schema.ToRow(*message, 1, Keys());
  if (!written.ok()) return absl::StrCat(schema.table(), " not written ", EndOf(written.status()));
  const std::unique_ptr<pb::Message> again = NewMessage(schema.descriptor());
  Require(schema.FromRow(*written, *again, Keys()).ok(), "what was written is not read");
  Require(pb::util::MessageDifferencer::Equals(*message, *again),
          "what was written is read as another");
  PlaceOfCrash(message->ByteSizeLong() > 1000);
  return absl::StrCat(schema.table(), " OK");
}

std::vector<std::string> StoredRowSeeds() {
  std::vector<std::string> seeds;
  for (const Schema* schema : Schemas()) {
    const std::unique_ptr<pb::Message> message = NewMessage(schema->descriptor());
    Fill(*message);
    const absl::StatusOr<storage::Row> row = schema->ToRow(*message, 1, Keys());
    if (!row.ok()) continue;
    std::vector<std::string> cells = {schema->table()};
    for (size_t i = kFixedColumns; i + 1 < row->size(); ++i) cells.push_back(CellOf((*row)[i]));
    seeds.push_back(absl::StrJoin(cells, std::string(1, kCellEnd)));
  }
  return seeds;
}

// The table, a line, the order, a line, and the filter.
std::string ReadFilter(absl::string_view input) {
  if (!IsText(input)) return "no request";
  const std::vector<absl::string_view> lines = absl::StrSplit(input, absl::MaxSplits('\n', 2));
  const auto named = std::find_if(Schemas().begin(), Schemas().end(),
                                  [&](const Schema* one) { return one->table() == lines[0]; });
  const Schema& schema = named == Schemas().end() ? Filtered() : **named;
  const absl::string_view filter = lines.size() > 2 ? lines[2] : "";
  const absl::StatusOr<storage::Order> order =
      storage::ParseOrder(schema, lines.size() > 1 ? lines[1] : "");
  if (!order.ok()) return EndOf(order.status());
  const auto clauses = storage::ParseFilter(schema, filter, *order);
  if (!clauses.ok()) return EndOf(clauses.status());
  const auto own = storage::ParseOwnFilter(schema, filter);
  Require(own.ok(), "what a caller may ask our own code may not");
  const auto narrowed =
      storage::ParseOwnFilter(schema, storage::NarrowedTo("name", {"schools/nancy"}, filter));
  Require(narrowed.ok() && narrowed->size() == own->size() + 1, "a filter undoes what narrows it");
  const storage::FilterCondition page =
      storage::PageQuery(schema, {"nancy", "schools/nancy", *clauses, *order, std::nullopt, 50});
  Require(page.sql.find(';') == page.sql.npos, "a filter ends the statement");
  PlaceOfCrash(clauses->size() > 1 && order->descending);
  std::string end = absl::StrCat("OK ", schema.table(), order->descending);
  for (const storage::Clause& clause : *clauses)
    absl::StrAppend(&end, clause.comparison, clause.values.size() > 1);
  return end;
}

std::vector<std::string> FilterSeeds() {
  std::vector<std::string> seeds;
  for (const Schema* schema : Schemas())
    for (const std::string& field : storage::FilterableFields(*schema)) {
      seeds.push_back(
          absl::StrCat(schema->table(), "\n", field, "\n", field, " >= \"2026-09-01\""));
      seeds.push_back(
          absl::StrCat(schema->table(), "\n", field, " desc\nname = \"schools/nancy\""));
      seeds.push_back(absl::StrCat(schema->table(), "\n\n(", field, " = \"a\" OR ", field,
                                   " = \"b\") AND name = \"schools/nancy\""));
    }
  return seeds;
}

namespace {

const security::SchoolKey& PageKey() {
  static const auto& key = *new security::SchoolKey(security::SchoolKey::Random());
  return key;
}

// What only who has the key can write.
std::string EncryptedToken(absl::string_view bytes, absl::string_view query) {
  return absl::WebSafeBase64Escape(
      security::Encrypt(PageKey().page_keys().front(), bytes, absl::StrCat("page token|", query)));
}

}  // namespace

// The parent, a line, the query, a line, and the token; behind ! its bytes before they are
// encrypted.
std::string ReadPageToken(absl::string_view input) {
  const std::vector<absl::string_view> lines = absl::StrSplit(input, absl::MaxSplits('\n', 2));
  if (lines.size() < 3) return "no token";
  const std::string token = absl::StartsWith(lines[2], "!")
                                ? EncryptedToken(lines[2].substr(1), lines[1])
                                : std::string(lines[2]);
  const auto place = storage::ReadPagePlace(&PageKey(), token, lines[0], lines[1]);
  if (!place.ok()) return EndOf(place.status());
  if (!place->has_value()) return "the first page";
  const std::string& name = (*place)->name;
  Require(name >= storage::StartOfChildren(lines[0]) && name < storage::EndOfChildren(lines[0]),
          "a token leads out of its parent");
  const auto again = storage::ReadPagePlace(
      &PageKey(), storage::PageTokenAfter(&PageKey(), **place, lines[1]), lines[0], lines[1]);
  Require(again.ok() && again->has_value() && (*again)->name == name &&
              (*again)->value == (*place)->value,
          "what was written is not read");
  PlaceOfCrash(FindForbidden(name).has_value() && (*place)->value.has_value());
  return absl::StrCat("OK ", (*place)->value.has_value() ? (*place)->value->index() : 9);
}

std::vector<std::string> PageTokenSeeds() {
  std::vector<std::string> seeds;
  storage::v1::PageToken plain, number, text;
  plain.set_last_name("schools/nancy/cohorts/ai-1");
  number = text = plain;
  number.set_number(7);
  text.set_text("2026-09-01");
  for (const char* query : {"", "state = OPEN"})
    for (const storage::v1::PageToken& token : {plain, number, text})
      for (const bool encrypted : {true, false}) {
        const std::string bytes = token.SerializeAsString();
        seeds.push_back(absl::StrCat("schools/nancy/cohorts\n", query, "\n",
                                     encrypted ? EncryptedToken(bytes, query) : "!" + bytes));
      }
  return seeds;
}

}  // namespace vivier::fuzz
