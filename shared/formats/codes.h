// The codes of French vocational training and of its organisations: form, checksum, and what real
// files do to them. Pure functions, thread-safe.
//
// Every check strips spaces, dots and dashes first and answers the code in its usual form. A
// warning means: use it, but somebody should look; an error: this cannot be such a code. Importers
// take an error in a field that identifies nothing as a warning; where a person types a code, a
// warning is an error too.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace vivier::formats {

struct CodeCheck {
  enum class Verdict { kOk, kWarning, kError };
  enum class Reason {
    kNone,
    kForm,               // wrong length or characters
    kChecksum,           // the check digit or letter does not fit
    kSirenChecksum,      // the SIRET fits, the SIREN within it does not
    kPlaceholder,        // stands for "none", such as 99999999999
    kLeadingZeroLost,    // a spreadsheet took the number for a number; `code` has the zero again
    kDepartmentDiffers,  // the two départements of an NDA are not the same
    kUnusualForm,        // allowed by LHÉO, but not how the register writes it
  };
  Verdict verdict = Verdict::kOk;
  Reason reason = Reason::kNone;
  std::string code;  // in its usual form; as given where the verdict is an error

  bool ok() const { return verdict == Verdict::kOk; }
  bool operator==(const CodeCheck&) const = default;
};

// The reason as it stands in reports: "CHECKSUM", "LEADING_ZERO_LOST"; "" for kNone.
absl::string_view ReasonName(CodeCheck::Reason reason);

// Luhn's sum over decimal digits: the rightmost has weight 1.
bool LuhnValid(absl::string_view digits);

// The letter that closes a UAI whose first seven digits are given.
char UaiLetter(absl::string_view seven_digits);

CodeCheck CheckSiren(absl::string_view text);
// The establishments of La Poste (SIREN 356000000) outnumber what Luhn allows: theirs have a digit
// sum divisible by 5.
CodeCheck CheckSiret(absl::string_view text);
// A wrong letter is a warning: official lists have some.
CodeCheck CheckUai(absl::string_view text);
// Numéro de déclaration d'activité: region, département, five characters ("P" and four for public
// bodies), and the département again; 97 overseas. The region's code is the one at the time of the
// declaration, so it is not checked.
CodeCheck CheckNda(absl::string_view text);
CodeCheck CheckRncp(absl::string_view text);
CodeCheck CheckRs(absl::string_view text);
// A certification block, "RNCP29497BC01".
CodeCheck CheckBlock(absl::string_view text);
CodeCheck CheckRome(absl::string_view text);
CodeCheck CheckFormacode(absl::string_view text);
// Three digits, with or without the letter of the fine level ("326t").
CodeCheck CheckNsf(absl::string_view text);
CodeCheck CheckInseeCommune(absl::string_view text);
CodeCheck CheckPostalCode(absl::string_view text);

// The number in "RNCP35584", "35584" or "RNCP 035584" (and of an RS code alike), by which two such
// codes are compared; 0 when there is none.
int64_t RegisterNumber(absl::string_view text);

}  // namespace vivier::formats
