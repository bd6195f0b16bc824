#include "shared/storage/log/audit_trail.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/api/resource.pb.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/encryption.h"
#include "shared/storage/log/unit.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

constexpr absl::string_view kSealed = "sealed ";
// No id of a resource has a star.
constexpr absl::string_view kAll = "/*";

std::string Place(const std::string& person) {
  return absl::StrCat("audit_records|reason|", person);
}

absl::Status AppendAct(Transaction& transaction, const Origin& origin, const RowChanges& changes,
                       absl::Time time) {
  Head& head = transaction.head();
  AuditRecord record{
      head.audit_number + 1, origin.principal,         origin.method,
      origin.resource,       origin.request_id,        origin.request_hash,
      origin.reason,         absl::ToUnixMicros(time), ChangesText(transaction.school(), changes)};
  head.audit_hash = AuditHash(head.audit_hash, record);
  head.audit_number = record.number;
  return transaction.connection().Send(
      "INSERT INTO audit_records (school, number, hash, principal, method, resource, request_id, "
      "request_hash, reason, create_time, changes) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {Value(transaction.school()), Value(record.number), Value(Bytes{head.audit_hash}),
       Value(std::move(record.principal)), Value(std::move(record.method)),
       Value(std::move(record.resource)), Value(std::move(record.request_id)),
       Value(Bytes{std::move(record.request_hash)}), Value(std::move(record.reason)),
       Value(record.create_time), Value(std::move(record.changes))});
}

absl::Status AppendReading(Transaction& transaction, const Origin& origin, absl::Time time) {
  Head& head = transaction.head();
  ReadingRecord record{head.reading_number + 1, origin.principal,        origin.method,
                       origin.resource,         origin.request_hash,     origin.reason,
                       *origin.shown,           absl::ToUnixMicros(time)};
  head.reading_hash = ReadingHash(head.reading_hash, record);
  head.reading_number = record.number;
  return transaction.connection().Send(
      "INSERT INTO reading_records (school, number, hash, principal, method, resource, "
      "request_hash, reason, persons, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
      "$10)",
      {Value(transaction.school()), Value(record.number), Value(Bytes{head.reading_hash}),
       Value(std::move(record.principal)), Value(std::move(record.method)),
       Value(std::move(record.resource)), Value(Bytes{std::move(record.request_hash)}),
       Value(std::move(record.reason)), Value(record.persons), Value(record.create_time)});
}

int64_t VersionOf(const RowMap& rows, const RowKey& key) {
  const auto found = rows.find(key);
  return found == rows.end() || found->second == nullptr
             ? 0
             : key.first->Version(*found->second->message);
}

void SortByName(std::vector<RowChange>& changes) {
  std::sort(changes.begin(), changes.end(),
            [](const RowChange& one, const RowChange& other) { return one.name < other.name; });
}

}  // namespace

std::string UnnamedRows(const Schema& schema, absl::string_view school) {
  const auto& options = schema.descriptor()->options();
  if (!options.GetExtension(options::v1::name_tells)) return "";
  return absl::StrCat("schools/", school, "/", options.GetExtension(google::api::resource).plural(),
                      kAll);
}

bool AreUnnamed(absl::string_view name) { return absl::EndsWith(name, kAll); }

RowChanges ChangesOf(absl::string_view school, const RowMap& before, const RowMap& rows,
                     int64_t named) {
  RowChanges changes;
  changes.named.reserve(rows.size());
  std::map<std::string, int64_t> unnamed;
  for (const auto& [key, row] : rows) {
    const std::string all = UnnamedRows(*key.first, school);
    if (all.empty())
      changes.named.push_back({key.second, VersionOf(rows, key)});
    else
      unnamed[all] += VersionOf(rows, key) - VersionOf(before, key);
  }
  SortByName(changes.named);
  if (changes.named.size() > RowChanges::kNamedMax) {
    changes.named.resize(RowChanges::kNamedMax);
    changes.more = named - static_cast<int64_t>(RowChanges::kNamedMax);
  }
  if (unnamed.empty()) return changes;
  for (const auto& [name, moved] : unnamed) changes.named.push_back({name, moved});
  SortByName(changes.named);
  return changes;
}

std::string ChangesText(absl::string_view school, const RowChanges& changes) {
  std::string text;
  for (const RowChange& change : changes.named) {
    absl::string_view name = change.name;
    if (absl::ConsumePrefix(&name, "schools/") && absl::ConsumePrefix(&name, school))
      absl::ConsumePrefix(&name, "/");
    absl::StrAppend(&text, text.empty() ? "" : " ", change.version, ":", name);
  }
  if (changes.more > 0) absl::StrAppend(&text, text.empty() ? "+" : " +", changes.more);
  return text;
}

std::optional<RowChanges> ReadChanges(absl::string_view school, absl::string_view text) {
  RowChanges changes;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&word, "+")) {
      if (!absl::SimpleAtoi(word, &changes.more)) return std::nullopt;
      continue;
    }
    RowChange& change = changes.named.emplace_back();
    const size_t colon = word.find(':');
    if (colon == word.npos || !absl::SimpleAtoi(word.substr(0, colon), &change.version))
      return std::nullopt;
    const absl::string_view name = word.substr(colon + 1);
    change.name = absl::StrCat("schools/", school, name.empty() ? "" : "/", name);
  }
  return changes;
}

std::string AuditHash(absl::string_view previous, const AuditRecord& record) {
  return ChainHash(previous, {absl::StrCat(record.number), record.principal, record.method,
                              record.resource, record.request_id, record.request_hash,
                              record.reason, absl::StrCat(record.create_time), record.changes});
}

std::string ReadingHash(absl::string_view previous, const ReadingRecord& record) {
  return ChainHash(previous, {absl::StrCat(record.number), record.principal, record.method,
                              record.resource, record.request_hash, record.reason,
                              absl::StrCat(record.persons), absl::StrCat(record.create_time)});
}

absl::StatusOr<std::string> SealReason(Transaction& transaction, const std::string& person,
                                       absl::string_view reason) {
  const absl::StatusOr<security::Key> key = transaction.keys().OfLogged(ProofOf(person));
  if (absl::IsNotFound(key.status())) return "";
  RETURN_IF_ERROR(key.status());
  return absl::StrCat(kSealed, absl::Base64Escape(security::Encrypt(*key, reason, Place(person))));
}

absl::StatusOr<std::string> OpenReason(Transaction& transaction, const std::string& person,
                                       absl::string_view stored) {
  std::string sealed;
  absl::string_view text = stored;
  if (!absl::ConsumePrefix(&text, kSealed) || !absl::Base64Unescape(text, &sealed))
    return std::string(stored);
  const absl::StatusOr<security::Key> key = transaction.keys().OfLogged(ProofOf(person));
  if (absl::IsNotFound(key.status())) return "";
  RETURN_IF_ERROR(key.status());
  return security::Decrypt(*key, sealed, Place(person));
}

absl::Status AppendRecord(Transaction& transaction, const Origin& origin, absl::Time time,
                          const RowChanges& changes) {
  return origin.shown.has_value() ? AppendReading(transaction, origin, time)
                                  : AppendAct(transaction, origin, changes, time);
}

}  // namespace vivier::storage
