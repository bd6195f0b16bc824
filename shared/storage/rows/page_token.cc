#include "shared/storage/rows/page_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "vivier/storage/v1/page_token.pb.h"

namespace vivier::storage {

std::string PageTokenAfter(absl::string_view last_name, absl::string_view query) {
  v1::PageToken token;
  token.set_last_name(std::string(last_name));
  token.set_query_hash(Sha256(query));
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

absl::StatusOr<std::string> ReadPageToken(absl::string_view token, absl::string_view parent,
                                          absl::string_view query) {
  const std::string first = absl::StrCat(parent, "/");
  if (token.empty()) return first;
  std::string bytes;
  v1::PageToken read;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || !read.ParseFromString(bytes) ||
      read.query_hash() != Sha256(query) || !absl::StartsWith(read.last_name(), first))
    return InvalidField("page_token", "is not a token of this query");
  return read.last_name();
}

std::string EndOfChildren(absl::string_view parent) {
  constexpr char kAfterSlash[] = {'/' + 1, '\0'};
  return absl::StrCat(parent, kAfterSlash);
}

}  // namespace vivier::storage
