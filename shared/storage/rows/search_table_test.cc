// What a list is searched by follows its row at every change, on both engines, and nothing else is
// found.
#include "shared/storage/rows/search_table.h"

#include "gmock/gmock.h"
#include "shared/base/resource_name.h"
#include "tests/support/store.h"
#include "vivier/access/v1/memberships.pb.h"

namespace vivier::storage {
namespace {

using access::v1::Membership;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kReader[] = "schools/nancy/roles/reader";
constexpr char kReaderToo[] = "schools/nancy/roles/reader-2";

class SearchTableTest : public StoreTest {
 protected:
  void SetUp() override {
    database_ = testing::FreshDatabase(GetParam());
    ASSERT_EQ(Migrate(*database_, "access"), absl::OkStatus());
    connection_ = *database_->Connect(Access::kWrite);
  }

  static Membership Member(const std::string& id, const std::vector<std::string>& roles) {
    Membership member;
    member.set_name("schools/nancy/memberships/" + id);
    member.set_subject("https://id.example#" + id);
    for (const std::string& role : roles) member.add_roles()->set_role(role);
    return member;
  }

  absl::Status Insert(const std::string& id, const std::vector<std::string>& roles) {
    return InUnit([&](Unit& unit) {
      Membership member = Member(id, roles);
      return members_.Insert(unit, member);
    });
  }

  absl::Status Give(const std::string& id, const std::vector<std::string>& roles) {
    return InUnit([&](Unit& unit) -> absl::Status {
      const Membership given = Member(id, roles);
      ASSIGN_OR_RETURN(Membership member, members_.Get(unit, given.name()));
      *member.mutable_roles() = given.roles();
      return members_.Update(unit, member);
    });
  }

  // The ids of those who have the role.
  std::vector<std::string> Having(const std::string& role) {
    std::vector<std::string> ids;
    EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
                ASSIGN_OR_RETURN(
                    const std::vector<Membership> found,
                    members_.Select(unit, members_.Having("roles", 2) + " ORDER BY name", {role}));
                for (const Membership& member : found) ids.push_back(IdOf(member.name()));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return ids;
  }

  int64_t Rows() { return Number("SELECT COUNT(*) FROM membership_roles"); }

  const Table<Membership> members_;
};

INSTANTIATE_TEST_SUITE_P(Engines, SearchTableTest, testing::BothEngines(), testing::EngineName);

TEST_P(SearchTableTest, FindsTheWholeTextAndNoPartOfIt) {
  ASSERT_EQ(Insert("zoe", {kReader, "trainer"}), absl::OkStatus());
  ASSERT_EQ(Insert("adam", {kReaderToo, "trainer"}), absl::OkStatus());
  ASSERT_EQ(Insert("eve", {}), absl::OkStatus());
  EXPECT_THAT(Having(kReader), ElementsAre("zoe"));
  EXPECT_THAT(Having(kReaderToo), ElementsAre("adam"));
  EXPECT_THAT(Having("trainer"), ElementsAre("adam", "zoe"));
  EXPECT_THAT(Having("train%"), IsEmpty());
  EXPECT_THAT(Having(""), IsEmpty());
}

TEST_P(SearchTableTest, FollowsEachChange) {
  ASSERT_EQ(Insert("zoe", {kReader, "trainer", "trainer"}), absl::OkStatus());
  EXPECT_EQ(Rows(), 2);
  ASSERT_EQ(Give("zoe", {"trainer", kReaderToo}), absl::OkStatus());
  EXPECT_THAT(Having(kReader), IsEmpty());
  EXPECT_THAT(Having(kReaderToo), ElementsAre("zoe"));
  EXPECT_EQ(Rows(), 2);
  ASSERT_EQ(Give("zoe", {}), absl::OkStatus());
  EXPECT_EQ(Rows(), 0);
  ASSERT_EQ(Give("zoe", {"trainer"}), absl::OkStatus());
  ASSERT_EQ(
      InUnit([&](Unit& unit) { return members_.Delete(unit, "schools/nancy/memberships/zoe"); }),
      absl::OkStatus());
  EXPECT_EQ(Rows(), 0);
}

TEST_P(SearchTableTest, FollowsSeveralChangesOfOneRequest) {
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              Membership zoe = Member("zoe", {kReader});
              RETURN_IF_ERROR(members_.Insert(unit, zoe));
              zoe.mutable_roles(0)->set_role("trainer");
              RETURN_IF_ERROR(members_.Update(unit, zoe));
              Membership adam = Member("adam", {kReader});
              RETURN_IF_ERROR(members_.Insert(unit, adam));
              return members_.Delete(unit, adam.name());
            }),
            absl::OkStatus());
  EXPECT_THAT(Having("trainer"), ElementsAre("zoe"));
  EXPECT_EQ(Rows(), 1);
}

TEST_P(SearchTableTest, ARefusalLeavesNothing) {
  EXPECT_FALSE(InUnit([&](Unit& unit) -> absl::Status {
                 Membership zoe = Member("zoe", {kReader});
                 RETURN_IF_ERROR(members_.Insert(unit, zoe));
                 return Internal("refused");
               }).ok());
  EXPECT_EQ(Rows(), 0);
}

// As after a program that wrote the row alone.
TEST_P(SearchTableTest, TakesWhatIsThereOrGoneAlready) {
  ASSERT_EQ(Insert("zoe", {kReader}), absl::OkStatus());
  Execute("UPDATE membership_roles SET role = 'trainer'");
  EXPECT_EQ(Give("zoe", {"trainer"}), absl::OkStatus());
  EXPECT_THAT(Having("trainer"), ElementsAre("zoe"));
  EXPECT_EQ(Rows(), 1);
}

TEST_P(SearchTableTest, AListWithoutOneIsAskedForInVain) {
  EXPECT_TRUE(absl::IsInternal(InUnit([&](Unit& unit) {
    return members_.Select(unit, members_.Having("subject", 2), {"zoe"}).status();
  })));
}

TEST_P(SearchTableTest, ItsDriftIsNamed) {
  const auto drift = [&] {
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    const absl::Status status = members_.schema().CheckDrift(*connection_);
    connection_->Rollback();
    return status;
  };
  EXPECT_EQ(drift(), absl::OkStatus());
  Execute("ALTER TABLE membership_roles RENAME COLUMN role TO part");
  EXPECT_THAT(drift().message(), HasSubstr("membership_roles.role is missing"));
}

}  // namespace
}  // namespace vivier::storage
