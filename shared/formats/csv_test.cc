#include "shared/formats/csv.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CsvTable Parsed(absl::string_view bytes) {
  absl::StatusOr<CsvTable> table = ParseCsv(bytes);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *table : CsvTable{};
}

// "a|b / c|d": header, then rows.
std::string Drawn(const CsvTable& table) {
  std::vector<std::string> lines = {absl::StrJoin(table.header, "|")};
  for (const CsvTable::Row& row : table.rows) lines.push_back(absl::StrJoin(row.cells, "|"));
  return absl::StrJoin(lines, " / ");
}

TEST(CsvTest, ReadsWhatSpreadsheetsWrite) {
  const struct {
    const char *what, *bytes, *table;
    char separator;
  } rows[] = {
      {"semicolon", "a;b\n1;2\n", "a|b / 1|2", ';'},
      {"comma", "a,b\n1,2\n", "a|b / 1|2", ','},
      {"tab", "a\tb\n1\t2\n", "a|b / 1|2", '\t'},
      {"the most frequent wins", "name, first;b;c\n1;2;3\n", "name, first|b|c / 1|2|3", ';'},
      {"a separator within quotes does not count", "\"a;b;c\",d\n1,2\n", "a;b;c|d / 1|2", ','},
      {"CRLF", "a;b\r\n1;2\r\n", "a|b / 1|2", ';'},
      {"CR alone", "a;b\r1;2\r", "a|b / 1|2", ';'},
      {"no end at the last line", "a;b\n1;2", "a|b / 1|2", ';'},
      {"quotes doubled", "a;b\n\"say \"\"no\"\"\";2\n", "a|b / say \"no\"|2", ';'},
      {"line break within quotes", "a;b\n\"x\r\ny\";2\n", "a|b / x\r\ny|2", ';'},
      {"a quote inside a plain cell", "a;b\n12\";x\"y\n", "a|b / 12\"|x\"y", ';'},
      {"text after a closing quote", "a;b\n\"x\"y;2\n", "a|b / xy|2", ';'},
      {"empty columns at the end", "a;b;;\n1;2;;\n", "a|b / 1|2", ';'},
      {"content beyond the header stays", "a;b;;\n1;2;;x\n", "a|b / 1|2||x", ';'},
      {"a short row is filled", "a;b;c\n1\n", "a|b|c / 1||", ';'},
      {"blank lines are skipped", "\n\na;b\n\n1;2\n\n", "a|b / 1|2", ';'},
      {"a quoted empty cell is a row", "a\n\"\"\n", "a / ", ';'},
      {"titles are trimmed, cells are not", " a ; b\n 1; 2\n", "a|b /  1| 2", ';'},
      {"only a header", "a;b", "a|b", ';'},
  };
  for (const auto& row : rows) {
    const CsvTable table = Parsed(row.bytes);
    EXPECT_EQ(Drawn(table), row.table) << row.what;
    EXPECT_EQ(table.separator, row.separator) << row.what;
  }
}

TEST(CsvTest, TakesTheBomAway) {
  const CsvTable table = Parsed("\xEF\xBB\xBFSiret;UAI\n1;2\n");
  EXPECT_TRUE(table.had_bom);
  EXPECT_EQ(table.Column("Siret"), 0);
  EXPECT_EQ(table.Column("UAI"), 1);
  EXPECT_EQ(table.Column("NDA"), -1);
  EXPECT_FALSE(Parsed("Siret\n1\n").had_bom);
}

TEST(CsvTest, RowsKnowTheirLineThroughBlankLinesAndLineBreaks) {
  const CsvTable table = Parsed("a;b\n\n\"1\n2\r\n3\r4\";x\n5;6\r\n\r\n7;8");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0].line, 3);
  EXPECT_EQ(table.rows[1].line, 7);
  EXPECT_EQ(table.rows[2].line, 9);
}

TEST(CsvTest, WrongEncodingConcernsItsRowOnly) {
  const CsvTable table = Parsed("ville;n\nÉpinal;1\n\xC9pinal;2\nNancy;3\n");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_TRUE(table.rows[0].valid_utf8);
  EXPECT_FALSE(table.rows[1].valid_utf8);
  EXPECT_TRUE(table.rows[2].valid_utf8);
  EXPECT_THAT(table.rows[1].cells, ElementsAre("\xEF\xBF\xBDpinal", "2"));
  EXPECT_TRUE(table.header_valid_utf8);
  EXPECT_FALSE(Parsed("caf\xE9;b\n1;2\n").header_valid_utf8);
}

TEST(CsvTest, RefusesWithTheLine) {
  const struct {
    std::string bytes, message;
  } rows[] = {
      {"", "line 1: no header"},
      {"\n\r\n", "line 1: no header"},
      {"\n;;;\n1;2\n", "line 2: no header"},
      {"a;b\n1;2\n3;\"x\n4;5\n", "line 3: a quote"},
      {"a;b\n\"1\n\n", "line 2: a quote"},
      {"a\n1\n" + std::string(kCsvCellBytesMax + 1, 'x'),
       "line 3: a cell of more than 32768 bytes"},
      {"a;b\n" + std::string(kCsvColumnsMax, ';'), "line 2: more than 512 columns"},
  };
  for (const auto& row : rows) {
    absl::StatusOr<CsvTable> table = ParseCsv(row.bytes);
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument) << row.message;
    EXPECT_THAT(std::string(table.status().message()), HasSubstr(row.message));
    EXPECT_EQ(ReasonOf(table.status()), "INVALID_FIELD");
  }
}

std::string RandomCell(std::mt19937_64& random) {
  static constexpr const char* kPieces[] = {"a",  "é",    "\"", ";", ",", "\t",  "\n",
                                            "\r", "\r\n", " ",  "0", "œ", "\"\""};
  std::string cell;
  for (uint64_t i = random() % 6; i > 0; --i) cell += kPieces[random() % std::size(kPieces)];
  return cell;
}

TEST(CsvTest, ReadsBackWhateverItWrites) {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    CsvTable written;
    written.separator = ";,\t"[random() % 3];
    written.had_bom = random() % 2 == 0;
    const size_t columns = 1 + random() % 5;
    for (size_t i = 0; i < columns; ++i) written.header.push_back(absl::StrCat("title ", i));
    for (uint64_t i = random() % 6; i > 0; --i) {
      CsvTable::Row row;
      for (size_t column = 0; column < columns; ++column) row.cells.push_back(RandomCell(random));
      written.rows.push_back(row);
    }
    const CsvTable read = Parsed(FormatCsv(written));
    ASSERT_EQ(Drawn(read), Drawn(written)) << "round " << round;
    ASSERT_EQ(read.had_bom, written.had_bom);
    ASSERT_TRUE(columns == 1 || read.separator == written.separator) << "round " << round;
  }
}

// A blank line before it makes a mark of the file a part of its first title.
TEST(CsvTest, ReadsBackATitleThatBeginsAsAMark) {
  const CsvTable table = Parsed("\n\xEF\xBB\xBFone;two\n1;2\n");
  ASSERT_FALSE(table.had_bom);
  EXPECT_EQ(table.header[0], "\xEF\xBB\xBFone");
  EXPECT_EQ(Drawn(Parsed(FormatCsv(table))), Drawn(table));
}

TEST(CsvTest, NeverFailsToAnswerOnDamagedBytes) {
  std::mt19937_64 random(7);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = "Siret;Ville\n\"1;2\";\"Épinal\"\n3;Nancy\n";
    for (uint64_t i = 1 + random() % 3; i > 0; --i)
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    absl::StatusOr<CsvTable> table = ParseCsv(bytes);
    refused += !table.ok();
    if (!table.ok()) continue;
    for (const CsvTable::Row& row : table->rows) ASSERT_GE(row.cells.size(), table->header.size());
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 2000);
}

// Runs over files that others published, where VIVIER_SHARED_DATA says where they are.
TEST(CsvTest, LosesNoRowOfPublishedNetworkFiles) {
  const char* folder = std::getenv("VIVIER_SHARED_DATA");
  if (folder == nullptr) GTEST_SKIP() << "VIVIER_SHARED_DATA is not set";
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(folder) / "networks")) {
    if (entry.path().extension() != ".csv") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const CsvTable table = Parsed(bytes);
    const auto lines =
        std::count(bytes.begin(), bytes.end(), '\n') + (bytes.back() == '\n' ? 0 : 1);
    EXPECT_EQ(table.rows.size() + 1, static_cast<size_t>(lines)) << entry.path();
    EXPECT_GE(table.Column("Siret"), 0) << entry.path();
    for (const CsvTable::Row& row : table.rows)
      EXPECT_GE(row.cells.size(), table.header.size()) << row.line;
    RecordProperty(entry.path().stem().string(), static_cast<int>(table.rows.size()));
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace vivier::formats
