#include "shared/formats/codes.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "shared/formats/text.h"

namespace vivier::formats {
namespace {

using Reason = CodeCheck::Reason;
using Verdict = CodeCheck::Verdict;

constexpr absl::string_view kLaPoste = "356000000";

// Upper case, without the spaces, dots and dashes that people put between groups.
std::string Strip(absl::string_view text) {
  std::string out;
  for (char c : CollapseSpace(text)) {
    if (c != ' ' && c != '.' && c != '-')
      out.push_back(absl::ascii_toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

CodeCheck Ok(std::string code) { return {Verdict::kOk, Reason::kNone, std::move(code)}; }
CodeCheck Warn(Reason reason, std::string code) {
  return {Verdict::kWarning, reason, std::move(code)};
}
CodeCheck Fail(Reason reason, absl::string_view given) {
  return {Verdict::kError, reason, std::string(given)};
}

CodeCheck OfForm(absl::string_view text, const RE2& form) {
  std::string code = Strip(text);
  return RE2::FullMatch(code, form) ? Ok(std::move(code)) : Fail(Reason::kForm, text);
}

bool Digits(absl::string_view text, size_t count) {
  return text.size() == count && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

int DigitSum(absl::string_view digits) {
  int sum = 0;
  for (char c : digits) sum += c - '0';
  return sum;
}

bool SiretValid(absl::string_view siret) {
  return LuhnValid(siret) || (absl::StartsWith(siret, kLaPoste) && DigitSum(siret) % 5 == 0);
}

bool OnlyRepeats(absl::string_view code, char c) {
  return code.find_first_not_of(c) == absl::string_view::npos;
}

}  // namespace

absl::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kForm:
      return "FORM";
    case Reason::kChecksum:
      return "CHECKSUM";
    case Reason::kSirenChecksum:
      return "SIREN_CHECKSUM";
    case Reason::kPlaceholder:
      return "PLACEHOLDER";
    case Reason::kLeadingZeroLost:
      return "LEADING_ZERO_LOST";
    case Reason::kDepartmentDiffers:
      return "DEPARTMENT_DIFFERS";
    case Reason::kUnusualForm:
      return "UNUSUAL_FORM";
  }
  return "";
}

bool LuhnValid(absl::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int weighted = i % 2 == 0 ? digit : 2 * digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 == 0;
}

char UaiLetter(absl::string_view seven_digits) {
  constexpr absl::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
  int number = 0;
  if (!Digits(seven_digits, 7) || !absl::SimpleAtoi(seven_digits, &number)) return '\0';
  return kLetters[static_cast<size_t>(number) % kLetters.size()];
}

CodeCheck CheckSiren(absl::string_view text) {
  std::string code = Strip(text);
  if (!Digits(code, 9)) return Fail(Reason::kForm, text);
  if (OnlyRepeats(code, '0') || OnlyRepeats(code, '9')) return Warn(Reason::kPlaceholder, code);
  return LuhnValid(code) ? Ok(std::move(code)) : Fail(Reason::kChecksum, text);
}

CodeCheck CheckSiret(absl::string_view text) {
  std::string code = Strip(text);
  const bool short_by_one =
      Digits(code, 13) && SiretValid("0" + code) && LuhnValid("0" + code.substr(0, 8));
  if (short_by_one) return Warn(Reason::kLeadingZeroLost, "0" + code);
  if (!Digits(code, 14)) return Fail(Reason::kForm, text);
  if (OnlyRepeats(code, '0') || OnlyRepeats(code, '9')) return Warn(Reason::kPlaceholder, code);
  if (!SiretValid(code)) return Fail(Reason::kChecksum, text);
  if (!LuhnValid(absl::string_view(code).substr(0, 9))) return Warn(Reason::kSirenChecksum, code);
  return Ok(std::move(code));
}

CodeCheck CheckUai(absl::string_view text) {
  static const RE2 kForm("[0-9]{7}[A-Z]"), kShort("[0-9]{6}[A-Z]");
  std::string code = Strip(text);
  if (RE2::FullMatch(code, kShort) && UaiLetter("0" + code.substr(0, 6)) == code.back()) {
    return Warn(Reason::kLeadingZeroLost, "0" + code);
  }
  if (!RE2::FullMatch(code, kForm)) return Fail(Reason::kForm, text);
  return UaiLetter(code.substr(0, 7)) == code.back() ? Ok(std::move(code))
                                                     : Warn(Reason::kChecksum, code);
}

CodeCheck CheckNda(absl::string_view text) {
  static const RE2 kForm("[0-9]{2}([0-9]{2}|2[AB])(?:[0-9]{5}|P[0-9]{4})([0-9]{2}|2[AB])");
  std::string code = Strip(text);
  if (code.size() == 11 && (OnlyRepeats(code, '9') || OnlyRepeats(code, '0')))
    return Warn(Reason::kPlaceholder, code);
  std::string first, last;
  if (code.size() == 10 && RE2::FullMatch("0" + code, kForm, &first, &last) && first == last) {
    return Warn(Reason::kLeadingZeroLost, "0" + code);
  }
  if (!RE2::FullMatch(code, kForm, &first, &last)) return Fail(Reason::kForm, text);
  return first == last ? Ok(std::move(code)) : Warn(Reason::kDepartmentDiffers, code);
}

CodeCheck CheckRncp(absl::string_view text) {
  static const RE2 kForm("(?:RNCP)?[0-9]{2,5}"), kPadded("(?:RNCP)?0+[0-9]{2,5}");
  CodeCheck check = OfForm(text, kForm);
  if (!check.ok() && RE2::FullMatch(Strip(text), kPadded))
    return Warn(Reason::kUnusualForm, Strip(text));
  return check;
}

CodeCheck CheckRs(absl::string_view text) {
  static const RE2 kForm("(?:RS)?[0-9]{2,6}");
  return OfForm(text, kForm);
}

CodeCheck CheckBlock(absl::string_view text) {
  static const RE2 kForm("(?:RNCP|RS)[0-9]{2,6}BC[0-9]{2,3}");
  CodeCheck check = OfForm(text, kForm);
  const int length = Characters(text);
  if (!check.ok() && length >= 8 && length <= 40)
    return Warn(Reason::kUnusualForm, std::string(text));
  return check;
}

CodeCheck CheckRome(absl::string_view text) {
  static const RE2 kForm("[A-N][0-9]{4}");
  return OfForm(text, kForm);
}

CodeCheck CheckFormacode(absl::string_view text) {
  static const RE2 kForm("[0-9]{5}");
  return OfForm(text, kForm);
}

CodeCheck CheckNsf(absl::string_view text) {
  static const RE2 kForm("[0-9]{3}[A-Z]?");
  CodeCheck check = OfForm(text, kForm);
  if (check.ok()) absl::AsciiStrToLower(&check.code);
  return check;
}

CodeCheck CheckInseeCommune(absl::string_view text) {
  static const RE2 kForm("(?:[0-9]{2}|2A|2B)[0-9]{3}");
  const std::string code = Strip(text);
  if (Digits(code, 4)) return Warn(Reason::kLeadingZeroLost, "0" + code);
  return OfForm(text, kForm);
}

CodeCheck CheckPostalCode(absl::string_view text) {
  std::string code = Strip(text);
  if (Digits(code, 4)) return Warn(Reason::kLeadingZeroLost, "0" + code);
  return Digits(code, 5) ? Ok(std::move(code)) : Fail(Reason::kForm, text);
}

int64_t RegisterNumber(absl::string_view text) {
  static const RE2 kForm("(?:RNCP|RS)?([0-9]{1,9})");
  int64_t number = 0;
  return RE2::FullMatch(Strip(text), kForm, &number) ? number : 0;
}

}  // namespace vivier::formats
