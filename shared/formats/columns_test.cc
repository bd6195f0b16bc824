#include "shared/formats/columns.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vivier::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const Titles& Known() {
  static const auto& titles = *new Titles{{"first name", "given_name"}, {"mail", "email"}};
  return titles;
}

TEST(ColumnsTest, TitlesAsPeopleWriteThem) {
  const auto table = ParseCsv("First_Name;Shoe size; MAIL \nAda;38;a@example.org\n");
  ASSERT_TRUE(table.ok()) << table.status();
  const Columns columns = FindColumns(*table, Known());
  EXPECT_THAT(columns.by_field, ElementsAre(Pair("email", 2), Pair("given_name", 0)));
  EXPECT_EQ(columns.doubled_field, "");
}

TEST(ColumnsTest, AFieldHasOneColumn) {
  const auto table = ParseCsv("mail;first-name;Mail\na;b;c\n");
  ASSERT_TRUE(table.ok()) << table.status();
  const Columns columns = FindColumns(*table, Known());
  EXPECT_EQ(columns.doubled_title, "Mail");
  EXPECT_EQ(columns.doubled_field, "email");
}

TEST(ColumnsTest, NamesTheColumnThatIsNotUtf8) {
  const auto table = ParseCsv("mail;first name\na;\xE9va\nb;c\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(FirstDamaged(*table, table->rows[0]), "first name");
  EXPECT_EQ(FirstDamaged(*table, table->rows[1]), "");
}

}  // namespace
}  // namespace vivier::formats
