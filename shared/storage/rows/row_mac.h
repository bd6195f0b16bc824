// The code that each row carries in its column `mac`, so that what anybody but the program wrote
// into it shows: a value that was changed, and a row that was moved or made.
//
//   ┌────────┬─────────────────────────────┐
//   │ MAC 16 │ the columns that it covers  │
//   └────────┴─────────────────────────────┘
//
// A column that may come or go with a version of the program has a number above 0 that stays its
// own: bit n - 1 of what follows the MAC, from the lowest bit of the first byte, says that column n
// is covered. A column of number 0 always is. So a program reads what the version before it wrote.
// What the version after it wrote it refuses, since it cannot tell it from a row whose bits
// somebody set; so a version covers its new columns no sooner than the next does (covered_later in
// options.proto).
//
// The MAC (shared/security/mac_key.h) is of the table's name, of what is covered, and of each such
// value as it is stored, an encrypted one too: destroying a person's key changes no row.
//
//   text  length 8, bytes      value  'n' for NULL, 'i' and 8 bytes for a BIGINT,
//                                     't' or 'b' and a text for TEXT or BYTEA; all little-endian
//
// What a MAC does not tell is that a row is missing, stands twice, or is old: table_sums.h does.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "shared/security/mac_key.h"
#include "shared/storage/engines/database.h"

namespace vivier::storage {

// The keys of rows, the current one first; the one before it as long as it is configured.
using MacKeys = std::vector<security::MacKey>;

// A table, as its MACs see it.
struct MacLayout {
  MacLayout() = default;
  // Those in `later` are known, and not covered yet.
  MacLayout(std::string name, std::vector<int> columns, const std::vector<int>& later = {});

  std::string table;
  std::vector<int> numbers;  // of its columns, in the order of the values
  std::string covered;       // by what this program writes
  std::string known;         // what it can check
};

// What the column `mac` of a row with these values holds.
std::string MacOfRow(const security::MacKey& key, const MacLayout& layout,
                     absl::Span<const Value> values);

enum class MacVerdict {
  kGood,
  kWrong,
  kNewer,  // covers columns that this program does not know: a newer one's, or a forgery
};
MacVerdict CheckMac(const MacKeys& keys, const MacLayout& layout, absl::Span<const Value> values,
                    const Value& mac);

// Whether it is the MAC under this very key.
bool IsMacUnder(const security::MacKey& key, const MacLayout& layout,
                absl::Span<const Value> values, const Value& mac);

// DATA_LOSS, reason ROW_CHANGED.
absl::Status RowChanged(absl::string_view table, absl::string_view row);

// What becomes of the reading of such a row: as RowChanged, or FAILED_PRECONDITION, reason
// BINARY_TOO_OLD.
absl::Status ToStatus(MacVerdict verdict, absl::string_view table, absl::string_view row);

}  // namespace vivier::storage
