#include "shared/storage/rows/page_token.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/encryption.h"
#include "vivier/storage/v1/page_token.pb.h"

namespace vivier::storage {
namespace {

// Names of usual ids, with a value, fit into one.
constexpr size_t kBlockBytes = 128;

// The first encrypts; while the school's keys rotate the other opens too.
const std::vector<security::Key>& KeysOf(const security::SchoolKey* key) {
  static const auto& of_process = *new std::vector<security::Key>{security::Key::Random()};
  return key == nullptr ? of_process : key->page_keys();
}

std::string PlaceOf(absl::string_view query) { return absl::StrCat("page token|", query); }

// The padding's tag and length are two bytes, of an empty one too.
std::string Padded(v1::PageToken token) {
  const size_t over = (token.ByteSizeLong() + 2) % kBlockBytes;
  token.set_padding(std::string(over == 0 ? 0 : kBlockBytes - over, '\0'));
  return token.SerializeAsString();
}

std::optional<v1::PageToken> Open(const security::SchoolKey* key, absl::string_view token,
                                  absl::string_view query) {
  std::string bytes;
  v1::PageToken read;
  if (!absl::WebSafeBase64Unescape(token, &bytes)) return std::nullopt;
  for (const security::Key& one : KeysOf(key)) {
    const absl::StatusOr<std::string> plain = security::Decrypt(one, bytes, PlaceOf(query));
    if (plain.ok() && read.ParseFromString(*plain)) return read;
  }
  return std::nullopt;
}

}  // namespace

std::string PageTokenAfter(const security::SchoolKey* key, const PagePlace& last,
                           absl::string_view query) {
  v1::PageToken token;
  token.set_last_name(last.name);
  if (last.value.has_value()) {
    if (const auto* number = std::get_if<int64_t>(&*last.value)) token.set_number(*number);
    if (const auto* text = std::get_if<std::string>(&*last.value)) token.set_text(*text);
  }
  return absl::WebSafeBase64Escape(
      security::Encrypt(KeysOf(key).front(), Padded(std::move(token)), PlaceOf(query)));
}

absl::StatusOr<std::optional<PagePlace>> ReadPagePlace(const security::SchoolKey* key,
                                                       absl::string_view token,
                                                       absl::string_view parent,
                                                       absl::string_view query) {
  if (token.empty()) return std::nullopt;
  const std::optional<v1::PageToken> read = Open(key, token, query);
  if (!read.has_value() || !absl::StartsWith(read->last_name(), StartOfChildren(parent)))
    return InvalidField("page_token", "is not a token of this query");
  PagePlace place{read->last_name(), std::nullopt};
  if (read->has_number()) place.value = Value(int64_t{read->number()});
  if (read->has_text()) place.value = Value(read->text());
  return place;
}

absl::StatusOr<std::string> ReadPageToken(const security::SchoolKey* key, absl::string_view token,
                                          absl::string_view parent, absl::string_view query) {
  ASSIGN_OR_RETURN(std::optional<PagePlace> place, ReadPagePlace(key, token, parent, query));
  return place.has_value() ? std::move(place->name) : StartOfChildren(parent);
}

std::string StartOfChildren(absl::string_view parent) { return absl::StrCat(parent, "/"); }

std::string EndOfChildren(absl::string_view parent) {
  constexpr char kAfterSlash[] = {'/' + 1, '\0'};
  return absl::StrCat(parent, kAfterSlash);
}

}  // namespace vivier::storage
