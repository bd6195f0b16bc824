// Where a List goes on, as its client passes it back. A token is bound to its query and to a place
// below the parent that the caller was allowed: whoever writes one himself gets no further than
// with one of ours. Functions without state.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace vivier::storage {

// The token of the page after `last_name`; `query` is what else decides which resources there are,
// in some form.
std::string PageTokenAfter(absl::string_view last_name, absl::string_view query);

// The name that the page comes after, for the first page "PARENT/". INVALID_ARGUMENT where the
// token is of another query or leads out of the parent.
absl::StatusOr<std::string> ReadPageToken(absl::string_view token, absl::string_view parent,
                                          absl::string_view query);

// Where the names below `parent` end: [PARENT/, this) is their range.
std::string EndOfChildren(absl::string_view parent);

}  // namespace vivier::storage
