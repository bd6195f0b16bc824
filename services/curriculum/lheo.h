// LHÉO 2.2 and 2.3, the French language of training catalogues, in and out: bytes to programmes and
// findings, and back as 2.3. Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::curriculum {

inline constexpr size_t kLheoFormationBytesMax = 256 << 10;  // real ones have about 10 KiB
inline constexpr size_t kLheoFormationsMax =
    400;  // rows that one request may change, with room to spare

struct LheoFormation {
  int line = 0;
  std::string title;
  // What identifies it within its training body: the same formation keeps the same key from one
  // export to the next.
  std::string key;
  // Everything it says; lheo_extras holds the element whole. Without a name.
  v1::Programme programme;
  // Warnings, and errors where it cannot be accepted.
  std::vector<v1::Finding> findings;

  bool accepted() const;
};

struct LheoDocument {
  std::string version;  // "2.2" or "2.3"
  std::vector<LheoFormation> formations;
  std::vector<v1::Finding> findings;  // outside the formations
};

// INVALID_ARGUMENT with line and column: MALFORMED_XML where the file is damaged, NOT_LHEO where it
// is something else, TOO_MANY_FORMATIONS.
absl::StatusOr<LheoDocument> ReadLheo(absl::string_view bytes);

// The programmes as one LHÉO 2.3 document, each on the base of its lheo_extras.
std::string WriteLheo(const std::vector<v1::Programme>& programmes);

// Takes what changed between `before` and `after`, two readings of one formation, over into `mine`:
// a field in which both say the same keeps what people made of it.
void TakeOver(const v1::Programme& before, const v1::Programme& after, v1::Programme& mine);

// What a formation that was imported before says of itself.
v1::Programme ReadExtras(const std::string& lheo_extras);

}  // namespace vivier::curriculum
