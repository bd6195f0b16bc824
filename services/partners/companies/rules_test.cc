#include "services/partners/companies/rules.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::partners {
namespace {

// What is refused names its field; "" of what is not.
void ExpectNamed(const absl::Status& status, const char* field) {
  EXPECT_EQ(ReasonOf(status), *field == 0 ? "" : "INVALID_FIELD") << status;
  EXPECT_TRUE(absl::StrContains(status.message(), field)) << status;
}

TEST(CheckSiretTest, WantsBothCheckDigits) {
  struct Row {
    const char* id;
    const char* field;
  };
  const Row rows[] = {{"82409268800012", ""},
                      {"82409268800013", "company_id"},
                      {"8240926880001", "company_id"},
                      {"8240926880001x", "company_id"}};
  for (const Row& row : rows) {
    v1::Company company;
    company.set_name(absl::StrCat("schools/nancy/companies/", row.id));
    ExpectNamed(CheckSiret(company), row.field);
  }
}

TEST(CheckTermsTest, AKindAndDatesInOrder) {
  const absl::CivilDay start(2026, 9, 1);
  struct Row {
    v1::Partnership::Kind kind;
    int days;  // from the first to the last, below 0 for one that ends before; 999 for open-ended
    const char* field;
  };
  const Row rows[] = {{v1::Partnership::EMPLOYER, 999, ""},
                      {v1::Partnership::HOST, 0, ""},
                      {v1::Partnership::HOST, -1, "partnership.end_date"},
                      {v1::Partnership::KIND_UNSPECIFIED, 30, "partnership.kind"}};
  for (const Row& row : rows) {
    v1::Partnership partnership;
    partnership.set_kind(row.kind);
    *partnership.mutable_start_date() = ToDate(start);
    if (row.days != 999) *partnership.mutable_end_date() = ToDate(start + row.days);
    ExpectNamed(CheckTerms(partnership), row.field);
  }
}

}  // namespace
}  // namespace vivier::partners
