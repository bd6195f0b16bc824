// Operations: each step is done once and in order, whoever runs them and wherever they break off.
#include "shared/follow/operation_runner.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"
#include "shared/base/status.h"
#include "shared/base/uuid.h"
#include "shared/rpc/workers.h"
#include "shared/service/channel.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/perform.h"
#include "shared/storage/log/table.h"
#include "tests/support/engines.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/enrolment/v1/imports.pb.h"

namespace vivier::follow {
namespace {

namespace enrolment = enrolment::v1;
using enrolment::ImportApplicationsRequest;
using enrolment::ImportMetadata;
using enrolment::ImportReport;
using enrolment::ImportStep;
using operations::v1::Operation;
using storage::Transaction;
using storage::Value;

constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
constexpr char kMethod[] = "vivier.enrolment.v1.SelectionService.ImportApplications";
constexpr int kSteps = 6;

// A service whose step number n stores the row n and reports the line n; a second time the row
// would be there already.
struct Clerk {
  storage::Table<enrolment::CandidateKey> rows;
  std::function<absl::Status(rpc::Call&, int number)> before = [](rpc::Call&, int) {
    return absl::OkStatus();
  };

  static absl::StatusOr<rpc::Plan<ImportMetadata, ImportStep>> Plan(
      const ImportApplicationsRequest& request) {
    rpc::Plan<ImportMetadata, ImportStep> plan;
    plan.metadata.set_cohort(request.parent());
    for (size_t i = 0; i < request.content().size(); ++i) plan.steps.emplace_back().add_rows();
    return plan;
  }
  absl::Status Check(rpc::Call&, const ImportApplicationsRequest&) { return absl::OkStatus(); }
  absl::Status Take(rpc::Call& call, const ImportStep& step, ImportMetadata& metadata,
                    ImportReport& report) {
    if (step.rows_size() != 1) return Internal("not the step that was planned");
    const int number = metadata.rows_done();
    enrolment::CandidateKey row;
    row.set_name(absl::StrCat("schools/nancy/candidateKeys/", number));
    row.set_candidate("schools/nancy/candidates/zoe");
    RETURN_IF_ERROR(rows.Insert(call, row));
    RETURN_IF_ERROR(before(call, number));
    metadata.set_rows_done(number + 1);
    report.add_rows()->set_line(number);
    report.set_accepted(number + 1);
    return absl::OkStatus();
  }
};

class OperationRunnerTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  OperationRunnerTest()
      : database_(testing::FreshDatabase(GetParam())),
        readers_(*database_, &key_),
        service_("enrolment") {
    EXPECT_EQ(storage::Migrate(*database_, "enrolment"), absl::OkStatus());
    service_.Operate(clerk_, &Clerk::Plan, &Clerk::Check, &Clerk::Take);
  }

  std::unique_ptr<storage::Writer> Writer() {
    return *storage::Writer::Start(*database_, &key_, {}, {});
  }

  std::unique_ptr<OperationRunner> Runner(storage::Writer& writer) {
    return std::make_unique<OperationRunner>(
        OperationRunner::Options{&service_, {"nancy"}, &writer, &readers_, &scheduler_});
  }

  // The name of an operation of so many steps.
  std::string Begin(
      storage::Writer& writer, int steps = kSteps,
      const security::Caller& caller = {
          "zoe", security::Caller::Kind::kPerson, {"school_director"}, {"nancy"}, ""}) {
    ImportApplicationsRequest request;
    request.set_parent(kCohort);
    request.set_content(std::string(static_cast<size_t>(steps), '.'));
    request.set_request_id(RandomUuid());
    const auto* method = rpc::MethodTaking(*ImportApplicationsRequest::descriptor());
    const auto handler =
        rpc::BeginningOf(*rpc::Describe(method), service_.operations().at(kMethod))(request);
    Operation operation;
    const rpc::Fetched none;
    EXPECT_EQ(
        storage::Perform(writer, "nancy",
                         [&](Transaction& transaction, absl::Time now) -> absl::Status {
                           storage::Unit unit(transaction);
                           rpc::Call call(caller, now, unit, none);
                           RETURN_IF_ERROR((*handler)(call, request, operation));
                           return unit.Apply({caller.subject, "begin", kCohort, "", "", ""}, now);
                         }),
        absl::OkStatus());
    return operation.name();
  }

  Operation Get(const std::string& name) {
    Operation operation;
    EXPECT_EQ(readers_.Read("nancy",
                            [&](Transaction& transaction) -> absl::Status {
                              ASSIGN_OR_RETURN(const auto stored,
                                               storage::FindOperation(transaction, name));
                              if (!stored.has_value()) return NotFound(name);
                              ASSIGN_OR_RETURN(operation, rpc::ToMessage(*stored, &transaction));
                              return absl::OkStatus();
                            }),
              absl::OkStatus());
    return operation;
  }

  int RowsDone(const Operation& operation) {
    ImportMetadata metadata;
    EXPECT_TRUE(operation.metadata().UnpackTo(&metadata));
    return metadata.rows_done();
  }

  int64_t Number(const std::string& sql) {
    int64_t number = -1;
    EXPECT_EQ(readers_.Read("nancy",
                            [&](Transaction& transaction) -> absl::Status {
                              ASSIGN_OR_RETURN(storage::Result result,
                                               transaction.connection().Query(sql));
                              number = std::get<int64_t>(result.rows[0][0]);
                              return absl::OkStatus();
                            }),
              absl::OkStatus());
    return number;
  }

  // So many steps were done once each, by the asker in the audit trail, and nothing is left that a
  // step was to do.
  void ExpectDone(const std::string& name, int steps) {
    EXPECT_EQ(RowsDone(Get(name)), steps);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM candidate_keys"), steps);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM operation_steps WHERE LENGTH(input) > 0"), 0);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM person_keys WHERE person = '" + name + "'"), 0);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM operation_steps"), steps);
  }

  void ExpectResponse(const std::string& name) {
    const Operation operation = Get(name);
    ImportReport report;
    ASSERT_TRUE(operation.response().UnpackTo(&report)) << operation.ShortDebugString();
    EXPECT_EQ(report.accepted(), kSteps);
    ASSERT_EQ(report.rows_size(), kSteps);
    for (int i = 0; i < kSteps; ++i) EXPECT_EQ(report.rows(i).line(), i);
    ExpectDone(name, kSteps);
    EXPECT_EQ(Number(absl::StrCat(
                  "SELECT COUNT(*) FROM audit_records WHERE principal = 'zoe' AND method = '",
                  kMethod, "' AND resource = '", name, "'")),
              kSteps);
  }

  // Nothing is left of an operation that is deleted.
  void Clear(storage::Writer& writer, const std::string& name) {
    ASSERT_EQ(storage::Perform(writer, "nancy",
                               [&](Transaction& transaction, absl::Time) -> absl::Status {
                                 RETURN_IF_ERROR(transaction.connection().Send(
                                     "DELETE FROM candidate_keys", {}));
                                 return storage::DeleteOperation(transaction, name);
                               }),
              absl::OkStatus());
    for (const char* table : {"operations", "operation_steps", "person_keys"})
      EXPECT_EQ(Number(absl::StrCat("SELECT COUNT(*) FROM ", table)), 0) << table;
  }

  void ExpectError(const std::string& name, absl::StatusCode code, const std::string& reason,
                   int steps) {
    const Operation operation = Get(name);
    ASSERT_TRUE(operation.has_error()) << operation.ShortDebugString();
    EXPECT_TRUE(operation.done());
    EXPECT_EQ(FromMessage(operation.error()).code(), code);
    EXPECT_EQ(ReasonOf(FromMessage(operation.error())), reason);
    ExpectDone(name, steps);
  }

  const security::SchoolKey key_ = security::SchoolKey::Random();
  std::unique_ptr<storage::Database> database_;
  rpc::Readers readers_;
  rpc::Service service_;
  Clerk clerk_;
  rpc::Workers workers_{2};
  Scheduler scheduler_{
      {[this](std::function<void()> task) { return workers_.Submit(std::move(task)); }}};
};

TEST_P(OperationRunnerTest, DoesEachStepOnceAndKeepsTheAnswer) {
  const auto writer = Writer();
  const std::string name = Begin(*writer);
  EXPECT_FALSE(Get(name).done());
  EXPECT_EQ(Runner(*writer)->RunOnce(), kSteps);
  ExpectResponse(name);
  EXPECT_EQ(Runner(*writer)->RunOnce(), 0);
}

TEST_P(OperationRunnerTest, WithoutStepsIsDoneAtOnce) {
  const auto writer = Writer();
  const Operation operation = Get(Begin(*writer, 0));
  EXPECT_TRUE(operation.done());
  EXPECT_TRUE(operation.response().Is<ImportReport>());
}

TEST_P(OperationRunnerTest, RunsWhenItIsWoken) {
  const auto writer = Writer();
  const std::string name = Begin(*writer);
  Monitor monitor;
  bool over = false;
  clerk_.before = [&](rpc::Call&, int number) {
    Monitor::Lock lock(monitor);
    over = number == kSteps - 1;
    return absl::OkStatus();
  };
  const auto runner = Runner(*writer);
  scheduler_.Begin();
  runner->Wake("nancy");
  {
    Monitor::Lock lock(monitor);
    ASSERT_TRUE(lock.AwaitFor(absl::Minutes(1), [&] { return over; }));
  }
  runner->Stop();
  ExpectResponse(name);
}

// The process ends within any step, behind the commit of the one before, and another one goes on.
TEST_P(OperationRunnerTest, GoesOnWhereItBrokeOff) {
  for (int broken = 0; broken < kSteps; ++broken) {
    std::string name;
    clerk_.before = [&](rpc::Call&, int number) {
      return number == broken ? Unavailable("the process ends") : absl::OkStatus();
    };
    {
      const auto writer = Writer();
      name = Begin(*writer);
      EXPECT_EQ(Runner(*writer)->RunOnce(), broken);
    }
    EXPECT_EQ(RowsDone(Get(name)), broken);
    clerk_.before = [](rpc::Call&, int) { return absl::OkStatus(); };
    const auto writer = Writer();
    EXPECT_EQ(Runner(*writer)->RunOnce(), kSteps - broken);
    ExpectResponse(name);
    Clear(*writer, name);
  }
}

TEST_P(OperationRunnerTest, TwoReplicasDoNoStepTwice) {
  const auto first = Writer();
  // A SQLite file has one writer; there two runners share it.
  const auto second = GetParam() == storage::Engine::kPostgres ? Writer() : nullptr;
  const std::string name = Begin(*first, 60);
  const auto one = Runner(*first), two = Runner(second == nullptr ? *first : *second);
  int by_one = 0, by_two = 0;
  std::thread other([&] {
    while (!Get(name).done()) by_two += two->RunOnce();
  });
  while (!Get(name).done()) by_one += one->RunOnce();
  other.join();
  EXPECT_EQ(by_one + by_two, 60);
  ExpectDone(name, 60);
}

TEST_P(OperationRunnerTest, ARefusalEndsItAndWhatWasDoneStays) {
  struct Row {
    absl::Status refusal;
    std::string reason;
  };
  for (const Row& row :
       {Row{Refused(enrolment::COHORT_NOT_OPEN, "closed meanwhile"), "COHORT_NOT_OPEN"},
        Row{InvalidField("content", "is odd"), "INVALID_FIELD"},
        Row{Internal("a defect"), "INTERNAL"}, Row{absl::NotFoundError("gone"), "NOT_FOUND"}}) {
    const auto writer = Writer();
    const std::string name = Begin(*writer);
    clerk_.before = [&](rpc::Call&, int number) {
      return number == 2 ? row.refusal : absl::OkStatus();
    };
    Runner(*writer)->RunOnce();
    ExpectError(name, row.refusal.code(), row.reason, 2);
    Clear(*writer, name);
  }
}

TEST_P(OperationRunnerTest, WhatTheDatabaseRefusesEndsIt) {
  const auto writer = Writer();
  const std::string name = Begin(*writer);
  clerk_.before = [](rpc::Call& call, int number) {
    if (number == 3)
      call.unit().Later([](storage::Transaction& transaction) {
        return transaction.connection().Send("INSERT INTO candidate_keys (school) VALUES ('nancy')",
                                             {});
      });
    return absl::OkStatus();
  };
  Runner(*writer)->RunOnce();
  ExpectError(name, absl::StatusCode::kFailedPrecondition, "CONSTRAINT_VIOLATED", 3);
}

TEST_P(OperationRunnerTest, EndsWhenTheAskerHasLostHisRight) {
  const auto writer = Writer();
  ASSERT_EQ(storage::Perform(*writer, "nancy",
                             [](Transaction& transaction, absl::Time) {
                               return storage::house::Rights().Insert(
                                   transaction,
                                   {"nancy", "schools/nancy/memberships/zoe", int64_t{0},
                                    "https://issuer#zoe", "admissions_officer", "", Value(),
                                    Value(), "", "", ""});
                             }),
            absl::OkStatus());
  const security::Caller zoe = {"https://issuer#zoe",
                                security::Caller::Kind::kPerson,
                                {"admissions_officer", "identified"},
                                {"nancy"},
                                ""};
  const std::string name = Begin(*writer, kSteps, zoe);
  clerk_.before = [](rpc::Call& call, int number) {
    if (number == 3) storage::Delete(call.unit(), storage::house::Rights(), "role <> ''", {});
    return absl::OkStatus();
  };
  Runner(*writer)->RunOnce();
  ExpectError(name, absl::StatusCode::kPermissionDenied, "NOT_ALLOWED", 4);
}

// A copy of the file from before and today's key open nothing of what was done.
TEST_P(OperationRunnerTest, NoKeyLeadsBack) {
  const auto writer = Writer();
  const std::string name = Begin(*writer);
  std::vector<std::string> inputs;
  const auto read = [&](Transaction& transaction, const std::string& sql) {
    auto result = transaction.connection().Query(sql);
    EXPECT_EQ(result.status(), absl::OkStatus());
    return std::get<storage::Bytes>(result->rows[0][0]).data;
  };
  ASSERT_EQ(
      readers_.Read("nancy",
                    [&](Transaction& transaction) {
                      for (int i = 0; i < 2; ++i)
                        inputs.push_back(read(
                            transaction,
                            absl::StrCat("SELECT input FROM operation_steps WHERE number = ", i)));
                      return absl::OkStatus();
                    }),
      absl::OkStatus());
  clerk_.before = [](rpc::Call&, int number) {
    return number == 1 ? Unavailable("not now") : absl::OkStatus();
  };
  Runner(*writer)->RunOnce();
  ASSERT_EQ(RowsDone(Get(name)), 1);
  ASSERT_EQ(readers_.Read(
                "nancy",
                [&](Transaction& transaction) -> absl::Status {
                  const std::string wrapped = read(
                      transaction, "SELECT wrapped FROM person_keys WHERE person = '" + name + "'");
                  ASSIGN_OR_RETURN(const security::Key key, key_.Unwrap(wrapped, name));
                  const auto place = [&](int number) {
                    return absl::StrCat("operation_steps.input|", name, "|", number);
                  };
                  const absl::Status moved = security::Decrypt(key, inputs[0], place(0)).status();
                  EXPECT_EQ(ReasonOf(moved), "DECRYPTION_FAILED");
                  EXPECT_EQ(security::Decrypt(key, inputs[1], place(1)).status(), absl::OkStatus());
                  return absl::OkStatus();
                }),
            absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Engines, OperationRunnerTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::follow
