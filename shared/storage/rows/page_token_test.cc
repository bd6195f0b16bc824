#include "shared/storage/rows/page_token.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "vivier/storage/v1/page_token.pb.h"

namespace vivier::storage {
namespace {

// What anybody can write who knows how a token is made.
std::string Forged(const std::string& last_name, const std::string& query) {
  v1::PageToken token;
  token.set_last_name(last_name);
  token.set_query_hash(Sha256(query));
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

TEST(PageTokenTest, LeadsOnWithinItsParent) {
  EXPECT_EQ(*ReadPageToken("", "schools/nancy", "q"), "schools/nancy/");
  EXPECT_EQ(*ReadPageToken(PageTokenAfter("schools/nancy/cohorts/b", "q"), "schools/nancy", "q"),
            "schools/nancy/cohorts/b");
}

TEST(PageTokenTest, LeadsNowhereElse) {
  const struct {
    const char* what;
    std::string token;
  } rows[] = {
      {"no base64", "%%%"},
      {"no message", absl::WebSafeBase64Escape("\xff\xff")},
      {"of another query", PageTokenAfter("schools/nancy/cohorts/b", "r")},
      {"before the parent", Forged("schools/metz/cohorts/a", "q")},
      {"at the parent", Forged("schools/nancy", "q")},
      {"at nothing", Forged("", "q")},
      {"of a parent whose name goes on", Forged("schools/nancy-2/cohorts/a", "q")},
  };
  for (const auto& row : rows) {
    const absl::Status refused = ReadPageToken(row.token, "schools/nancy", "q").status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << row.what;
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD") << row.what;
  }
}

}  // namespace
}  // namespace vivier::storage
