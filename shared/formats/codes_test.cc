#include "shared/formats/codes.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

namespace vivier::formats {
namespace {

struct Row {
  CodeCheck (*check)(absl::string_view);
  const char* given;
  CodeCheck::Verdict verdict;
  const char* reason;
  const char* code;  // what the check makes of it; nullptr: as given
};

constexpr auto kOk = CodeCheck::Verdict::kOk;
constexpr auto kWarning = CodeCheck::Verdict::kWarning;
constexpr auto kError = CodeCheck::Verdict::kError;

const Row kRows[] = {
    {CheckSiren, "732829320", kOk, "", nullptr},
    {CheckSiren, "732 829 320", kOk, "", "732829320"},
    {CheckSiren, "356000000", kOk, "", nullptr},
    {CheckSiren, "732829321", kError, "CHECKSUM", nullptr},
    {CheckSiren, "73282932", kError, "FORM", nullptr},
    {CheckSiren, "000000000", kWarning, "PLACEHOLDER", nullptr},

    {CheckSiret, "73282932000074", kOk, "", nullptr},
    {CheckSiret, "732 829 320.000-74", kOk, "", "73282932000074"},
    {CheckSiret, "82409268800012", kOk, "", nullptr},
    {CheckSiret, "77566202600175", kOk, "", nullptr},
    {CheckSiret, "79119919300016", kOk, "", nullptr},
    {CheckSiret, "11004401300040", kOk, "", nullptr},
    {CheckSiret, "77572257201109", kOk, "", nullptr},
    {CheckSiret, "30540504500744", kOk, "", nullptr},
    {CheckSiret, "63445123124916", kError, "CHECKSUM", nullptr},
    {CheckSiret, "81743928200010", kWarning, "SIREN_CHECKSUM", nullptr},
    {CheckSiret, "35600000049837", kOk, "", nullptr},  // La Poste: digit sum 45
    {CheckSiret, "35600000049838", kError, "CHECKSUM", nullptr},
    {CheckSiret, "35600000000048", kOk, "", nullptr},
    {CheckSiret, "99999999999999", kWarning, "PLACEHOLDER", nullptr},
    {CheckSiret, "8,24E+13", kError, "FORM", nullptr},
    {CheckSiret, "", kError, "FORM", nullptr},

    {CheckUai, "0951099D", kOk, "", nullptr},
    {CheckUai, "0312238p", kOk, "", "0312238P"},
    {CheckUai, "0932751K", kOk, "", nullptr},
    {CheckUai, "0142321X", kOk, "", nullptr},
    {CheckUai, "0290076A", kOk, "", nullptr},
    {CheckUai, "0681761V", kOk, "", nullptr},
    {CheckUai, "0572998Z", kOk, "", nullptr},
    {CheckUai, "312238P", kWarning, "LEADING_ZERO_LOST", "0312238P"},
    {CheckUai, "0146867D", kWarning, "CHECKSUM", nullptr},
    {CheckUai, "0251542K", kWarning, "CHECKSUM", nullptr},
    {CheckUai, "0951099", kError, "FORM", nullptr},
    {CheckUai, "095109DD", kError, "FORM", nullptr},

    {CheckNda, "52440080744", kOk, "", nullptr},
    {CheckNda, "9134P046334", kOk, "", nullptr},
    {CheckNda, "01973269897", kOk, "", nullptr},
    {CheckNda, "942A012342A", kOk, "", "942A012342A"},
    {CheckNda, "1973269897", kWarning, "LEADING_ZERO_LOST", "01973269897"},
    {CheckNda, "5335P000256", kWarning, "DEPARTMENT_DIFFERS", nullptr},
    {CheckNda, "99999999999", kWarning, "PLACEHOLDER", nullptr},
    {CheckNda, "5244008074", kError, "FORM", nullptr},
    {CheckNda, "9134X046334", kError, "FORM", nullptr},

    {CheckRncp, "35584", kOk, "", nullptr},
    {CheckRncp, "RNCP474", kOk, "", nullptr},
    {CheckRncp, "RNCP 35584", kOk, "", "RNCP35584"},
    {CheckRncp, "RNCP035584", kWarning, "UNUSUAL_FORM", nullptr},
    {CheckRncp, "RNCP", kError, "FORM", nullptr},
    {CheckRncp, "RS5080", kError, "FORM", nullptr},
    {CheckRs, "RS5080", kOk, "", nullptr},
    {CheckRs, "RNCP5080", kError, "FORM", nullptr},
    {CheckBlock, "RNCP29497BC01", kOk, "", nullptr},
    {CheckBlock, "BLOC-DATA-1", kWarning, "UNUSUAL_FORM", nullptr},
    {CheckBlock, "BC01", kError, "FORM", nullptr},

    {CheckRome, "M1805", kOk, "", nullptr},
    {CheckRome, "m1805", kOk, "", "M1805"},
    {CheckRome, "O1805", kError, "FORM", nullptr},
    {CheckRome, "M180", kError, "FORM", nullptr},
    {CheckFormacode, "31028", kOk, "", nullptr},
    {CheckFormacode, "3102", kError, "FORM", nullptr},
    {CheckNsf, "326", kOk, "", nullptr},
    {CheckNsf, "326T", kOk, "", "326t"},
    {CheckNsf, "32", kError, "FORM", nullptr},
    {CheckInseeCommune, "54395", kOk, "", nullptr},
    {CheckInseeCommune, "2A004", kOk, "", nullptr},
    {CheckInseeCommune, "1053", kWarning, "LEADING_ZERO_LOST", "01053"},
    {CheckInseeCommune, "2C004", kError, "FORM", nullptr},
    {CheckPostalCode, "54000", kOk, "", nullptr},
    {CheckPostalCode, "1000", kWarning, "LEADING_ZERO_LOST", "01000"},
    {CheckPostalCode, "540001", kError, "FORM", nullptr},
};

TEST(CodesTest, JudgesEachCode) {
  for (const Row& row : kRows) {
    const CodeCheck check = row.check(row.given);
    EXPECT_EQ(check.verdict, row.verdict) << row.given;
    EXPECT_EQ(ReasonName(check.reason), row.reason) << row.given;
    EXPECT_EQ(check.code, row.code == nullptr ? row.given : row.code);
  }
}

TEST(CodesTest, RegisterNumbersCompareAsNumbers) {
  EXPECT_EQ(RegisterNumber("RNCP35584"), 35584);
  EXPECT_EQ(RegisterNumber("35584"), RegisterNumber("RNCP 035584"));
  EXPECT_EQ(RegisterNumber("RS5080"), 5080);
  EXPECT_EQ(RegisterNumber("RNCP29497BC01"), 0);
  EXPECT_EQ(RegisterNumber(""), 0);
}

// Luhn finds every single wrong digit: that is what it is for.
TEST(CodesTest, EverySingleWrongDigitOfASiretIsFound) {
  const std::string valid = "73282932000074";
  for (size_t at = 0; at < valid.size(); ++at) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = valid;
      changed[at] = digit;
      EXPECT_EQ(CheckSiret(changed).ok(), digit == valid[at]) << changed;
    }
  }
}

TEST(CodesTest, ExactlyOneLetterFitsAUai) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const std::string digits = absl::StrFormat("%07d", random() % 10'000'000);
    int fitting = 0;
    for (char letter = 'A'; letter <= 'Z'; ++letter)
      fitting += CheckUai(absl::StrCat(digits, std::string(1, letter))).ok();
    EXPECT_EQ(fitting, 1) << digits;
  }
}

}  // namespace
}  // namespace vivier::formats
