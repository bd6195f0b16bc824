// Personal data that occur nowhere else are followed through a whole school on both engines:
// nowhere in clear, and after an erasure nowhere that a key still opens, while counts and money
// stay. The searches are shown to find what is there.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "shared/base/error.h"
#include "shared/rpc/metrics.h"
#include "shared/service/catalogue.h"
#include "tests/erasure/scan.h"
#include "tests/erasure/town.h"
#include "tests/support/engines.h"
#include "tests/support/process.h"
#include "tests/support/redis_server.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/operations/v1/operations.pb.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using site::v1::ServiceErasure;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Minutes(1);

Hits& operator+=(Hits& hits, const Hits& more) {
  hits.insert(hits.end(), more.begin(), more.end());
  return hits;
}

class ErasureTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  security::SchoolKey SchoolKey() {
    return *security::SchoolKey::Load(world_.data() + "/keys/school.key");
  }

  Hits InClear(const Words& words) {
    Hits hits = FindInFiles(world_.data(), words);
    for (const std::string& service : rpc::TradeServices())
      hits += FindInTables(world_.DatabaseUrl(service), words);
    return hits;
  }

  Hits Openable(const Words& words) {
    Hits hits;
    for (const std::string& service : rpc::TradeServices())
      hits += FindInSealed(world_.DatabaseUrl(service), SchoolKey(), words);
    return hits;
  }

  site::v1::GetErasureResponse ErasureOf(const std::string& person) {
    site::v1::GetErasureRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    const auto response = world_.Call<site::v1::GetErasureResponse>(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : site::v1::GetErasureResponse();
  }

  bool IsErasedEverywhere(const std::string& person) {
    const auto response = ErasureOf(person);
    for (const ServiceErasure& service : response.services())
      if (service.state() != ServiceErasure::ERASED || !service.listed()) return false;
    return static_cast<size_t>(response.services_size()) == rpc::TradeServices().size();
  }

  void WaitUntilErased(const std::string& person) {
    const absl::Time start = absl::Now();
    while (!IsErasedEverywhere(person)) {
      ASSERT_LT(absl::Now() - start, kPatience) << ErasureOf(person).DebugString();
      world_.site().RunTicks();
      absl::SleepFor(absl::Milliseconds(5));
    }
  }

  absl::Status Erase(const std::string& person) {
    return town_.Do("EraseCandidate", absl::StrCat(R"({"name": "NANCY/candidates/)", person,
                                                   R"(", "cause": "REQUESTED"})"));
  }

  // All that the school counts and owes.
  std::string CountsAndMoney() {
    statistics::v1::ComputeOwnIndicatorsRequest own;
    own.set_parent("schools/nancy");
    own.set_year(2026);
    const auto counts = world_.Call<statistics::v1::ComputeOwnIndicatorsResponse>(own);
    funding::v1::GetAgreementBalanceRequest balance;
    balance.set_name("schools/nancy/fundingAgreements/prf/balance");
    const auto money = world_.Call<funding::v1::AgreementBalance>(balance);
    EXPECT_TRUE(counts.ok() && money.ok()) << counts.status() << money.status();
    return counts.ok() && money.ok() ? counts->DebugString() + money->DebugString() : "";
  }

  site::v1::ExportPersonResponse Export(const std::string& person) {
    site::v1::ExportPersonRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    const auto first = world_.Call<site::v1::ExportPersonResponse>(request);
    EXPECT_TRUE(first.ok()) << first.status();
    *request.mutable_names() = first->names();
    const auto whole = world_.Call<site::v1::ExportPersonResponse>(request);
    EXPECT_TRUE(whole.ok()) << whole.status();
    return *whole;
  }

  std::string GivenName(const std::string& person) {
    enrolment::v1::GetCandidateRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    const auto candidate = world_.Call<enrolment::v1::Candidate>(request);
    EXPECT_TRUE(candidate.ok() || absl::IsNotFound(candidate.status())) << candidate.status();
    return candidate.ok() ? candidate->given_name() : "";
  }

  cache::RedisServer redis_;
  World world_{GetParam(),
               [this](config::v1::Config& config) { config.set_redis(redis_.address()); }};
  Town town_{world_};
};

std::string DumpOf(cache::RedisServer& server) {
  std::string dump;
  redisContext* redis = redisConnectUnix(server.socket().c_str());
  EXPECT_TRUE(redis != nullptr && redis->err == 0);
  auto* keys = static_cast<redisReply*>(redisCommand(redis, "KEYS *"));
  for (size_t i = 0; keys != nullptr && i < keys->elements; ++i) {
    const std::string key(keys->element[i]->str, keys->element[i]->len);
    dump += key;
    auto* value = static_cast<redisReply*>(redisCommand(redis, "GET %b", key.data(), key.size()));
    if (value != nullptr && value->type == REDIS_REPLY_STRING) dump.append(value->str, value->len);
    freeReplyObject(value);
  }
  freeReplyObject(keys);
  redisFree(redis);
  return dump;
}

TEST_P(ErasureTest, NothingPersonalIsInClearAnywhere) {
  ASSERT_GE(Town::AllCanaries().size(), 30u);
  ::testing::internal::CaptureStderr();
  town_.Build();
  for (const std::string& person : Town::People()) Export(person);
  ASSERT_EQ(Erase("four"), absl::OkStatus());
  WaitUntilErased("four");
  const std::string logs = ::testing::internal::GetCapturedStderr();
  const Words words = Town::AllCanaries();
  EXPECT_THAT(FindIn("log", logs, words), IsEmpty());
  EXPECT_THAT(
      FindIn("metrics", prometheus::TextSerializer().Serialize(rpc::metrics::Registry()->Collect()),
             words),
      IsEmpty());
  EXPECT_THAT(town_.errors(), HasSubstr("DUPLICATE_PERSON"));
  EXPECT_THAT(FindIn("errors", town_.errors(), words), IsEmpty());
  EXPECT_THAT(FindIn("redis", DumpOf(redis_), words), IsEmpty());
  EXPECT_THAT(InClear(words), IsEmpty());
  world_.Stop();  // what the last checkpoint moves is in the files now
  EXPECT_THAT(FindInFiles(world_.data(), words), IsEmpty());
}

// The searches would find it.
TEST_P(ErasureTest, ASearchFindsWhatIsInClear) {
  ASSERT_EQ(
      town_.Do("UpdateSchool",
               R"({"school": {"name": "NANCY", "title": "kanarie-title"}, "allow_missing": true})"),
      absl::OkStatus());
  EXPECT_THAT(InClear({"kanarie-title"}), Contains(HasSubstr("schools.title")));
  if (GetParam() == storage::Engine::kSqlite) {
    EXPECT_THAT(FindInFiles(world_.data(), {"kanarie-title"}), Contains(HasSubstr("enrolment.db")));
  }
  EXPECT_THAT(FindIn("log", "a line with kanarie-title", {"kanarie-title"}), ::testing::SizeIs(1));
}

TEST_P(ErasureTest, LeavesNothingThatAKeyOpensAndAllThatIsCounted) {
  town_.BuildUntilTraining();
  EXPECT_EQ(ReasonOf(Erase("one")), "PERSON_NEEDED");
  EXPECT_EQ(ReasonOf(Erase("five")), "PERSON_NEEDED");
  town_.BuildFromTraining();
  for (const char* person : {"one", "three", "four"})
    for (const std::string& word : Town::Canaries(person))
      EXPECT_THAT(Openable({word}), Not(IsEmpty())) << "the search misses " << word;
  const std::string before = CountsAndMoney();

  for (const char* person : {"one", "three", "four"}) {
    ASSERT_EQ(Erase(person), absl::OkStatus()) << person;
    EXPECT_EQ(GivenName(person), "") << "from the answer on nobody reads it";
    WaitUntilErased(person);
    EXPECT_THAT(Openable(Town::WithoutProof(person)), IsEmpty());
    EXPECT_EQ(Openable(Town::Proof(person)).empty(), person == std::string("four"))
        << "nothing is proved of who was never taken";
    EXPECT_EQ(ReasonOf(Erase(person)), "PERSON_ERASED");
  }
  EXPECT_EQ(GivenName("two"), "kanarie-given-two");
  for (const std::string& word : Town::Canaries("two"))
    EXPECT_THAT(Openable({word}), Not(IsEmpty())) << word;
  EXPECT_EQ(CountsAndMoney(), before);
  world_.ExpectInvariants();
}

TEST_P(ErasureTest, StoresNothingOfAnErasedPersonAgain) {
  town_.Build();
  const std::string create =
      R"({"parent": "NANCY", "candidate_id": "six", "candidate": {"given_name": "a",
    "family_name": "b"}, "request_id": "7a1b9c52-6f0e-4f6f-9d3c-2b8d5a1e4c01"})";
  ASSERT_EQ(town_.Do("CreateCandidate", create), absl::OkStatus());
  ASSERT_EQ(Erase("six"), absl::OkStatus());
  ASSERT_EQ(Erase("two"), absl::OkStatus());
  EXPECT_EQ(ReasonOf(town_.Do("CreateCandidate", create)), "PERSON_ERASED")
      << "what was kept for a retry is gone too";
  EXPECT_EQ(ReasonOf(town_.Do("RecordOutcome", R"({"parent": "COHORT/learners/two", "outcome": {
    "situation": "SEEKING", "months_after": 6, "date": LAST, "source": "DECLARED"}})")),
            "PERSON_ERASED");
  EXPECT_EQ(ReasonOf(town_.Do("CreateCandidate",
                              R"({"parent": "NANCY", "candidate_id": "two", "candidate": {
    "given_name": "a", "family_name": "b"}})")),
            "ALREADY_EXISTS");
  // Nobody is known by what he was known by.
  EXPECT_EQ(
      town_.Do("CreateCandidate", R"({"parent": "NANCY", "candidate_id": "seven", "candidate": {
    "given_name": "a", "family_name": "b", "email": "kanarie-mail-two@example.org"}})"),
      absl::OkStatus());
  WaitUntilErased("two");
  world_.ExpectInvariants();
}

TEST_P(ErasureTest, TellsWhatIsKeptAndWhy) {
  town_.Build();
  ASSERT_EQ(Erase("two"), absl::OkStatus());
  WaitUntilErased("two");
  std::map<std::string, int> months;
  const auto erasure = ErasureOf("two");
  for (const ServiceErasure& service : erasure.services())
    for (const site::v1::KeptRows& kept : service.kept()) {
      EXPECT_GT(kept.rows(), 0) << kept.type();
      EXPECT_FALSE(kept.source().empty()) << kept.type();
      months[kept.type()] = kept.months();
    }
  EXPECT_EQ(months["vivier.fr/PresenceEntry"], 120);
  EXPECT_EQ(months["vivier.fr/Earning"], 120);
  EXPECT_EQ(months.count("vivier.fr/LearnerFact"), 0u) << "it was folded";
  EXPECT_EQ(months.count("vivier.fr/CandidateKey"), 0u);
}

TEST_P(ErasureTest, ExportsTheWholeFileAndRecordsIt) {
  town_.Build();
  const auto file = Export("one");
  std::string text;
  std::set<std::string> types;
  for (const site::v1::PersonRow& row : file.rows()) {
    text += row.resource();
    types.insert(row.type());
  }
  EXPECT_EQ(FindIn("export", text, Town::Canaries("one")).size(), Town::Canaries("one").size());
  for (const char* other : {"two", "three", "four", "five"})
    EXPECT_THAT(FindIn("export", text, Town::Canaries(other)), IsEmpty());
  for (const char* type :
       {"Candidate", "CandidateKey", "Application", "Learner", "PresenceEntry", "Reservation",
        "Earning", "LearnerPutForward", "Hiring", "Contract", "LearnerFact"})
    EXPECT_THAT(types, Contains(absl::StrCat("vivier.fr/", type)));
  EXPECT_THAT(types, Not(Contains("vivier.fr/Cohort")));
  EXPECT_THAT(FindInTables(world_.DatabaseUrl("partners"), {"SiteService.ExportPerson"}),
              Contains(HasSubstr("reading_records.method")));
  site::v1::ExportPersonRequest request;
  request.set_name("schools/nancy/candidates/one");
  EXPECT_EQ(
      ReasonOf(
          world_.Call<site::v1::ExportPersonResponse>(request, World::Person("trainer")).status()),
      "NOT_ALLOWED");
  world_.ExpectInvariants();
}

TEST_P(ErasureTest, ErasesUnsuccessfulCandidatesWhenTheirTimeIsOver) {
  town_.Build();
  const absl::Time start = world_.now();
  world_.AdvanceTo(absl::FromCivil(absl::CivilSecond(2028, 9, 6, 12, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(GivenName("four"), "kanarie-given-four");
  world_.AdvanceTo(absl::FromCivil(absl::CivilSecond(2028, 9, 8, 12, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(GivenName("four"), "") << "rejected two years ago";
  EXPECT_EQ(GivenName("five"), "kanarie-given-five") << "still waits for a decision";
  EXPECT_EQ(GivenName("two"), "kanarie-given-two") << "was trained";
  EXPECT_GT(world_.now(), start);
  WaitUntilErased("four");
  world_.ExpectInvariants();
}

TEST_P(ErasureTest, DeletesAnswersAfterThirtyDays) {
  const std::string create =
      R"({"parent": "NANCY", "candidate_id": "six", "candidate": {"given_name": "a",
    "family_name": "b"}, "request_id": "7a1b9c52-6f0e-4f6f-9d3c-2b8d5a1e4c01"})";
  ASSERT_EQ(town_.Do("CreateCandidate", create), absl::OkStatus());
  world_.Advance(absl::Hours(24 * 29));
  EXPECT_EQ(town_.Do("CreateCandidate", create), absl::OkStatus()) << "the first answer again";
  world_.Advance(absl::Hours(24 * 2));
  EXPECT_EQ(ReasonOf(town_.Do("CreateCandidate", create)), "ALREADY_EXISTS");
}

// What a file says is destroyed step by step, and what an import has not taken yet goes with it.
TEST_P(ErasureTest, AnImportKeepsNothingOfWhoIsErasedNorOfWhomItDidNotTake) {
  const auto person = [](int i) {
    return absl::StrCat("kanarie-family-", i, "x;kanarie-given;z", i, "@example.org\n");
  };
  town_.Open();
  enrolment::v1::ImportApplicationsRequest import;
  import.set_parent("schools/nancy/cohorts/ai");
  import.set_content("nom;prénom;courriel\n" + person(1) + person(2));
  const auto report =
      world_.Await<enrolment::v1::ImportReport>(world_.Write<operations::v1::Operation>(import));
  ASSERT_TRUE(report.ok()) << report.status();
  const std::string first =
      report->rows(0).application().substr(report->rows(0).application().rfind('/') + 1);
  EXPECT_THAT(Openable({"kanarie-family-1x"}), Not(IsEmpty()));
  ASSERT_EQ(town_.Do("RejectApplication", absl::StrCat(R"({"name": "COHORT/applications/)", first,
                                                       R"(", "decision_reason": "no seat"})")),
            absl::OkStatus());
  ASSERT_EQ(Erase(first), absl::OkStatus());
  WaitUntilErased(first);
  EXPECT_THAT(Openable({"kanarie-family-1x"}), IsEmpty());
  EXPECT_THAT(Openable({"kanarie-family-2x"}), Not(IsEmpty()));

  constexpr int kRows = 5'000;
  for (int i = 3; i <= kRows; ++i) import.mutable_content()->append(person(i));
  const auto begun = world_.Write<operations::v1::Operation>(import);
  ASSERT_TRUE(begun.ok()) << begun.status();
  operations::v1::CancelOperationRequest cancel;
  cancel.set_name(begun->name());
  const auto cancelled = world_.Write<operations::v1::Operation>(cancel);
  ASSERT_TRUE(cancelled.ok() && cancelled->has_error()) << cancelled.status();
  world_.site().RunTicks();
  const std::string last = absl::StrCat("kanarie-family-", kRows, "x");
  EXPECT_THAT(Openable({last}), IsEmpty());
  EXPECT_THAT(InClear({"kanarie-family", "kanarie-given"}), IsEmpty());
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, ErasureTest, BothEngines(), EngineName);

using RestoreTest = ErasureTest;

// The files of before are put back: the list outside the databases makes them forget again, and
// what is counted is what the backup counted.
TEST_P(RestoreTest, OfAnOlderBackupLeavesTheErasedErased) {
  town_.Build();
  const std::string before = CountsAndMoney();
  const std::string database = world_.data() + "/db", backup = world_.data() + "/backup";
  world_.Stop();
  std::filesystem::copy(database, backup, std::filesystem::copy_options::recursive);
  world_.Start();
  ASSERT_EQ(Erase("one"), absl::OkStatus());
  WaitUntilErased("one");
  world_.Stop();
  std::filesystem::remove_all(database);
  std::filesystem::rename(backup, database);
  EXPECT_THAT(Openable(Town::Canaries("one")), Not(IsEmpty())) << "the backup has his key";
  world_.Start();
  EXPECT_THAT(Openable(Town::WithoutProof("one")), IsEmpty());
  EXPECT_EQ(GivenName("one"), "");
  EXPECT_EQ(GivenName("two"), "kanarie-given-two");
  EXPECT_EQ(CountsAndMoney(), before);
  world_.ExpectInvariants();
}

// Nothing of a key stays in the pages of a file or of its log once the writer rested.
TEST_P(RestoreTest, OfDeletedPagesGivesNoKeyBack) {
  town_.Build();
  std::string wrapped;
  {
    const auto database = *storage::Database::Open(world_.DatabaseUrl("partners"));
    const auto connection = *database->Connect(storage::Access::kRead);
    ASSERT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
    const auto found =
        connection->Query("SELECT wrapped FROM person_keys WHERE person LIKE '%/learners/one'");
    ASSERT_TRUE(found.ok() && found->rows.size() == 1) << found.status();
    wrapped = std::get<storage::Bytes>(found->rows[0][0]).data;
  }
  EXPECT_THAT(FindInFiles(world_.data() + "/db", {wrapped}), Not(IsEmpty()));
  ASSERT_EQ(Erase("one"), absl::OkStatus());
  WaitUntilErased("one");
  world_.Stop();
  EXPECT_THAT(FindInFiles(world_.data() + "/db", {wrapped}), IsEmpty());
}

// The commands, on the services in a process of their own.
TEST_P(RestoreTest, ByCommandsOnARunningSite) {
  town_.Build();
  world_.Stop();
  std::ofstream(world_.data() + "/config.textproto")
      << "schools: 'nancy' network: 'test' listen_address: '127.0.0.1:0' engine: SQLITE "
         "development: true";
  const std::string log = world_.data() + "/log", name = "schools/nancy/candidates/one";
  std::string output;
  {
    Process serving({"serve", "all", "--data", world_.data()}, log);
    ASSERT_NE(serving.WaitForAddress(world_.data()), "");
    ASSERT_EQ(RunToEnd({"export", "person", name, "--data", world_.data()}, &output), 0) << output;
    EXPECT_EQ(FindIn("export", output, Town::Canaries("one")).size(), Town::Canaries("one").size());
    EXPECT_THAT(FindIn("export", output, Town::Canaries("two")), IsEmpty());
    EXPECT_NE(
        RunToEnd({"erase", "schools/nancy/candidates/five", "--data", world_.data()}, &output), 0);
    EXPECT_THAT(output, HasSubstr("PERSON_NEEDED"));
    EXPECT_EQ(RunToEnd({"erase", name, "--subject", "paula", "--data", world_.data()}, &output), 0)
        << output;
    EXPECT_THAT(output, HasSubstr("enrolment: ERASED\n"));
    EXPECT_THAT(
        output,
        HasSubstr("keeps 1 vivier.fr/PresenceEntry until 2037-01-29: 120 months from the end of "
                  "the training; Code du travail"));
    EXPECT_THAT(output, HasSubstr("keeps name and birth date for ACCOUNTS until 2037-12-31: "));
    EXPECT_EQ(RunToEnd({"erase", name, "--data", world_.data()}, &output), 0)
        << "says the same again";
    ASSERT_EQ(RunToEnd({"export", "person", name, "--data", world_.data()}, &output), 0) << output;
    EXPECT_THAT(output, HasSubstr("vivier.fr/Learner"));
    EXPECT_THAT(output, HasSubstr(R"("keeps":{"kind":"ACCOUNTS","until":{"year":2037,"month":12)"));
    EXPECT_THAT(FindIn("export", output, Town::Canaries("one")), IsEmpty());
    const std::string why = absl::StrCat(R"({"name": ")", name, R"(", "reason": "case 12-345"})");
    ASSERT_EQ(RunToEnd({"call", "ExportKeptProof", why, "--data", world_.data()}, &output), 0);
    EXPECT_EQ(FindIn("proof", output, Town::Proof("one")).size(), Town::Proof("one").size());
    EXPECT_EQ(RunToEnd({"audit", name, "--data", world_.data()}, &output), 0) << output;
    EXPECT_THAT(output, HasSubstr("paula  vivier.enrolment.v1.PeopleService.EraseCandidate"));
    EXPECT_EQ(RunToEnd({"verify", "--data", world_.data()}, &output), 0) << output;
    EXPECT_EQ(serving.Terminate(), 0);
    EXPECT_THAT(FindIn("log", serving.Log(), Town::AllCanaries()), IsEmpty());
  }
  EXPECT_NE(RunToEnd({"erase", "schools/nancy/candidates/two", "--data", world_.data()}, &output),
            0);
  EXPECT_THAT(output, HasSubstr("NOT_RUNNING"));
  EXPECT_THAT(Openable(Town::WithoutProof("one")), IsEmpty());
  world_.Start();
  world_.ExpectInvariants();
}

// A service that is down while somebody applies, withdraws and is erased still counts him: his key
// waits for it.
TEST_P(RestoreTest, WaitsForAServiceThatIsDown) {
  town_.BuildUntilTraining();
  std::string cohort;
  ASSERT_EQ(town_.Do("GetCohort", R"({"name": "COHORT"})", &cohort), absl::OkStatus());
  enrolment::v1::Cohort other;
  ASSERT_TRUE(other.ParseFromString(cohort));
  ASSERT_EQ(
      town_.Do(
          "CreateCohort",
          absl::StrCat(
              R"({"parent": "NANCY", "cohort_id": "bb", "cohort": {"title": "BB", "capacity": 3,
    "start_date": FIRST, "end_date": LAST, "programme_revision": ")",
              other.programme_revision(), R"("}})")),
      absl::OkStatus());
  ASSERT_EQ(town_.Do("OpenCohort", R"({"name": "NANCY/cohorts/bb"})"), absl::OkStatus());
  world_.Settle();
  world_.Stop();
  std::ofstream(world_.data() + "/config.textproto")
      << "schools: 'nancy' network: 'test' listen_address: '127.0.0.1:0' engine: SQLITE "
         "development: true";
  {
    std::vector<std::string> words = {"serve"};
    for (const std::string& service : rpc::TradeServices())
      if (service != "statistics") words.push_back(service);
    words.insert(words.end(), {"--data", world_.data()});
    Process serving(words, world_.data() + "/log");
    ASSERT_NE(serving.WaitForAddress(world_.data()), "");
    const auto call = [&](const std::string& rpc, const std::string& json) {
      std::string output;
      EXPECT_EQ(RunToEnd({"call", rpc, json, "--data", world_.data()}, &output), 0)
          << rpc << " " << output;
      return output;
    };
    call("CreateCandidate", R"({"parent": "schools/nancy", "candidate_id": "six", "candidate": {
      "given_name": "kanarie-given-six", "family_name": "kanarie-family-six", "gender": "MAN"}})");
    call("SubmitApplication",
         R"({"parent": "schools/nancy/cohorts/bb", "application_id": "six", "application": {
      "candidate": "schools/nancy/candidates/six"}})");
    call("WithdrawApplication", R"({"name": "schools/nancy/cohorts/bb/applications/six"})");
    call("EraseCandidate", R"({"name": "schools/nancy/candidates/six", "cause": "REQUESTED"})");
    EXPECT_EQ(serving.Terminate(), 0);
  }
  EXPECT_THAT(Openable({"kanarie-given-six"}), Not(IsEmpty()))
      << "statistics has still to read what he did";
  world_.Start();
  WaitUntilErased("six");
  EXPECT_THAT(Openable({"kanarie-given-six"}), IsEmpty());
  EXPECT_THAT(FindInTables(world_.DatabaseUrl("statistics"), {"applications-by-gender.bb.man"}),
              Contains(HasSubstr("cells.name")));
  world_.ExpectInvariants();
}

INSTANTIATE_TEST_SUITE_P(Engines, RestoreTest, ::testing::Values(storage::Engine::kSqlite),
                         EngineName);

}  // namespace
}  // namespace vivier::testing
