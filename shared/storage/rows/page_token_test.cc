#include "shared/storage/rows/page_token.h"

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::storage {
namespace {

using security::SchoolKey;

class PageTokenTest : public ::testing::Test {
 protected:
  std::string After(const std::string& last_name, const std::string& query = "q") {
    return PageTokenAfter(&key_, last_name, query);
  }
  absl::StatusOr<std::string> Read(const std::string& token) {
    return ReadPageToken(&key_, token, "schools/nancy", "q");
  }
  const SchoolKey key_ = SchoolKey::Random();
};

TEST_F(PageTokenTest, LeadsOnWithinItsParent) {
  EXPECT_EQ(*Read(""), "schools/nancy/");
  EXPECT_EQ(*Read(After("schools/nancy/cohorts/b")), "schools/nancy/cohorts/b");
  for (const Value& value : {Value(int64_t{7}), Value(std::string("2026-09-01"))}) {
    const PagePlace place{"schools/nancy/cohorts/b", value};
    const auto read = ReadPagePlace(&key_, PageTokenAfter(&key_, place, "q"), "schools/nancy", "q");
    ASSERT_TRUE(read.ok() && read->has_value());
    EXPECT_EQ((*read)->value, value);
  }
  const std::string of_process = PageTokenAfter(nullptr, absl::string_view("schools/nancy/a"), "q");
  EXPECT_EQ(*ReadPageToken(nullptr, of_process, "schools/nancy", "q"), "schools/nancy/a");
}

TEST_F(PageTokenTest, LeadsNowhereElse) {
  std::string changed = After("schools/nancy/cohorts/b");
  changed[40] = changed[40] == 'A' ? 'B' : 'A';
  const SchoolKey other = SchoolKey::Random();
  const struct {
    const char* what;
    std::string token;
  } rows[] = {
      {"no base64", "%%%"},
      {"not encrypted", absl::WebSafeBase64Escape("\x0a\x17schools/nancy/cohorts/b")},
      {"changed", changed},
      {"under another key",
       PageTokenAfter(&other, absl::string_view("schools/nancy/cohorts/b"), "q")},
      {"of another query", After("schools/nancy/cohorts/b", "r")},
      {"before the parent", After("schools/metz/cohorts/a")},
      {"at the parent", After("schools/nancy")},
      {"at nothing", After("")},
      {"of a parent whose name goes on", After("schools/nancy-2/cohorts/a")},
  };
  for (const auto& row : rows) {
    const absl::Status refused = Read(row.token).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << row.what;
    EXPECT_EQ(ReasonOf(refused), "INVALID_FIELD") << row.what;
  }
}

TEST_F(PageTokenTest, TellsNothing) {
  std::set<std::string> tokens;
  std::set<size_t> lengths;
  for (size_t length = 0; length < 80; ++length) {
    const std::string name = absl::StrCat("schools/nancy/", std::string(length, 'x'));
    const std::string token = After(name);
    std::string bytes;
    ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &bytes));
    EXPECT_EQ(bytes.find("nancy"), bytes.npos);
    EXPECT_TRUE(tokens.insert(token).second);
    EXPECT_TRUE(tokens.insert(After(name)).second) << "the same twice";
    lengths.insert(token.size());
    EXPECT_EQ(*Read(token), name);
  }
  EXPECT_EQ(lengths.size(), 1u);
}

}  // namespace
}  // namespace vivier::storage
