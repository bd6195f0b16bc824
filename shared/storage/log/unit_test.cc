// A unit of work: sees its own writes and those before it in the batch, and leaves nothing when it
// is refused.
#include "shared/storage/log/unit.h"

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "tests/support/store.h"
#include "vivier/enrolment/v1/events.pb.h"

namespace vivier::storage {
namespace {

using enrolment::v1::Candidate;
using enrolment::v1::Cohort;

constexpr char kSchool[] = "schools/nancy";
constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";

class UnitTest : public StoreTest {
 protected:
  absl::Status Insert(const std::string& id, int capacity = 24) {
    return InUnit([&](Unit& unit) {
      Cohort cohort = SomeCohort(id, capacity);
      return cohorts_.Insert(unit, cohort);
    });
  }

  absl::StatusOr<Page<Cohort>> List(int page_size, const std::string& token,
                                    const std::string& filter = "",
                                    const std::string& parent = "schools/nancy/cohorts") {
    Page<Cohort> page;
    RETURN_IF_ERROR(InUnit([&](Unit& unit) -> absl::Status {
      ASSIGN_OR_RETURN(page, cohorts_.List(unit, parent, page_size, token, filter));
      return absl::OkStatus();
    }));
    return page;
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, UnitTest, testing::BothEngines(), testing::EngineName);

TEST_P(UnitTest, SeesItsOwnWrites) {
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              EXPECT_TRUE(absl::IsNotFound(cohorts_.Get(unit, kCohort).status()));
              Cohort cohort = SomeCohort("ai-1");
              RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
              EXPECT_EQ(cohort.etag(), "1");
              cohort.set_capacity(25);
              RETURN_IF_ERROR(cohorts_.Update(unit, cohort));
              ASSIGN_OR_RETURN(Cohort found, cohorts_.Get(unit, kCohort));
              EXPECT_EQ(found.capacity(), 25);
              EXPECT_EQ(found.etag(), "2");
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Number("SELECT capacity * 10 + version FROM cohorts"), 252);
}

TEST_P(UnitTest, SeesWhatAnEarlierOneOfTheBatchDid) {
  EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
              Unit first(transaction);
              Cohort cohort = SomeCohort("ai-1");
              RETURN_IF_ERROR(cohorts_.Insert(first, cohort));
              RETURN_IF_ERROR(first.Apply({}, kNow));
              Unit second(transaction);
              EXPECT_TRUE(cohorts_.Get(second, kCohort).ok());
              EXPECT_EQ(cohorts_.Count(second, "capacity = 24", {}).value_or(-1), 1);
              EXPECT_TRUE(absl::IsAlreadyExists(cohorts_.Insert(second, cohort)));
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

// A request that was refused after it had stored, emitted and made a person's key leaves no trace
// of it, and the batch's other requests stand.
TEST_P(UnitTest, ARefusalLeavesNothing) {
  EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
              {
                Unit refused(transaction);
                Cohort cohort = SomeCohort("ai-1");
                EXPECT_EQ(cohorts_.Insert(refused, cohort), absl::OkStatus());
                Candidate zoe = SomeCandidate("zoe");
                EXPECT_EQ(candidates_.Insert(refused, zoe), absl::OkStatus());
                enrolment::v1::ApplicationSubmitted event;
                event.set_candidate(zoe.name());
                EXPECT_EQ(refused.Emit(event), absl::OkStatus());
                refused.Remember("11111111-1111-4111-8111-111111111111",
                                 {"somebody", "m", "h", "", "a"}, kNow);
              }  // the handler said no: Apply is not called
              Unit next(transaction);
              EXPECT_TRUE(absl::IsNotFound(cohorts_.Get(next, kCohort).status()));
              EXPECT_TRUE(
                  absl::IsNotFound(next.KeyOf("schools/nancy/candidates/zoe", false).status()));
              Cohort other = SomeCohort("ai-2");
              RETURN_IF_ERROR(cohorts_.Insert(next, other));
              return next.Apply({}, kNow);
            }),
            absl::OkStatus());
  for (const char* table : {"candidates", "person_keys", "events", "answers"})
    EXPECT_EQ(Number(absl::StrCat("SELECT COUNT(*) FROM ", table)), 0) << table;
  EXPECT_EQ(Number("SELECT COUNT(*) FROM cohorts WHERE name = 'schools/nancy/cohorts/ai-2'"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM audit_records"), 1);
}

// Decide before you store: an answer that lacks the own pending rows would be wrong.
TEST_P(UnitTest, AQueryAfterAWriteIsADefect) {
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              EXPECT_TRUE(cohorts_.Select(unit, "capacity > 0", {}).ok());
              Cohort cohort = SomeCohort("ai-1");
              RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
              EXPECT_TRUE(absl::IsInternal(cohorts_.Select(unit, "capacity > 0", {}).status()));
              EXPECT_TRUE(absl::IsInternal(cohorts_.First(unit, "capacity > 0", {}).status()));
              EXPECT_TRUE(absl::IsInternal(cohorts_.Count(unit, "capacity > 0", {}).status()));
              EXPECT_TRUE(
                  candidates_.Select(unit, "name <> ''", {}).ok());  // of another table it is none
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(UnitTest, AListAfterAWriteIsADefect) {
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              Cohort cohort = SomeCohort("ai-1");
              RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
              EXPECT_TRUE(absl::IsInternal(cohorts_.List(unit, kSchool, 10, "", "").status()));
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(UnitTest, AnEtagGuardsTheRow) {
  ASSERT_EQ(Insert("ai-1"), absl::OkStatus());
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              EXPECT_TRUE(cohorts_.Get(unit, kCohort, "1").ok());
              EXPECT_EQ(ReasonOf(cohorts_.Get(unit, kCohort, "2").status()), "ETAG_MISMATCH");
              EXPECT_EQ(ReasonOf(cohorts_.Get(unit, kCohort, "01").status()), "ETAG_MISMATCH");
              Cohort stale = SomeCohort("ai-1");  // was never read: it has no version
              EXPECT_EQ(ReasonOf(cohorts_.Update(unit, stale)), "ETAG_MISMATCH");
              Cohort unknown = SomeCohort("ai-9");
              EXPECT_TRUE(absl::IsNotFound(cohorts_.Update(unit, unknown)));
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

TEST_P(UnitTest, DeletesTheRowThatItRead) {
  ASSERT_EQ(Insert("ai-1"), absl::OkStatus());
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              RETURN_IF_ERROR(cohorts_.Delete(unit, kCohort));
              EXPECT_TRUE(absl::IsNotFound(cohorts_.Get(unit, kCohort).status()));
              EXPECT_TRUE(absl::IsNotFound(cohorts_.Delete(unit, kCohort)));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM cohorts"), 0);
  EXPECT_EQ(Insert("ai-1"), absl::OkStatus());
}

TEST_P(UnitTest, RowsOfAnotherSchoolAreOutOfReach) {
  ASSERT_EQ(Insert("ai-1"), absl::OkStatus());
  Execute("UPDATE cohorts SET school = 'metz', name = 'schools/metz/cohorts/ai-1'");
  EXPECT_EQ(
      InUnit([&](Unit& unit) -> absl::Status {
        EXPECT_TRUE(absl::IsNotFound(cohorts_.Get(unit, "schools/metz/cohorts/ai-1").status()));
        Cohort foreign = SomeCohort("x");
        foreign.set_name("schools/metz/cohorts/x");
        EXPECT_TRUE(absl::IsInternal(cohorts_.Insert(unit, foreign)));
        EXPECT_EQ(cohorts_.Count(unit, "capacity > 0", {}).value_or(-1), 0);
        EXPECT_EQ(cohorts_.List(unit, "schools/metz/cohorts", 10, "", "")->items.size(), 0u);
        return absl::OkStatus();
      }),
      absl::OkStatus());
}

TEST_P(UnitTest, SelectRefusesToShowAPart) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Insert(absl::StrCat("ai-", i)), absl::OkStatus());
  EXPECT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              EXPECT_EQ(
                  cohorts_.Select(unit, "capacity = $2 ORDER BY name", {int64_t{24}}, 5)->size(),
                  5u);
              EXPECT_EQ(ReasonOf(cohorts_.Select(unit, "capacity = 24", {}, 4).status()),
                        "TOO_MANY_ROWS");
              EXPECT_EQ((*cohorts_.First(unit, "capacity = 24 ORDER BY name DESC", {}))->name(),
                        "schools/nancy/cohorts/ai-4");
              EXPECT_FALSE(cohorts_.First(unit, "capacity = 1", {})->has_value());
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

// Pages of every size reach the last row, each row once, in the order of names.
TEST_P(UnitTest, PagesReachTheLastRow) {
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              for (int i = 0; i < 11; ++i) {
                Cohort cohort = SomeCohort(absl::StrFormat("ai-%02d", i), i + 1);
                RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
              }
              return absl::OkStatus();
            }),
            absl::OkStatus());
  for (int page_size : {1, 2, 5, 10, 11, 12, 500, 501, 0}) {
    std::vector<std::string> names;
    std::string token;
    do {
      const absl::StatusOr<Page<Cohort>> page = List(page_size, token);
      ASSERT_TRUE(page.ok()) << page.status();
      ASSERT_FALSE(page->items.empty()) << page_size;
      for (const Cohort& cohort : page->items) names.push_back(cohort.name());
      token = page->next_page_token;
    } while (!token.empty());
    EXPECT_EQ(names.size(), 11u) << page_size;
    EXPECT_TRUE(std::is_sorted(names.begin(), names.end())) << page_size;
  }
  EXPECT_EQ(List(10, "", "capacity > 8 AND capacity < 11")->items.size(), 2u);
  EXPECT_EQ(List(10, "", "", "schools/nancy/cohorts/ai-0")->items.size(),
            0u);  // a parent is no prefix
}

// However many rows are asked for, a page is no larger than its last row makes it, and the next one
// goes on behind it.
TEST_P(UnitTest, PagesOfLargeRowsAreShort) {
  constexpr int kRows = 5, kOnAPage = 2;
  ASSERT_EQ(InUnit([&](Unit& unit) -> absl::Status {
              for (int i = 0; i < kRows; ++i) {
                Cohort cohort = SomeCohort(absl::StrCat("ai-", i));
                cohort.set_title(std::string(kPageBytesMax / kOnAPage, 'x'));
                RETURN_IF_ERROR(cohorts_.Insert(unit, cohort));
              }
              return absl::OkStatus();
            }),
            absl::OkStatus());
  std::vector<size_t> pages;
  std::string token;
  do {
    const absl::StatusOr<Page<Cohort>> page = List(kPageSizeMax, token);
    ASSERT_TRUE(page.ok()) << page.status();
    pages.push_back(page->items.size());
    token = page->next_page_token;
  } while (!token.empty());
  EXPECT_THAT(pages, ::testing::ElementsAre(kOnAPage, kOnAPage, 1));
}

TEST_P(UnitTest, APageTokenServesItsOwnQueryOnly) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(Insert(absl::StrCat("ai-", i)), absl::OkStatus());
  const std::string token = List(1, "")->next_page_token;
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(List(2, token)->items.size(), 2u);  // another page size is the same query
  EXPECT_EQ(ReasonOf(List(1, token, "capacity = 24").status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(List(1, token, "", "schools/nancy").status()), "INVALID_FIELD");
  for (const std::string& broken :
       {std::string("x"), token + "A", std::string("AAAA"), token.substr(1)})
    EXPECT_EQ(ReasonOf(List(1, broken).status()), "INVALID_FIELD") << broken;
  EXPECT_EQ(ReasonOf(List(-1, "").status()), "INVALID_FIELD");
}

TEST_P(UnitTest, AConstraintStopsTheWholeRequest) {
  EXPECT_EQ(InUnit([&](Unit& unit) {
              Cohort cohort = SomeCohort("ai-1", 0);
              return cohorts_.Insert(unit, cohort);
            }).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM cohorts"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM heads"), 0);
}

// A row that changed behind the transaction's back (a second process) is never overwritten.
TEST_P(UnitTest, AnUpdateOfARowThatChangedIsAborted) {
  ASSERT_EQ(Insert("ai-1"), absl::OkStatus());
  EXPECT_EQ(
      InTransaction([&](Transaction& transaction) -> absl::Status {
        Unit unit(transaction);
        ASSIGN_OR_RETURN(Cohort cohort, cohorts_.Get(unit, kCohort));
        RETURN_IF_ERROR(transaction.connection().Query("UPDATE cohorts SET version = 7").status());
        RETURN_IF_ERROR(cohorts_.Update(unit, cohort));
        return unit.Apply({}, kNow);
      }).code(),
      absl::StatusCode::kAborted);
  EXPECT_EQ(Number("SELECT version FROM cohorts"), 1);
}

TEST_P(UnitTest, WhatIsNoEventIsRefusedBeforeAnythingIsStored) {
  EXPECT_EQ(InUnit([&](Unit& unit) {
              EXPECT_TRUE(absl::IsInternal(unit.Emit(SomeCohort("ai-1"))));
              enrolment::v1::ApplicationSubmitted nobody;  // personal data without a person
              EXPECT_TRUE(absl::IsInternal(unit.Emit(nobody)));
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM events"), 0);
}

TEST_P(UnitTest, AnAnswerIsFoundInTheBatchAndAfterIt) {
  const std::string id = "11111111-1111-4111-8111-111111111111";
  EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
              EXPECT_EQ(*transaction.FindAnswer(id), nullptr);
              Unit unit(transaction);
              unit.Remember(id, {"somebody", "m", "h", "", "answer"}, kNow);
              EXPECT_EQ(*transaction.FindAnswer(id), nullptr);  // not before its request succeeded
              RETURN_IF_ERROR(unit.Apply({}, kNow));
              ASSIGN_OR_RETURN(const Answer* known, transaction.FindAnswer(id));
              EXPECT_EQ(known == nullptr ? "" : known->answer, "answer");
              return absl::OkStatus();
            }),
            absl::OkStatus());
  EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
              Transaction::Wanted wanted;
              wanted.request_ids = {id, "22222222-2222-4222-8222-222222222222"};
              wanted.rows = {{&cohorts_.schema(), kCohort}};
              RETURN_IF_ERROR(transaction.Prefetch(wanted));
              ASSIGN_OR_RETURN(const Answer* known, transaction.FindAnswer(id));
              EXPECT_EQ(known == nullptr ? "" : known->principal, "somebody");
              EXPECT_EQ(*transaction.FindAnswer(wanted.request_ids[1]), nullptr);
              EXPECT_EQ(*Unit(transaction).Find(cohorts_.schema(), kCohort), nullptr);
              return absl::OkStatus();
            }),
            absl::OkStatus());
}

}  // namespace
}  // namespace vivier::storage
