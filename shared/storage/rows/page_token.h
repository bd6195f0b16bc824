// Where a List goes on, as its client passes it back. A token is encrypted, for the row that it
// names may be one that its caller is not shown, and all of usual names are equally long. It is
// bound to its query, and to a place below the parent that the caller was allowed. Functions
// without state.
//
//   Base64 of an encrypted v1::PageToken (encryption.h), padded to a multiple of 128 bytes
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "shared/security/school_key.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// The last resource of a page: its name, and what it has in the field that orders the list, where
// that is another.
struct PagePlace {
  std::string name;
  std::optional<Value> value;
};

// The token of the page after `last`; `query` is what else decides which resources there are, in
// some form. Where there is no `key`, tokens end with the process.
std::string PageTokenAfter(const security::SchoolKey* key, const PagePlace& last,
                           absl::string_view query);
inline std::string PageTokenAfter(const security::SchoolKey* key, absl::string_view last_name,
                                  absl::string_view query) {
  return PageTokenAfter(key, PagePlace{std::string(last_name), std::nullopt}, query);
}

// The place that the page comes after; nullopt for the first. INVALID_ARGUMENT where the token is
// of another query or leads out of the parent.
absl::StatusOr<std::optional<PagePlace>> ReadPagePlace(const security::SchoolKey* key,
                                                       absl::string_view token,
                                                       absl::string_view parent,
                                                       absl::string_view query);

// The name that the page comes after in the order of names, for the first page "PARENT/".
absl::StatusOr<std::string> ReadPageToken(const security::SchoolKey* key, absl::string_view token,
                                          absl::string_view parent, absl::string_view query);

// Where the names below `parent` begin and end: they lie strictly between.
std::string StartOfChildren(absl::string_view parent);
std::string EndOfChildren(absl::string_view parent);

}  // namespace vivier::storage
