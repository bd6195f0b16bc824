// ImportApplications as its callers see it, on both engines: an operation that goes on in steps
// while others write.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/enrolment/selection/imports.h"
#include "shared/base/error.h"
#include "tests/invariants/school.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/enrolment/v1/imports.pb.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::enrolment {
namespace {

using operations::v1::Operation;
using testing::World;

constexpr char kSchool[] = "schools/nancy";
constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
constexpr char kHeader[] = "Nom;Prénom;Email;Date de naissance\n";

class ImportTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override { testing::School(world_).OpenCohort(); }

  static v1::ImportApplicationsRequest Request(const std::string& rows) {
    v1::ImportApplicationsRequest request;
    request.set_parent(kCohort);
    request.set_content(kHeader + rows);
    return request;
  }

  static std::string Rows(int count) {
    std::string rows;
    for (int i = 0; i < count; ++i)
      absl::StrAppend(&rows, "Durand;Zoé ", i, ";zoe", i, "@example.org;04/02/1999\n");
    return rows;
  }

  absl::StatusOr<Operation> Begin(const std::string& rows) {
    return world_.Write<Operation>(Request(rows));
  }
  absl::StatusOr<v1::ImportReport> Import(const std::string& rows) {
    return world_.Await<v1::ImportReport>(Begin(rows));
  }

  absl::StatusOr<Operation> Get(const std::string& name,
                                const security::Caller& caller = World::Person()) {
    operations::v1::GetOperationRequest request;
    request.set_name(name);
    return world_.Call<Operation>(request, caller);
  }

  absl::StatusOr<Operation> Cancel(const std::string& name) {
    operations::v1::CancelOperationRequest request;
    request.set_name(name);
    return world_.Write<Operation>(request);
  }

  static v1::ImportMetadata MetadataOf(const Operation& operation) {
    v1::ImportMetadata metadata;
    EXPECT_TRUE(operation.metadata().UnpackTo(&metadata)) << operation.ShortDebugString();
    return metadata;
  }

  // The names of enrolment's rows, in the order in which `sql` gives them.
  std::vector<std::string> Query(const std::string& sql) {
    const auto database = *storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const auto connection = *database->Connect(storage::Access::kRead);
    EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const auto result = connection->Query(sql);
    EXPECT_EQ(result.status(), absl::OkStatus());
    std::vector<std::string> texts;
    for (const storage::Row& row : result->rows) texts.push_back(std::get<std::string>(row[0]));
    connection->Rollback();
    return texts;
  }
  int Applications() { return static_cast<int>(Query("SELECT name FROM applications").size()); }

  // An operation that ended before its last row: what it says it took is there, and no more.
  void ExpectEnded(const std::string& name, const std::string& reason) {
    EXPECT_EQ(ReasonOf(world_.Await<v1::ImportReport>(Get(name)).status()), reason);
    const auto ended = Get(name);
    ASSERT_EQ(ended.status(), absl::OkStatus());
    EXPECT_LT(MetadataOf(*ended).rows_done(), MetadataOf(*ended).rows_total());
    EXPECT_EQ(MetadataOf(*ended).accepted(), Applications());
    EXPECT_EQ(Query("SELECT operation FROM operation_steps WHERE LENGTH(input) > 0").size(), 0u);
    world_.ExpectInvariants();
  }

  World world_{GetParam()};
};

TEST_P(ImportTest, RefusesDoublesAndRepeatsWithoutEffect) {
  v1::CreateCandidateRequest create;
  create.set_parent(kSchool);
  create.set_candidate_id("zoe");
  create.mutable_candidate()->set_given_name("Zoé");
  create.mutable_candidate()->set_family_name("Durand");
  create.mutable_candidate()->set_email("zoe@example.org");
  ASSERT_EQ(world_.Write<v1::Candidate>(create).status(), absl::OkStatus());
  const std::string rows =
      "Durand;Zoé;zoe@example.org;03/02/1999\n"
      "Petit;Ali;ali@example.org;04/02/1999\n"
      "Petit;Ali;ali@example.org;04/02/1999\n"
      "Petit;Ali;other@example.org;04/02/1999\n"
      "PÉTIT;àlï;accents@example.org;04/02/1999\n"
      "Blanc;Eve;eve@example.org;\n";
  const auto first = Import(rows);
  ASSERT_EQ(first.status(), absl::OkStatus());
  EXPECT_EQ(first->accepted(), 2);
  EXPECT_EQ(first->refused(), 4);
  for (int row : {0, 2, 3, 4}) EXPECT_EQ(first->rows(row).reason(), v1::DUPLICATE_PERSON) << row;
  const auto again = Import(rows);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->accepted(), 0);
  EXPECT_EQ(again->unchanged(), 2);
  EXPECT_EQ(again->rows(1).result(), v1::ImportRow::UNCHANGED);
  EXPECT_EQ(again->rows(5).result(), v1::ImportRow::UNCHANGED);
  EXPECT_EQ(Applications(), 2);
  // A file in bulk shows nobody but those whom the school knew, in the rows that say so.
  EXPECT_EQ(Query("SELECT person FROM person_reads").size(), 2u);
}

TEST_P(ImportTest, RefusesWhoIsBornTomorrow) {
  const auto report = Import(
      "Petit;Ali;ali@example.org;04/02/2099\n"
      "Blanc;Eve;eve@example.org;31/12/1899\n"
      "Durand;Zoé;zoe@example.org;01/01/1900\n");
  ASSERT_EQ(report.status(), absl::OkStatus());
  EXPECT_EQ(report->accepted(), 1);
  for (int row : {0, 1}) EXPECT_EQ(report->rows(row).reason(), v1::CELL_INVALID) << row;
  EXPECT_EQ(report->rows(0).column(), "birth_date");
  EXPECT_EQ(report->rows(1).column(), "Date de naissance");  // refused where the cell is read
  EXPECT_EQ(Applications(), 1);
}

// Twins that are many steps apart are told as those of one step.
TEST_P(ImportTest, KnowsARowAgainInALaterStep) {
  const auto report = Import(Rows(3 * kImportStepRows) + Rows(1));
  ASSERT_EQ(report.status(), absl::OkStatus());
  EXPECT_EQ(report->accepted(), 3 * kImportStepRows);
  ASSERT_EQ(report->rows_size(), 3 * kImportStepRows + 1);
  EXPECT_EQ(report->rows().rbegin()->reason(), v1::DUPLICATE_PERSON);
  for (int i = 0; i < report->rows_size(); ++i) EXPECT_EQ(report->rows(i).line(), i + 2);
}

TEST_P(ImportTest, AnswersAtOnceAndTheSameToARetry) {
  v1::ImportApplicationsRequest request = Request(Rows(2000));
  request.set_request_id(world_.NewRequestId());
  const auto begun = world_.Call<Operation>(request);
  ASSERT_EQ(begun.status(), absl::OkStatus());
  EXPECT_EQ(begun->name().rfind(absl::StrCat(kCohort, "/operations/enrolment-"), 0), 0u)
      << begun->name();
  EXPECT_EQ(MetadataOf(*begun).rows_total(), 2000);
  operations::v1::WaitOperationRequest wait;
  wait.set_name(begun->name());
  wait.mutable_timeout()->set_nanos(1000);
  const auto waited = world_.Call<Operation>(wait);
  ASSERT_EQ(waited.status(), absl::OkStatus());
  EXPECT_FALSE(waited->done());
  const auto again = world_.Call<Operation>(request);
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->SerializeAsString(), begun->SerializeAsString());
  const auto report = world_.Await<v1::ImportReport>(again);
  ASSERT_EQ(report.status(), absl::OkStatus());
  EXPECT_EQ(report->accepted(), 2000);
  EXPECT_EQ(Query("SELECT name FROM operations").size(), 1u);
}

TEST_P(ImportTest, ATrialBeginsNothing) {
  v1::ImportApplicationsRequest request = Request(Rows(2));
  request.set_validate_only(true);
  const auto tried = world_.Write<Operation>(request);
  ASSERT_EQ(tried.status(), absl::OkStatus());
  EXPECT_TRUE(absl::IsNotFound(Get(tried->name()).status()));
  EXPECT_EQ(Query("SELECT operation FROM operation_steps").size(), 0u);
  request.set_content("nothing");
  EXPECT_EQ(ReasonOf(world_.Write<Operation>(request).status()), "WRONG_HEADER");
}

TEST_P(ImportTest, IsRefusedAsAWholeAtOnce) {
  EXPECT_EQ(ReasonOf(Begin(Rows(static_cast<int>(kImportRowsMax) + 1)).status()), "TOO_MANY_ROWS");
  v1::StartCohortRequest start;
  start.set_name(kCohort);
  ASSERT_EQ(world_.Write<v1::Cohort>(start).status(), absl::OkStatus());
  EXPECT_EQ(ReasonOf(Begin(Rows(1)).status()), "COHORT_NOT_OPEN");
  EXPECT_EQ(Query("SELECT name FROM operations").size(), 0u);
}

TEST_P(ImportTest, IsCancelledAndWhatItTookStays) {
  const auto begun = Begin(Rows(5000));
  ASSERT_EQ(begun.status(), absl::OkStatus());
  const auto cancelled = Cancel(begun->name());
  ASSERT_EQ(cancelled.status(), absl::OkStatus());
  EXPECT_EQ(cancelled->error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  ExpectEnded(begun->name(), "OPERATION_CANCELLED");
  const auto again = Cancel(begun->name());
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->SerializeAsString(), cancelled->SerializeAsString());
}

TEST_P(ImportTest, EndsWhenTheCohortClosesMeanwhile) {
  const auto begun = Begin(Rows(5000));
  ASSERT_EQ(begun.status(), absl::OkStatus());
  v1::StartCohortRequest start;
  start.set_name(kCohort);
  ASSERT_EQ(world_.Write<v1::Cohort>(start).status(), absl::OkStatus());
  ExpectEnded(begun->name(), "COHORT_NOT_OPEN");
}

TEST_P(ImportTest, IsSeenByWhoAskedAndWhoMayAsk) {
  const auto begun = Begin(Rows(1));
  ASSERT_EQ(begun.status(), absl::OkStatus());
  EXPECT_EQ(Get(begun->name(), World::Person("admissions_officer")).status(), absl::OkStatus());
  EXPECT_TRUE(absl::IsPermissionDenied(Get(begun->name(), World::Person("trainer")).status()));
  for (const char* unknown :
       {"schools/nancy/cohorts/ai-1/operations/enrolment-0", "schools/nancy/operations/funding-0",
        "schools/nancy/operations/nobody-0", "schools/nancy/cohorts/ai-1"})
    EXPECT_TRUE(absl::IsNotFound(Get(unknown).status())) << unknown;
}

TEST_P(ImportTest, IsListedByPages) {
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    const auto begun = Begin(Rows(1));
    ASSERT_EQ(begun.status(), absl::OkStatus());
    ASSERT_EQ(world_.Await<v1::ImportReport>(begun).status(), absl::OkStatus());
    names.push_back(begun->name());
  }
  std::sort(names.begin(), names.end());
  operations::v1::ListOperationsRequest list;
  list.set_parent(kSchool);
  list.set_service("enrolment");
  list.set_filter("done = true");
  list.set_page_size(2);
  std::vector<std::string> listed;
  do {
    const auto page = world_.Call<operations::v1::ListOperationsResponse>(list);
    ASSERT_EQ(page.status(), absl::OkStatus());
    for (const Operation& operation : page->operations()) listed.push_back(operation.name());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, names);
  list.set_filter("done = false");
  EXPECT_EQ(world_.Call<operations::v1::ListOperationsResponse>(list)->operations_size(), 0);
  list.clear_filter();
  list.set_parent("schools/nancy/cohorts/ai-2");
  EXPECT_EQ(world_.Call<operations::v1::ListOperationsResponse>(list)->operations_size(), 0);
  list.set_service("nobody");
  EXPECT_EQ(ReasonOf(world_.Call<operations::v1::ListOperationsResponse>(list).status()),
            "INVALID_FIELD");
}

TEST_P(ImportTest, IsKeptForThirtyDays) {
  const auto begun = Begin(Rows(2));
  ASSERT_EQ(world_.Await<v1::ImportReport>(begun).status(), absl::OkStatus());
  world_.Advance(absl::Hours(24 * 29));
  EXPECT_EQ(Get(begun->name()).status(), absl::OkStatus());
  world_.Advance(absl::Hours(24 * 2));
  EXPECT_TRUE(absl::IsNotFound(Get(begun->name()).status()));
  EXPECT_EQ(Query("SELECT operation FROM operation_steps").size(), 0u);
  EXPECT_EQ(Query("SELECT person FROM person_keys WHERE person LIKE '%/operations/%'").size(), 0u);
}

// While 5,000 rows are taken no transaction takes more than a step's, and others write between two
// steps.
TEST_P(ImportTest, HoldsTheWriterForAStepAtATime) {
  constexpr int kRows = 5000;
  const absl::Time start = absl::Now();
  const auto begun = Begin(Rows(kRows));
  ASSERT_EQ(begun.status(), absl::OkStatus());
  const absl::Duration answered = absl::Now() - start;
  std::atomic<bool> done = false;
  int others = 0;
  absl::Duration longest;
  std::thread writes([&] {
    for (; !done; ++others) {
      const absl::Time before = absl::Now();
      v1::UpdateSchoolRequest update;
      update.mutable_school()->set_name(kSchool);
      update.mutable_school()->set_title(absl::StrCat("Nancy ", others));
      update.set_allow_missing(true);
      EXPECT_EQ(world_.Write<v1::School>(update).status(), absl::OkStatus());
      longest = std::max(longest, absl::Now() - before);
    }
  });
  const auto report = world_.Await<v1::ImportReport>(begun);
  done = true;
  writes.join();
  ASSERT_EQ(report.status(), absl::OkStatus());
  EXPECT_EQ(report->accepted(), kRows);
  const auto trail =
      Query(absl::StrCat("SELECT CASE WHEN resource = '", begun->name(),
                         "' THEN 'step' ELSE 'other' END FROM audit_records ORDER BY number"));
  EXPECT_EQ(std::count(trail.begin(), trail.end(), "step"), kRows / kImportStepRows);
  int between = 0;
  for (size_t i = 1; i < trail.size(); ++i)
    between += trail[i] == "step" && trail[i - 1] == "other" ? 1 : 0;
  EXPECT_GT(between, 10);
  std::printf(
      "%d rows in %s, begun in %s; others: %d writes, before %d of %d steps, the longest %s\n",
      kRows, absl::FormatDuration(absl::Now() - start).c_str(),
      absl::FormatDuration(answered).c_str(), others, between, kRows / kImportStepRows,
      absl::FormatDuration(longest).c_str());
}

INSTANTIATE_TEST_SUITE_P(Engines, ImportTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::enrolment
