// A fresh database with the tables of enrolment, and requests run on it the way the writer runs one
// alone. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/table.h"
#include "tests/support/engines.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::storage {

class StoreTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    database_ = testing::FreshDatabase(GetParam());
    ASSERT_EQ(Migrate(*database_, "enrolment"), absl::OkStatus());
    connection_ = *database_->Connect(Access::kWrite);
  }

  // One batch: commits what `run` left when it succeeded.
  absl::Status InTransaction(const std::function<absl::Status(Transaction&)>& run) {
    RETURN_IF_ERROR(connection_->Begin(Access::kWrite));
    Transaction transaction(*connection_, "nancy", &key_);
    absl::Status status = transaction.LockHead();
    if (status.ok()) status = run(transaction);
    if (status.ok()) status = transaction.StoreHead();
    if (status.ok()) status = connection_->Commit();
    if (!status.ok()) connection_->Rollback();
    return status;
  }

  // One request in a batch of its own.
  absl::Status InUnit(const std::function<absl::Status(Unit&)>& run) {
    return InTransaction([&](Transaction& transaction) -> absl::Status {
      Unit unit(transaction);
      RETURN_IF_ERROR(run(unit));
      return unit.Apply({"somebody", "test", "", "", "", ""}, kNow);
    });
  }

  int64_t Number(const std::string& sql) {
    EXPECT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
    const absl::StatusOr<Result> result = connection_->Query(sql);
    connection_->Rollback();
    EXPECT_EQ(result.status(), absl::OkStatus());
    return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
  }

  void Execute(const std::string& sql) {
    ASSERT_EQ(connection_->Begin(Access::kWrite), absl::OkStatus());
    ASSERT_EQ(connection_->Query(sql).status(), absl::OkStatus());
    ASSERT_EQ(connection_->Commit(), absl::OkStatus());
  }

  static enrolment::v1::Cohort SomeCohort(const std::string& id, int capacity = 24) {
    enrolment::v1::Cohort cohort;
    cohort.set_name("schools/nancy/cohorts/" + id);
    cohort.set_title("Développeur IA");
    cohort.set_capacity(capacity);
    cohort.set_state(enrolment::v1::Cohort::DRAFT);
    cohort.mutable_start_date()->set_year(2027);
    cohort.mutable_start_date()->set_month(3);
    cohort.mutable_start_date()->set_day(1);
    return cohort;
  }

  static enrolment::v1::Candidate SomeCandidate(const std::string& id) {
    enrolment::v1::Candidate candidate;
    candidate.set_name("schools/nancy/candidates/" + id);
    candidate.set_given_name("Zoé");
    candidate.set_family_name("Durand");
    candidate.set_email("zoe@example.org");
    candidate.set_jobseeker(true);
    candidate.set_education_level(4);
    candidate.mutable_birth_date()->set_year(1996);
    candidate.mutable_birth_date()->set_month(2);
    candidate.mutable_birth_date()->set_day(29);
    candidate.mutable_create_time()->set_seconds(1'800'000'000);
    return candidate;
  }

  static constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
  const security::SchoolKey key_ = security::SchoolKey::Random();
  const Table<enrolment::v1::Cohort> cohorts_;
  const Table<enrolment::v1::Candidate> candidates_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace vivier::storage
