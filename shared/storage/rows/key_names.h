// What the keys of a person are called: the first by the name of the person's resource, the proof
// key, which outlives it (vivier/options/v1/erasure.proto), by that name and an ending that no
// resource has. Pure functions, thread-safe.
#pragma once

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace vivier::storage {

inline constexpr absl::string_view kProofEnding = "#proof";

inline std::string ProofOf(absl::string_view person) { return absl::StrCat(person, kProofEnding); }

inline bool IsProof(absl::string_view key) { return absl::EndsWith(key, kProofEnding); }

inline std::string PersonOf(absl::string_view key) {
  return std::string(absl::StripSuffix(key, kProofEnding));
}

// Of the person's first key, or of the proof key.
inline std::string KeyName(std::string person, bool proof) {
  return proof ? ProofOf(person) : person;
}

}  // namespace vivier::storage
