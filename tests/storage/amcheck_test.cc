// What PostgreSQL finds of its own tables and indexes when it is asked to look.
#include "tests/storage/fixture.h"

namespace vivier::storage {
namespace {

class AmcheckTest : public StorageTest {
 protected:
  // A database of its own: the extension is one of a database.
  void SetUp() override {
    url_ = absl::StrCat("postgres:enrolment:", testing::FreshPostgres());
    Reopen();
    Script(
        "CREATE TABLE things (school TEXT NOT NULL PRIMARY KEY, name TEXT);"
        "CREATE FUNCTION folded(name TEXT) RETURNS TEXT IMMUTABLE LANGUAGE sql AS"
        " 'SELECT lower(name)';"
        "CREATE INDEX things_folded ON things (folded(name));"
        "INSERT INTO things VALUES ('nancy', 'One'), ('metz', 'Two');");
  }
  StorageCheck Check() {
    const absl::StatusOr<StorageCheck> check = database_->CheckStorage();
    EXPECT_TRUE(check.ok()) << check.status();
    return check.value_or(StorageCheck());
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, AmcheckTest, ::testing::Values(Engine::kPostgres),
                         testing::EngineName);

TEST_P(AmcheckTest, SaysWhereTheExtensionIsMissing) {
  EXPECT_THAT(Check().not_checked, ::testing::HasSubstr("CREATE EXTENSION amcheck"));
}

TEST_P(AmcheckTest, FindsAnIndexThatDoesNotSayWhatItsTableSays) {
  Script("CREATE EXTENSION amcheck;");
  StorageCheck check = Check();
  EXPECT_EQ(check.checked, 3);  // a table, its primary key and an index
  EXPECT_THAT(check.damaged, ::testing::IsEmpty());
  EXPECT_EQ(check.not_checked, "");
  // As a new version of a library of collations does.
  Script(
      "CREATE OR REPLACE FUNCTION folded(name TEXT) RETURNS TEXT IMMUTABLE LANGUAGE sql AS"
      " 'SELECT upper(name)';");
  check = Check();
  EXPECT_THAT(check.damaged, ::testing::ElementsAre("enrolment.things_folded is damaged"));
}

}  // namespace
}  // namespace vivier::storage
