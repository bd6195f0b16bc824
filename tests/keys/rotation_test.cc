// A school gets another key while it lives: broken off after any few steps, with writes in between,
// every invariant holds before, during and after; and at the end the key before opens nothing.
#include "shared/rotation/rotation.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/base/error.h"
#include "shared/rotation/school_keys.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/mac_audit.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"

namespace vivier::testing {
namespace {

namespace fs = std::filesystem;
using security::SchoolKey;
using storage::Access;
using storage::Transaction;

constexpr char kOldKey[] = "/old.key";

// The new key first, the one before it second; a copy of that one stays beside.
void MakeNewKey(const std::string& data) {
  const std::string keys = data + "/keys/";
  fs::copy_file(keys + security::kSchoolKeyFile, data + kOldKey);
  fs::rename(keys + security::kSchoolKeyFile, keys + security::kPreviousSchoolKeyFile);
  ASSERT_EQ(security::CreateSchoolKey(keys + security::kSchoolKeyFile), absl::OkStatus());
}

void DropOldKey(const std::string& data) {
  fs::remove(data + "/keys/" + security::kPreviousSchoolKeyFile);
}

class RotationTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  RotationTest() : world_(GetParam()) {}

  // Runs it in a transaction of the stopped service, as its writer would.
  absl::Status InTransaction(const std::string& service,
                             const std::function<absl::Status(Transaction&)>& run) {
    const auto key = SchoolKey::OfFolder(world_.data() + "/keys");
    const auto database = *storage::Database::Open(world_.DatabaseUrl(service));
    const auto connection = *database->Connect(Access::kWrite);
    RETURN_IF_ERROR(connection->Begin(Access::kWrite));
    Transaction transaction(*connection, World::kSchool, &*key);
    RETURN_IF_ERROR(transaction.LockHead());
    RETURN_IF_ERROR(run(transaction));
    RETURN_IF_ERROR(transaction.StoreHead());
    return connection->Commit();
  }

  // Steps of every service; whether any has more to do.
  bool Steps(int steps) {
    bool more = false;
    for (const site::Module& module : AllModules()) {
      bool goes_on = true;
      for (int i = 0; i < steps && goes_on; ++i)
        EXPECT_EQ(InTransaction(module.name(),
                                [&](Transaction& transaction) -> absl::Status {
                                  ASSIGN_OR_RETURN(
                                      goes_on,
                                      rotation::Step(module.service, transaction, world_.now()));
                                  return absl::OkStatus();
                                }),
                  absl::OkStatus());
      more = more || goes_on;
    }
    return more;
  }

  void Begin() {
    for (const site::Module& module : AllModules())
      EXPECT_EQ(InTransaction(module.name(),
                              [&](Transaction& transaction) {
                                return rotation::Begin(transaction, "test", world_.now());
                              }),
                absl::OkStatus());
  }

  absl::Status AddCandidate(const std::string& id, const std::string& email,
                            bool confirmed = false) {
    enrolment::v1::CreateCandidateRequest request;
    request.set_parent("schools/nancy");
    request.set_candidate_id(id);
    request.mutable_candidate()->set_given_name(id);
    request.mutable_candidate()->set_family_name("Martin");
    request.mutable_candidate()->set_email(email);
    request.set_confirmed_distinct(confirmed);
    return world_.Write<enrolment::v1::Candidate>(request).status();
  }

  // Nothing there is, of all services, that the key opens or vouches for.
  void ExpectNothingUnder(const SchoolKey& key) {
    for (const site::Module& module : AllModules())
      EXPECT_EQ(InTransaction(module.name(),
                              [&](Transaction& transaction) {
                                return LookForRowsUnder(key, module.service, transaction);
                              }),
                absl::OkStatus());
  }

  absl::Status LookForRowsUnder(const SchoolKey& key, const rpc::Service& service,
                                Transaction& transaction) {
    int rows = 0;
    for (const storage::MacTable& table : storage::MacTablesOf(service.schemas())) {
      ASSIGN_OR_RETURN(const storage::Result found,
                       transaction.connection().Query(storage::PageOf(table, 10'000, true),
                                                      {storage::Value(transaction.school())}));
      for (const storage::Row& row : found.rows) {
        ++rows;
        const auto values = absl::MakeConstSpan(row).first(table.columns.size());
        EXPECT_FALSE(storage::IsMacUnder(key.row_keys()[0], *table.layout, values, row.back()))
            << service.name() << " " << table.layout->table;
      }
    }
    EXPECT_GT(rows, 0) << service.name();
    ASSIGN_OR_RETURN(const std::vector<storage::Row> keys,
                     storage::house::PersonKeys().Select(transaction, "person <> ''", {}));
    for (const storage::Row& row : keys)
      EXPECT_FALSE(
          key.Unwrap(std::get<storage::Bytes>(row[2]).data, std::get<std::string>(row[1])).ok());
    return absl::OkStatus();
  }

  World world_;
};

TEST_P(RotationTest, GoesOnAfterEachEnd) {
  School(world_).Build();
  world_.ExpectInvariants();
  world_.Stop();
  MakeNewKey(world_.data());
  const SchoolKey old_key = *SchoolKey::Load(world_.data() + kOldKey);
  world_.Start();  // with both keys, before it has begun
  EXPECT_EQ(AddCandidate("before", "before@example.org"), absl::OkStatus());
  EXPECT_EQ(AddCandidate("waits", "before@example.org", true), absl::OkStatus());
  world_.ExpectInvariants();
  world_.Stop();
  Begin();
  int rounds = 0;
  for (bool more = true; more; ++rounds) {
    world_.Start();
    EXPECT_EQ(AddCandidate(absl::StrCat("r", rounds), absl::StrCat("r", rounds, "@example.org")),
              absl::OkStatus());
    EXPECT_EQ(ReasonOf(AddCandidate("again", "ada@example.org")), "DUPLICATE_PERSON");
    world_.ExpectInvariants();
    world_.Stop();
    more = Steps(12);
  }
  EXPECT_GT(rounds, 1);
  ExpectNothingUnder(old_key);
  DropOldKey(world_.data());
  world_.Start();
  EXPECT_EQ(ReasonOf(AddCandidate("again", "ada@example.org")), "DUPLICATE_PERSON");
  EXPECT_EQ(ReasonOf(AddCandidate("again", "r0@example.org")), "DUPLICATE_PERSON");
  EXPECT_EQ(AddCandidate("after", "after@example.org"), absl::OkStatus());
  enrolment::v1::EraseCandidateRequest erase;
  erase.set_name("schools/nancy/candidates/before");
  erase.set_cause(enrolment::v1::REQUESTED);
  EXPECT_EQ(world_.Write<enrolment::v1::Erasure>(erase).status(), absl::OkStatus());
  EXPECT_EQ(ReasonOf(AddCandidate("again", "before@example.org")), "DUPLICATE_PERSON");
  world_.ExpectInvariants();
}

TEST_P(RotationTest, RunsBesideWrites) {
  School(world_).Build();
  world_.Stop();
  MakeNewKey(world_.data());
  const SchoolKey old_key = *SchoolKey::Load(world_.data() + kOldKey);
  world_.Start();
  std::atomic<bool> done = false;
  int written = 0;
  std::thread writer([&] {
    for (; !done || written < 20; ++written)
      EXPECT_EQ(AddCandidate(absl::StrCat("w", written), absl::StrCat("w", written, "@x.org")),
                absl::OkStatus());
  });
  site::v1::RotateKeysRequest request;
  request.set_parent("schools/nancy");
  bool more = true;
  while (more) {
    request.set_request_id(world_.NewRequestId());
    const auto answer =
        world_.Call<site::v1::RotateKeysResponse>(request, World::Person("operator"));
    EXPECT_TRUE(answer.ok()) << answer.status();
    more = answer.ok() && !answer->next_page_token().empty();
    if (!answer.ok() || more) continue;
    EXPECT_EQ(answer->rotations_size(), static_cast<int>(AllModules().size()));
    for (const site::v1::KeyRotation& rotation : answer->rotations()) {
      EXPECT_TRUE(rotation.done()) << rotation.service();
      EXPECT_GT(rotation.rows_seen(), 0) << rotation.service();
    }
  }
  done = true;
  writer.join();
  world_.ExpectInvariants();
  world_.Stop();
  DropOldKey(world_.data());
  ExpectNothingUnder(old_key);
  world_.Start();
  for (int i = 0; i < written; i += 7)
    EXPECT_EQ(ReasonOf(AddCandidate("again", absl::StrCat("w", i, "@x.org"))), "DUPLICATE_PERSON");
  world_.ExpectInvariants();
}

// Who has the key before can write a row that it vouches for; it is not believed afterwards, nor
// does the rotation make it the program's.
TEST_P(RotationTest, LaundersNothing) {
  School(world_).Build();
  world_.Stop();
  MakeNewKey(world_.data());
  Begin();
  EXPECT_EQ(InTransaction("enrolment",
                          [](Transaction& transaction) {
                            return transaction.connection().Send(
                                "UPDATE candidates SET create_time = create_time + 1 "
                                "WHERE school = 'nancy' AND name LIKE '%/ada'",
                                {}, 1);
                          }),
            absl::OkStatus());
  while (Steps(50)) {
  }
  DropOldKey(world_.data());
  world_.Start();
  enrolment::v1::GetCandidateRequest ada;
  ada.set_name("schools/nancy/candidates/ada");
  EXPECT_EQ(ReasonOf(world_.Call<enrolment::v1::Candidate>(ada).status()), "ROW_CHANGED");
  ada.set_name("schools/nancy/candidates/ben");
  EXPECT_EQ(world_.Call<enrolment::v1::Candidate>(ada).status(), absl::OkStatus());
}

TEST_P(RotationTest, RefusesAStartWithoutAKeyThatRowsAreUnder) {
  School(world_).OpenCohort();
  world_.Stop();
  const auto check = [this](const SchoolKey& key) {
    const auto database = *storage::Database::Open(world_.DatabaseUrl("enrolment"));
    return rotation::KeysNeeded(*database, "enrolment", {World::kSchool}, key);
  };
  MakeNewKey(world_.data());
  const std::string keys = world_.data() + "/keys/";
  const SchoolKey old_key = *SchoolKey::Load(world_.data() + kOldKey);
  const SchoolKey new_key = *SchoolKey::Load(keys + security::kSchoolKeyFile);
  const SchoolKey both = *SchoolKey::OfFolder(keys);
  EXPECT_EQ(ReasonOf(check(new_key).status()), "SCHOOL_KEY");
  EXPECT_THAT(std::string(check(new_key).status().message()), ::testing::HasSubstr(old_key.id()));
  EXPECT_EQ(*check(both), &both);
  Begin();
  EXPECT_EQ(ReasonOf(check(new_key).status()), "SCHOOL_KEY");
  EXPECT_EQ(ReasonOf(check(old_key).status()), "SCHOOL_KEY");
  EXPECT_EQ(*check(both), &both);
  while (Steps(50)) {
  }
  EXPECT_EQ(*check(new_key), &new_key);
  EXPECT_EQ(*check(both), &both.Alone());  // the key before is not believed any more
  EXPECT_EQ(ReasonOf(check(old_key).status()), "SCHOOL_KEY");
  EXPECT_EQ(ReasonOf(check(SchoolKey::Random()).status()), "SCHOOL_KEY");
}

INSTANTIATE_TEST_SUITE_P(Engines, RotationTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
