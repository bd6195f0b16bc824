#include "shared/storage/rows/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "vivier/storage/v1/page_token.pb.h"

namespace vivier::storage {

std::string PageTokenAfter(const PagePlace& last, absl::string_view query) {
  v1::PageToken token;
  token.set_last_name(last.name);
  token.set_query_hash(Sha256(query));
  if (last.value.has_value()) {
    if (const auto* number = std::get_if<int64_t>(&*last.value)) token.set_number(*number);
    if (const auto* text = std::get_if<std::string>(&*last.value)) token.set_text(*text);
  }
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

absl::StatusOr<std::optional<PagePlace>> ReadPagePlace(absl::string_view token,
                                                       absl::string_view parent,
                                                       absl::string_view query) {
  if (token.empty()) return std::nullopt;
  std::string bytes;
  v1::PageToken read;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || !read.ParseFromString(bytes) ||
      read.query_hash() != Sha256(query) ||
      !absl::StartsWith(read.last_name(), StartOfChildren(parent)))
    return InvalidField("page_token", "is not a token of this query");
  PagePlace place{read.last_name(), std::nullopt};
  if (read.has_number()) place.value = Value(int64_t{read.number()});
  if (read.has_text()) place.value = Value(read.text());
  return place;
}

absl::StatusOr<std::string> ReadPageToken(absl::string_view token, absl::string_view parent,
                                          absl::string_view query) {
  ASSIGN_OR_RETURN(std::optional<PagePlace> place, ReadPagePlace(token, parent, query));
  return place.has_value() ? std::move(place->name) : StartOfChildren(parent);
}

std::string StartOfChildren(absl::string_view parent) { return absl::StrCat(parent, "/"); }

std::string EndOfChildren(absl::string_view parent) {
  constexpr char kAfterSlash[] = {'/' + 1, '\0'};
  return absl::StrCat(parent, kAfterSlash);
}

}  // namespace vivier::storage
