#include "shared/security/school_key.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/secret_file.h"

namespace vivier::security {
namespace {

constexpr size_t kIdSize = 8;
constexpr size_t kIndexSize = 16;

absl::Status Unusable(absl::string_view why) {
  return Error(absl::StatusCode::kFailedPrecondition, "SCHOOL_KEY", why);
}

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
}

absl::StatusOr<Key> Parse(absl::string_view content) {
  if (content.size() == Key::kSize) return Key::FromBytes(content);
  absl::ConsumeSuffix(&content, "\n");
  if (content.size() != 2 * Key::kSize || !IsHex(content))
    return Unusable("a school key is 32 raw bytes or 64 hexadecimal digits");
  std::string bytes = absl::HexStringToBytes(content);
  auto key = Key::FromBytes(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

absl::StatusOr<Key> LoadKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::string content, ReadSecretFile(path));
  auto key = Parse(content);
  OPENSSL_cleanse(content.data(), content.size());
  return key;
}

// Apart from every other thing that is encrypted, so that none can be passed off as a person's key.
std::string PlaceOf(absl::string_view person) { return absl::StrCat("vivier person key ", person); }

Key DerivedFrom(const Key& key, absl::string_view purpose) {
  std::string bytes = HmacSha256(key.bytes(), {"vivier derived key ", purpose});
  const Key derived = *Key::FromBytes(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return derived;
}

}  // namespace

SchoolKey::SchoolKey(std::vector<Entry> keys, Make make) : keys_(std::move(keys)) {
  for (const Entry& entry : keys_) {
    row_keys_.emplace_back(DerivedFrom(entry.key, "rows"));
    page_keys_.push_back(DerivedFrom(entry.key, "page tokens"));
  }
  signing_key_ = Ed25519Of(DerivedFrom(keys_.front().key, "signatures"));
  if (keys_.size() == 1 || make == Make::kThisOnly) return;
  reversed_.reset(new SchoolKey({keys_[1], keys_[0]}, Make::kThisOnly));
  alone_.reset(new SchoolKey({keys_[0]}, Make::kThisOnly));
}

SchoolKey::Entry SchoolKey::EntryOf(const Key& key) {
  std::string labelled = absl::StrCat("vivier school key id", key.bytes());
  Entry entry{Sha256(labelled).substr(0, kIdSize), key};
  OPENSSL_cleanse(labelled.data(), labelled.size());
  return entry;
}

absl::StatusOr<SchoolKey> SchoolKey::Load(const std::string& path, const std::string& previous) {
  ASSIGN_OR_RETURN(const Key current_key, LoadKey(path));
  std::vector<Entry> keys = {EntryOf(current_key)};
  if (!previous.empty()) {
    ASSIGN_OR_RETURN(const Key previous_key, LoadKey(previous));
    keys.push_back(EntryOf(previous_key));
    if (keys[0].id == keys[1].id)
      return Unusable("the current and the previous school key are the same");
  }
  return SchoolKey(std::move(keys));
}

absl::StatusOr<SchoolKey> SchoolKey::OfFolder(const std::string& folder) {
  const std::string previous = absl::StrCat(folder, "/", kPreviousSchoolKeyFile);
  return Load(absl::StrCat(folder, "/", kSchoolKeyFile),
              std::filesystem::exists(previous) ? previous : "");
}

std::string SchoolKey::id() const { return Hex(keys_.front().id); }

bool SchoolKey::Has(absl::string_view id) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [id](const Entry& entry) { return Hex(entry.id) == id; });
}

SchoolKey SchoolKey::Random() { return SchoolKey({EntryOf(Key::Random())}); }

std::string SchoolKey::Wrap(const Key& person_key, absl::string_view person) const {
  return keys_.front().id + Encrypt(keys_.front().key, person_key.bytes(), PlaceOf(person));
}

absl::StatusOr<Key> SchoolKey::Unwrap(absl::string_view wrapped, absl::string_view person) const {
  const absl::string_view id = wrapped.substr(0, kIdSize);
  for (const Entry& entry : keys_) {
    if (entry.id != id) continue;
    ASSIGN_OR_RETURN(std::string bytes,
                     Decrypt(entry.key, wrapped.substr(kIdSize), PlaceOf(person)));
    auto key = Key::FromBytes(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
  }
  return Unusable("a person's key was wrapped by a school key that is not configured");
}

bool SchoolKey::IsOutdated(absl::string_view wrapped) const {
  return wrapped.substr(0, kIdSize) != keys_.front().id;
}

std::string SchoolKey::BlindIndex(absl::string_view purpose, absl::string_view text) const {
  return IndexUnder(keys_.front().key, purpose, text);
}

std::vector<std::string> SchoolKey::BlindIndexes(absl::string_view purpose,
                                                 absl::string_view text) const {
  std::vector<std::string> indexes;
  for (const Entry& entry : keys_) indexes.push_back(IndexUnder(entry.key, purpose, text));
  return indexes;
}

Key SchoolKey::Derive(absl::string_view purpose) const {
  return DerivedFrom(keys_.front().key, purpose);
}

std::string IndexUnder(const Key& key, absl::string_view purpose, absl::string_view text) {
  std::string purpose_key = HmacSha256(key.bytes(), {"vivier blind index ", purpose});
  const std::string code = HmacSha256(purpose_key, {NormalizeForIndex(text)});
  OPENSSL_cleanse(purpose_key.data(), purpose_key.size());
  return Hex(absl::string_view(code).substr(0, kIndexSize));
}

absl::Status CreateSchoolKey(const std::string& path) {
  std::string content = absl::StrCat(Hex(Key::Random().bytes()), "\n");
  absl::Status created = CreateSecretFile(path, content);
  OPENSSL_cleanse(content.data(), content.size());
  return created;
}

std::string NormalizeForIndex(absl::string_view text) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
}

}  // namespace vivier::security
