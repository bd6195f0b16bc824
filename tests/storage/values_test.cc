// What goes in comes out, byte for byte, on both engines.
#include <limits>

#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class ValuesTest : public StorageTest {
 protected:
  // Stores a row and reads its name and data back.
  Row RoundTrip(const Value& name, const Value& data) {
    Do("INSERT INTO things (school, id, name, data) VALUES ('nancy', 1, $1, $2)", {name, data});
    const Result result = Do("SELECT name, data FROM things");
    return result.rows.size() == 1 ? result.rows[0] : Row();
  }
  absl::StatusCode TextCode(const std::string& text) {
    return Error("INSERT INTO things (school, id, name) VALUES ('nancy', 1, $1)", {text}).code();
  }
  int64_t Amount(int64_t amount) {
    return Number(
        "INSERT INTO things (school, id, amount) VALUES ('nancy', 1, $1) RETURNING amount",
        {amount});
  }
  std::vector<std::string> Names(const std::string& where_and_order,
                                 const std::vector<Value>& parameters = {}) {
    std::vector<std::string> names;
    for (const Row& row : Do("SELECT name FROM things " + where_and_order, parameters).rows)
      names.push_back(std::get<std::string>(row[0]));
    return names;
  }
  void AddNames(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i) AddCommitted(static_cast<int64_t>(i), names[i]);
  }
};

VIVIER_INSTANTIATE_ON_BOTH_ENGINES(ValuesTest)

// PostgreSQL takes integers as big-endian bytes.
TEST_P(ValuesTest, KeepsTheSmallestInteger) {
  EXPECT_EQ(Amount(std::numeric_limits<int64_t>::min()), std::numeric_limits<int64_t>::min());
}
// SQLite turns an integer that is too large into a float.
TEST_P(ValuesTest, KeepsTheLargestInteger) {
  EXPECT_EQ(Amount(std::numeric_limits<int64_t>::max()), std::numeric_limits<int64_t>::max());
}
// PostgreSQL would send a small literal as four bytes.
TEST_P(ValuesTest, KeepsMinusOne) { EXPECT_EQ(Amount(-1), -1); }
// PostgreSQL sums BIGINT to NUMERIC, a double would lose the last digit above 2^53.
TEST_P(ValuesTest, SumsAboveTheDoubleRange) {
  constexpr int64_t kLarge = int64_t{1} << 53;
  Do("INSERT INTO things (school, id, amount) VALUES ('a', 1, $1), ('a', 2, 1)", {kLarge});
  EXPECT_EQ(Number("SELECT CAST(SUM(amount) AS BIGINT) FROM things"), kLarge + 1);
}
// PostgreSQL's NUMERIC cast and SQLite's SUM both must refuse to wrap.
TEST_P(ValuesTest, SumThatOverflowsIsAnError) {
  Do("INSERT INTO things (school, id, amount) VALUES ('a', 1, $1), ('a', 2, $1)",
     {std::numeric_limits<int64_t>::max()});
  EXPECT_EQ(Error("SELECT CAST(SUM(amount) AS BIGINT) FROM things").code(),
            absl::StatusCode::kInternal);
}
// PostgreSQL answers NUMERIC, which none of our types holds.
TEST_P(ValuesTest, RefusesSumWithoutCast) {
  const absl::Status status = Error("SELECT SUM(amount) AS total FROM things");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(status.message(), ::testing::HasSubstr("column total"));
  EXPECT_THAT(status.message(), ::testing::HasSubstr("CAST"));
}
// PostgreSQL answers BOOLEAN where SQLite answers 0 or 1.
TEST_P(ValuesTest, RefusesBooleans) {
  EXPECT_EQ(Error("SELECT school = 'nancy' FROM things").code(), absl::StatusCode::kInternal);
}
// PostgreSQL's literal is INTEGER, four bytes, and its arithmetic overflows there.
TEST_P(ValuesTest, RefusesIntegerLiterals) {
  EXPECT_EQ(Error("SELECT 1").code(), absl::StatusCode::kInternal);
}
// The average is a float on SQLite and NUMERIC on PostgreSQL: refused by both.
TEST_P(ValuesTest, RefusesAverages) {
  AddCommitted(1);
  EXPECT_EQ(Error("SELECT AVG(amount) FROM things").code(), absl::StatusCode::kInternal);
}
// COUNT is BIGINT on both.
TEST_P(ValuesTest, CountNeedsNoCast) { EXPECT_EQ(Things(), 0); }
// The sum of no rows is NULL on both.
TEST_P(ValuesTest, SumOfNothingIsNull) {
  EXPECT_EQ(One("SELECT CAST(SUM(amount) AS BIGINT) FROM things"), Value());
}
// A NULL has no type of its own in PostgreSQL's protocol.
TEST_P(ValuesTest, KeepsNulls) { EXPECT_EQ(RoundTrip({}, {}), (Row{Value(), Value()})); }
// Some engines store an empty text as NULL.
TEST_P(ValuesTest, EmptyTextIsNotNull) { EXPECT_EQ(RoundTrip("", {})[0], Value("")); }
// A null pointer with length 0 would bind NULL on both.
TEST_P(ValuesTest, EmptyBytesAreNotNull) { EXPECT_EQ(RoundTrip({}, Bytes{})[1], Value(Bytes{})); }
// PostgreSQL's text form of BYTEA would escape these.
TEST_P(ValuesTest, KeepsEveryByte) {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) bytes.data.push_back(static_cast<char>(i));
  EXPECT_EQ(RoundTrip({}, bytes)[1], Value(bytes));
}
// SQLite gives a BYTEA column the affinity NUMERIC, which must not touch bytes that look like a
// number.
TEST_P(ValuesTest, KeepsBytesThatLookLikeANumber) {
  EXPECT_EQ(RoundTrip({}, Bytes{"012"})[1], Value(Bytes{"012"}));
}
// SQLite's TEXT affinity must keep digits as text.
TEST_P(ValuesTest, KeepsTextThatLooksLikeANumber) {
  EXPECT_EQ(RoundTrip("0012e3", {})[0], Value("0012e3"));
}
// Four-byte UTF-8, and letters outside of Latin-1.
TEST_P(ValuesTest, KeepsUnicode) {
  EXPECT_EQ(RoundTrip("Zoë Łuć 🎓 日本", {})[0], Value("Zoë Łuć 🎓 日本"));
}
// Composed and decomposed letters are different texts: neither engine normalises.
TEST_P(ValuesTest, DoesNotNormalise) {
  AddNames({"\u00e9", "e\u0301"});
  EXPECT_EQ(Names("WHERE name = $1", {"\u00e9"}).size(), 1u);
}
// PostgreSQL's CHAR would cut them.
TEST_P(ValuesTest, KeepsTrailingSpaces) { EXPECT_EQ(RoundTrip("a  ", {})[0], Value("a  ")); }
// SQLite compares TEXT with RTRIM only where asked.
TEST_P(ValuesTest, TrailingSpacesCount) {
  AddNames({"a", "a "});
  EXPECT_EQ(Names("WHERE name = $1", {"a"}).size(), 1u);
}
// A quote must not end a literal: values are bound, never spliced.
TEST_P(ValuesTest, KeepsQuotesAndBackslashes) {
  EXPECT_EQ(RoundTrip("O'Neil\\\"$1", {})[0], Value("O'Neil\\\"$1"));
}
// PostgreSQL cannot store NUL, SQLite can.
TEST_P(ValuesTest, RefusesNulInText) {
  EXPECT_EQ(TextCode(std::string("a\0b", 3)), absl::StatusCode::kInvalidArgument);
}
// A NUL within the first eight plain bytes and behind them.
TEST_P(ValuesTest, RefusesLateNulInText) {
  EXPECT_EQ(TextCode(std::string("abcdefghijkl\0", 13)), absl::StatusCode::kInvalidArgument);
}
// SQLite stores any bytes as TEXT.
TEST_P(ValuesTest, RefusesInvalidUtf8) {
  const std::string texts[] = {"\xff",     "a\x80",        "\xc3",
                               "\xe2\x82", "\xf0\x9f\x8e", "abcdefgh\xc3("};
  for (const std::string& text : texts)
    EXPECT_EQ(TextCode(text), absl::StatusCode::kInvalidArgument) << text;
}
// PostgreSQL refuses overlong forms, surrogates and what lies above U+10FFFF.
TEST_P(ValuesTest, RefusesForbiddenCodePoints) {
  const std::string texts[] = {"\xc0\xaf",         "\xe0\x80\xaf",     "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "\xf0\x80\x80\xaf", "\xf8"};
  for (const std::string& text : texts)
    EXPECT_EQ(TextCode(text), absl::StatusCode::kInvalidArgument) << text;
}
// The first and last code points of each length are good on both.
TEST_P(ValuesTest, KeepsEdgeCodePoints) {
  const std::string text =
      "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4"
      "\x8f\xbf\xbf";
  EXPECT_EQ(RoundTrip(text, {})[0], Value(text));
}
// libpq sends in 64 KiB pieces; SQLite spills to overflow pages.
TEST_P(ValuesTest, KeepsTenMebibytesOfText) {
  const std::string text(10 << 20, 'x');
  EXPECT_EQ(RoundTrip(text, {})[0], Value(text));
}
// PostgreSQL compresses and moves large values out of the row.
TEST_P(ValuesTest, KeepsTenMebibytesOfBytes) {
  const Bytes bytes{std::string(10 << 20, '\0')};
  EXPECT_EQ(RoundTrip({}, bytes)[1], Value(bytes));
}
// A locale would sort a before B, and é beside e.
TEST_P(ValuesTest, SortsByBytes) {
  AddNames({"é", "b", "A", "a", "B", "e", "_", "1"});
  EXPECT_THAT(Names("ORDER BY name"),
              ::testing::ElementsAre("1", "A", "B", "_", "a", "b", "e", "é"));
}
// UTF-16 order would put U+1F393 before U+FFFD.
TEST_P(ValuesTest, SortsBeyondTheBasicPlane) {
  AddNames({"🎓", "\uFFFD"});
  EXPECT_THAT(Names("ORDER BY name"), ::testing::ElementsAre("\uFFFD", "🎓"));
}
// SQLite could be told NOCASE.
TEST_P(ValuesTest, EqualityKnowsCase) {
  AddNames({"Ada", "ada"});
  EXPECT_THAT(Names("WHERE name = $1", {"ada"}), ::testing::ElementsAre("ada"));
}
// SQLite's LIKE ignores case by default.
TEST_P(ValuesTest, LikeKnowsCase) {
  AddNames({"Ada", "ada"});
  EXPECT_THAT(Names("WHERE name LIKE $1", {"a%"}), ::testing::ElementsAre("ada"));
}
// PostgreSQL has a default escape character, SQLite none: it is always written.
TEST_P(ValuesTest, LikeEscapes) {
  AddNames({"100%", "1000"});
  EXPECT_THAT(Names("WHERE name LIKE $1 ESCAPE '!'", {"100!%"}), ::testing::ElementsAre("100%"));
}
// NULLs sort first on SQLite and last on PostgreSQL unless the statement says.
TEST_P(ValuesTest, NullsSortWhereTold) {
  AddCommitted(1);
  AddCommitted(2, "a");
  const Result result = Do("SELECT name FROM things ORDER BY name NULLS FIRST");
  EXPECT_EQ(result.rows[0][0], Value());
  EXPECT_EQ(result.rows[1][0], Value("a"));
}
// Integer division truncates toward zero on both.
TEST_P(ValuesTest, DividesIntegers) {
  EXPECT_EQ(Number("SELECT CAST($1 AS BIGINT) / CAST(2 AS BIGINT)", {int64_t{-7}}), -3);
}
// SQLite would make 1.0 of some sums; both give NULL for NULL.
TEST_P(ValuesTest, CoalesceKeepsTheType) {
  EXPECT_EQ(Number("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM things"), 0);
}

}  // namespace
}  // namespace vivier::storage
