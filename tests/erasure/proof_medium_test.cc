// What of an erased person stays under a key of its own, until the last period of the law is over:
// who may open it, who does not find it, what each answer says, and that a restored backup forgets
// both keys again. On both engines.
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/backup/place.h"
#include "shared/backup/restore.h"
#include "shared/backup/take.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/process/retention.h"
#include "shared/process/verify.h"
#include "shared/rules/compiled.h"
#include "shared/service/catalogue.h"
#include "tests/erasure/scan.h"
#include "tests/erasure/town.h"
#include "tests/support/engines.h"
#include "vivier/enrolment/v1/enrolment.pb.h"
#include "vivier/funding/v1/funding.pb.h"
#include "vivier/options/v1/erasure.pb.h"
#include "vivier/site/v1/site.pb.h"
#include "vivier/statistics/v1/statistics.pb.h"

namespace vivier::testing {
namespace {

using site::v1::ServiceErasure;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Minutes(1);
// The training ends on 29 January 2027: its year closes 10 years before the first of these days.
const absl::CivilDay kLastDay(2037, 12, 31);
constexpr char kReason[] = "the labour court asks who was trained, case 12-345";

absl::Time Noon(absl::CivilDay day) {
  return absl::FromCivil(absl::CivilHour(day) + 12, absl::UTCTimeZone());
}

std::string FindingOf(const rpc::Invariant& invariant, storage::Transaction& transaction) {
  const auto breaches = invariant.check(transaction);
  if (!breaches.ok()) return absl::StrCat(std::string(breaches.status().message()), "\n");
  return breaches->violations == 0
             ? ""
             : absl::StrCat(breaches->first_row, ": ", breaches->explanation, "\n");
}

class ProofTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  Hits Openable(const Words& words) {
    const auto key = security::SchoolKey::Load(world_.data() + "/keys/school.key");
    Hits hits;
    for (const std::string& service : rpc::TradeServices())
      for (const std::string& hit : FindInSealed(world_.DatabaseUrl(service), *key, words))
        hits.push_back(hit);
    return hits;
  }

  // Each way in which something could stand in clear: files with their logs, tables, backups.
  Hits InClear(const Words& words) {
    Hits hits = FindInFiles(world_.data(), words);
    for (const std::string& service : rpc::TradeServices())
      for (const std::string& hit : FindInTables(world_.DatabaseUrl(service), words))
        hits.push_back(hit);
    return hits;
  }

  std::map<std::string, ServiceErasure> ErasureOf(const std::string& person) {
    site::v1::GetErasureRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    const auto response = world_.Call<site::v1::GetErasureResponse>(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::map<std::string, ServiceErasure> services;
    if (response.ok())
      for (const ServiceErasure& service : response->services())
        services[service.service()] = service;
    return services;
  }

  // Runs ticks until every service is where `is_done` wants it.
  void WaitUntil(const std::string& person, bool (*is_done)(const ServiceErasure&)) {
    const absl::Time start = absl::Now();
    for (bool done = false; !done; absl::SleepFor(absl::Milliseconds(5))) {
      world_.site().RunTicks();
      done = true;
      for (const auto& [name, service] : ErasureOf(person)) done = done && is_done(service);
      ASSERT_LT(absl::Now() - start, kPatience) << ErasureOf(person)["enrolment"].DebugString();
    }
  }

  void Erase(const std::string& person) {
    ASSERT_EQ(town_.Do("EraseCandidate", absl::StrCat(R"({"name": "NANCY/candidates/)", person,
                                                      R"(", "cause": "REQUESTED"})")),
              absl::OkStatus());
    WaitUntil(person, [](const ServiceErasure& service) {
      return service.state() == ServiceErasure::ERASED && service.listed();
    });
  }

  void PassTheLastDay(const std::string& person) {
    world_.AdvanceTo(Noon(kLastDay + 1));
    WaitUntil(person, [](const ServiceErasure& service) {
      return service.has_proof_erase_time() && service.listed();
    });
  }

  absl::StatusOr<site::v1::ExportKeptProofResponse> Open(const std::string& person,
                                                         const std::string& role,
                                                         const std::string& reason = kReason) {
    site::v1::ExportKeptProofRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    request.set_reason(reason);
    return world_.Call<site::v1::ExportKeptProofResponse>(request, World::Person(role));
  }

  // Why enrolment's kept proof of the person was opened, by the acts of all days.
  std::vector<std::string> OpeningsOf(const std::string& person) {
    site::v1::SearchAuditRecordsRequest request;
    request.set_name("schools/nancy/candidates/" + person);
    request.set_days(7320);
    std::vector<std::string> reasons;
    do {
      const auto found = world_.Call<site::v1::SearchAuditRecordsResponse>(
          request, World::Person("data_protection_officer"));
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok()) break;
      for (const site::v1::AuditRecord& record : found->records())
        if (record.service() == "enrolment" && !record.reading() &&
            absl::EndsWith(record.method(), ".ExportKeptProof"))
          reasons.push_back(record.reason());
      request.set_page_token(found->next_page_token());
    } while (!request.page_token().empty());
    return reasons;
  }

  // All that the school counts and owes.
  std::string CountsAndMoney() {
    statistics::v1::ComputeSubmissionRequest own;  // all that is counted, on whatever day
    own.set_parent("schools/nancy");
    const auto counts = world_.Call<statistics::v1::ComputeSubmissionResponse>(own);
    funding::v1::GetAgreementBalanceRequest balance;
    balance.set_name("schools/nancy/fundingAgreements/prf/balance");
    const auto money = world_.Call<funding::v1::AgreementBalance>(balance);
    EXPECT_TRUE(counts.ok() && money.ok()) << counts.status() << money.status();
    if (!counts.ok() || !money.ok()) return "";
    EXPECT_GT(counts->cells_size(), 0);
    std::string text = money->DebugString();
    for (const statistics::v1::YearCell& cell : counts->cells()) text += cell.DebugString();
    return text;
  }

  // What those who work with learners and candidates are answered.
  std::string OrdinaryAnswers(const std::string& person) {
    std::string all, answer;
    for (const auto& [rpc, request] : std::map<std::string, std::string>{
             {"ListApplications", R"({"parent": "COHORT"})"},
             {"GetApplication", absl::StrCat(R"({"name": "COHORT/applications/)", person, "\"}")},
             {"ListLearners", R"({"parent": "COHORT"})"},
             {"ListEarnings", R"({"parent": "NANCY"})"},
             {"ListReservations", R"({"parent": "NANCY"})"},
             {"ListHirings", R"({"parent": "NANCY"})"},
             {"ListLearnersPutForward", R"({"parent": "NANCY"})"},
             {"ExportPerson", absl::StrCat(R"({"name": "NANCY/candidates/)", person, "\"}")}}) {
      EXPECT_EQ(town_.Do(rpc, request, &answer), absl::OkStatus()) << rpc;
      all += answer;
    }
    return all;
  }

  // What verify finds of relations within enrolment's database of the stopped site once these
  // statements ran, which are rolled back.
  std::string FoundAfter(const std::vector<std::string>& statements) {
    const auto key = security::SchoolKey::Load(world_.data() + "/keys/school.key");
    const auto database = *storage::Database::Open(world_.DatabaseUrl("enrolment"));
    const auto connection = *database->Connect(storage::Access::kWrite);
    EXPECT_EQ(connection->Begin(storage::Access::kWrite), absl::OkStatus());
    for (const std::string& sql : statements) {
      const auto changed = connection->Query(sql);
      EXPECT_TRUE(changed.ok() && changed->changes > 0) << sql << " " << changed.status();
    }
    storage::Transaction transaction(*connection, World::kSchool, &*key);
    transaction.Believe();
    std::string found;
    for (const site::Module& module : AllModules()) {
      if (module.name() != "enrolment") continue;
      const rpc::Service house = site::WithTheHouses(module.service);
      for (const rpc::Invariant& invariant : house.invariants())
        if (invariant.id == "I16") absl::StrAppend(&found, FindingOf(invariant, transaction));
    }
    connection->Rollback();
    return found;
  }

  World world_{GetParam()};
  Town town_{world_};
};

TEST_P(ProofTest, StaysUntilTheLastPeriodIsOver) {
  town_.Build();
  const std::string before = CountsAndMoney();
  Erase("two");
  Erase("four");
  EXPECT_THAT(Openable(Town::WithoutProof("two")), IsEmpty());
  EXPECT_THAT(Openable(Town::Canaries("four")), IsEmpty()) << "nothing was proved of them";
  EXPECT_THAT(Openable(Town::Proof("two")), Not(IsEmpty()));
  world_.ExpectInvariants();

  world_.AdvanceTo(Noon(kLastDay));
  EXPECT_THAT(Openable(Town::Proof("two")), Not(IsEmpty())) << "the last day belongs to it";
  world_.ExpectInvariants();
  PassTheLastDay("two");
  EXPECT_THAT(Openable(Town::Canaries("two")), IsEmpty());
  EXPECT_THAT(Openable(Town::Canaries("one")), Not(IsEmpty())) << "nobody erased them";
  EXPECT_EQ(CountsAndMoney(), before);
  world_.ExpectInvariants();
  EXPECT_EQ(ReasonOf(town_.Do("CreateCandidate",
                              R"({"parent": "NANCY", "candidate_id": "two", "candidate": {
    "given_name": "a", "family_name": "b"}})")),
            "ALREADY_EXISTS")
      << "no other key is made for that name, and nobody hears whose it was";
  Words words;
  for (const char* person : {"two", "four"})
    for (const std::string& word : Town::Canaries(person)) words.push_back(word);
  EXPECT_THAT(InClear(words), IsEmpty());
}

TEST_P(ProofTest, SaysWhatStaysUntilWhenAndWhy) {
  town_.Build();
  Erase("two");
  Erase("four");
  std::map<std::string, std::string> until;
  const ServiceErasure erased = ErasureOf("two")["enrolment"];
  for (const options::v1::KeptPeriod& period : erased.proof()) {
    until[period.kind()] = DateText(period.until());
    EXPECT_FALSE(period.source().empty() || period.since().empty()) << period.kind();
  }
  EXPECT_EQ(until, (std::map<std::string, std::string>{{"PRESENCE", "2037-01-29"},
                                                       {"DELIVERY_CERTIFICATE", "2037-01-29"},
                                                       {"ACCOUNTS", "2037-12-31"}}));
  std::map<std::string, std::string> rows;
  for (const auto& [service, erasure] : ErasureOf("two")) {
    if (service != "enrolment") {
      EXPECT_EQ(erasure.proof_size(), 0) << service;
    }
    for (const site::v1::KeptRows& kept : erasure.kept())
      rows[kept.type()] = kept.has_until() ? DateText(kept.until()) : "";
  }
  EXPECT_EQ(rows["vivier.fr/PresenceEntry"], "2037-01-29");
  EXPECT_EQ(rows["vivier.fr/Earning"], "2037-12-31");
  EXPECT_EQ(rows["vivier.fr/Application"], "") << "no personal data are left in it";
  EXPECT_EQ(ErasureOf("four")["enrolment"].proof_size(), 0);

  PassTheLastDay("two");
  const ServiceErasure over = ErasureOf("two")["enrolment"];
  EXPECT_EQ(over.proof_size(), 0);
  for (const site::v1::KeptRows& kept : over.kept()) {
    EXPECT_FALSE(kept.has_until()) << kept.type();
    EXPECT_NE(kept.type(), "vivier.fr/Candidate") << "the file goes with its proof";
  }
}

TEST_P(ProofTest, IsFoundByNobodyWithoutAReason) {
  town_.Build();
  Erase("two");
  for (const std::string& word : Town::Canaries("two"))
    EXPECT_THAT(OrdinaryAnswers("two"), Not(HasSubstr(word)));
  EXPECT_TRUE(absl::IsNotFound(town_.Do("GetCandidate", R"({"name": "NANCY/candidates/two"})")));
  EXPECT_EQ(town_.Do("CreateCandidate", R"({"parent": "NANCY", "candidate_id": "again",
    "candidate": {"given_name": "kanarie-given-two", "family_name": "kanarie-family-two",
    "email": "kanarie-mail-two@example.org"}})"),
            absl::OkStatus())
      << "the gate of identity does not know them any more";

  for (const char* role : {"admissions_officer", "trainer", "finance_officer", "operator"})
    EXPECT_EQ(ReasonOf(Open("two", role).status()), "NOT_ALLOWED") << role;
  EXPECT_EQ(ReasonOf(Open("two", "auditor", "").status()), "INVALID_FIELD");
  EXPECT_TRUE(absl::IsNotFound(Open("one", "auditor").status())) << "is at work";
  for (const char* role : {"auditor", "data_protection_officer"}) {
    const auto opened = Open("two", role);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_EQ(opened->rows_size(), 1);
    EXPECT_EQ(FindIn("proof", opened->rows(0).resource(), Town::Proof("two")).size(), 2U);
    EXPECT_THAT(FindIn("proof", opened->rows(0).resource(), Town::WithoutProof("two")), IsEmpty());
  }
  world_.AdvanceTo(Noon(kLastDay));
  EXPECT_THAT(OpeningsOf("two"), ElementsAre(kReason, kReason)) << "ten years later";
  EXPECT_THAT(FindInTables(world_.DatabaseUrl("enrolment"), {kReason}), IsEmpty());
  PassTheLastDay("two");
  EXPECT_THAT(OpeningsOf("two"), ElementsAre("", "")) << "why it was opened goes with the proof";
  EXPECT_TRUE(absl::IsNotFound(Open("two", "auditor").status()));
  world_.ExpectInvariants();
}

// By SQL the tick that ends it is put off or forgotten, or a key comes back.
TEST_P(ProofTest, IsFoundByVerifyWhereItIsChanged) {
  town_.Build();
  Erase("two");
  world_.Stop();
  EXPECT_EQ(FoundAfter({}), "");
  EXPECT_THAT(FoundAfter({"UPDATE kept_proofs SET end_date = '2047-12-31'"}),
              HasSubstr("keptProofs/two: ends on another day than its erasure says"));
  EXPECT_THAT(FoundAfter({"UPDATE kept_proofs SET end_time = end_time + 86400000000"}),
              HasSubstr("keptProofs/two: is due at another time than its day ends"));
  EXPECT_THAT(FoundAfter({"UPDATE kept_proofs SET end_time = NULL"}),
              HasSubstr("keptProofs/two: is due at another time than its day ends"));
  EXPECT_THAT(FoundAfter({"DELETE FROM kept_proofs"}),
              HasSubstr("candidates/two: is erased, and nothing ends the proof that is kept"));
  EXPECT_THAT(FoundAfter({"DELETE FROM candidates WHERE name LIKE '%/two'"}),
              HasSubstr("candidate names no row of candidates"));
  EXPECT_THAT(
      FoundAfter({"UPDATE person_keys SET erase_time = NULL WHERE person LIKE '%/candidates/two'"}),
      HasSubstr("candidates/two: the person is erased, and the key is in use"));
  EXPECT_THAT(
      FoundAfter(
          {"UPDATE person_keys SET wrapped = (SELECT wrapped FROM person_keys WHERE person LIKE "
           "'%/candidates/one') WHERE person LIKE '%/candidates/two'"}),
      HasSubstr("candidates/two: was destroyed, and is there"));
  EXPECT_THAT(
      FoundAfter({"UPDATE person_keys SET erase_time = 1 WHERE person LIKE '%/candidates/one'"}),
      HasSubstr("candidates/one: is retired by no erasure"));
}

// What a tick leaves that keeps the key and its row.
TEST_P(ProofTest, IsFoundByVerifyWhereItsTickKeepsTheKey) {
  town_.Build();
  Erase("two");
  PassTheLastDay("two");
  world_.Advance(absl::Hours(72));
  EXPECT_EQ(town_.Do("CreateCandidate", R"({"parent": "NANCY", "candidate_id": "late",
    "candidate": {"given_name": "a", "family_name": "b"}})"),
            absl::OkStatus());
  world_.Stop();
  EXPECT_EQ(FoundAfter({}), "");
  EXPECT_THAT(
      FoundAfter(
          {"DELETE FROM erasures WHERE subject LIKE '%/candidates/two#proof'",
           "UPDATE person_keys SET erase_time = NULL WHERE person LIKE '%/two#proof'",
           absl::StrCat("INSERT INTO kept_proofs (school, name, version, candidate, "
                        "end_date, end_time) VALUES ('nancy', "
                        "'schools/nancy/keptProofs/two', 1, 'schools/nancy/candidates/two', "
                        "'2037-12-31', ",
                        absl::ToUnixMicros(absl::FromCivil(kLastDay + 1, absl::UTCTimeZone())),
                        ")")}),
      HasSubstr("keptProofs/two: its period is over, and its key is kept"));
}

// An older backup, put back before and after the end of the last period, whose list of the erased
// is the newest, or older than that end.
class RestoredProofTest : public ProofTest {
 protected:
  backup::Target Place() const {
    backup::Target target{world_.data(), ""};
    const std::string url = world_.DatabaseUrl("enrolment");
    const std::vector<std::string> parts = absl::StrSplit(url, absl::MaxSplits(':', 2));
    if (GetParam() == storage::Engine::kPostgres) target.postgres = parts.at(2);
    return target;
  }

  void TakeBackup() {
    std::vector<backup::Source> sources;
    for (const std::string& service : rpc::TradeServices())
      sources.push_back({service, world_.DatabaseUrl(service)});
    store_ = *backup::Store::OpenToWrite(world_.data() + "/backups", absl::Now());
    const auto taken = backup::TakeBackup(sources, "", absl::Now(), *store_);
    ASSERT_TRUE(taken.ok()) << taken.status();
    manifest_ = taken->manifest;
  }

  void PutBack() {
    world_.Stop();
    const backup::Target place = Place();
    const auto key = std::make_shared<const security::SchoolKey>(
        *security::SchoolKey::Load(world_.data() + "/keys/school.key"));
    {
      auto alone = backup::Alone::Take(place);
      ASSERT_TRUE(alone.ok()) << alone.status();
      const auto rows = backup::Restore(
          {place, true, "vivier.restore", "a test", absl::Now() + absl::Hours(++puts_back_), key},
          manifest_, *store_, **alone);
      ASSERT_TRUE(rows.ok()) << rows.status();
    }
    EXPECT_THAT(Openable(Town::WithoutProof("two")), Not(IsEmpty())) << "the backup has the key";
    world_.Start();
    world_.Settle();
  }

  std::unique_ptr<backup::Store> store_;
  backup::v1::Manifest manifest_;
  int puts_back_ = 0;  // what each replaces has a name with its hour
};

TEST_P(RestoredProofTest, IsForgottenAgainInBothSteps) {
  town_.Build();
  const std::string before = CountsAndMoney();
  TakeBackup();
  Erase("two");
  PutBack();
  EXPECT_THAT(Openable(Town::WithoutProof("two")), IsEmpty());
  EXPECT_THAT(Openable(Town::Proof("two")), Not(IsEmpty())) << "its periods are not over";
  EXPECT_TRUE(Open("two", "auditor").ok());
  world_.ExpectInvariants();

  PassTheLastDay("two");
  EXPECT_THAT(Openable(Town::Canaries("two")), IsEmpty());
  PutBack();
  EXPECT_THAT(Openable(Town::Canaries("two")), IsEmpty()) << "the list says that it is over";
  EXPECT_TRUE(absl::IsNotFound(Open("two", "auditor").status()));
  EXPECT_TRUE(ErasureOf("two")["enrolment"].has_proof_erase_time());
  EXPECT_EQ(CountsAndMoney(), before);
  EXPECT_THAT(InClear(Town::Canaries("two")), IsEmpty());
  world_.ExpectInvariants();
}

TEST_P(RestoredProofTest, EndsWhereTheListIsOlderThanTheEnd) {
  namespace fs = std::filesystem;
  town_.Build();
  TakeBackup();
  Erase("two");
  const std::string list = world_.data() + "/erased", older = world_.data() + "/older";
  fs::copy(list, older, fs::copy_options::recursive);
  PassTheLastDay("two");
  world_.Stop();
  fs::remove_all(list);
  fs::rename(older, list);
  world_.Start();
  PutBack();
  WaitUntil("two", [](const ServiceErasure& service) { return service.has_proof_erase_time(); });
  EXPECT_THAT(Openable(Town::Canaries("two")), IsEmpty());
  world_.ExpectInvariants();
}

TEST_P(RestoredProofTest, AListThatWasTakenAwayIsMadeAgain) {
  town_.Build();
  Erase("two");
  const std::string list = world_.data() + "/erased";
  const auto lines = [&list] {  // of whichever service
    std::set<std::string> lines;
    for (const auto& entry : std::filesystem::directory_iterator(list)) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);)
        if (!line.empty()) lines.insert(line);
    }
    return lines;
  };
  const std::set<std::string> before = lines();
  EXPECT_THAT(before, Contains(HasSubstr("candidates/two")));
  world_.Stop();
  std::filesystem::remove_all(list);
  world_.Start();
  EXPECT_EQ(lines(), before);
}

// A field for proof names the rule that ends it, and rows prove what that rule knows.
TEST(ProofFields, AreEndedByARule) {
  int fields = 0;
  for (const std::string& service : rpc::TradeServices())
    for (const google::protobuf::FileDescriptor* file : rpc::FilesOf(service))
      for (int i = 0; i < file->message_type_count(); ++i)
        for (int j = 0; j < file->message_type(i)->field_count(); ++j) {
          const auto& field = *file->message_type(i)->field(j);
          const std::string& rule = field.options().GetExtension(options::v1::proof);
          if (rule.empty()) continue;
          ++fields;
          EXPECT_NE(rules::FindTable(rule), nullptr) << field.full_name();
        }
  EXPECT_EQ(fields, 3) << "name and birth date; what else proves nothing more";
  const rules::Table& table = rules::Need("R-retention");
  const std::vector<std::string>& kinds = table.facts[0].domain;
  for (const site::ProvingRows& rows : site::AllProvingRows())
    if (rows.kind != "WHATEVER") {
      EXPECT_THAT(kinds, Contains(std::string(rows.kind))) << rows.type;
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, ProofTest, BothEngines(), EngineName);
INSTANTIATE_TEST_SUITE_P(Engines, RestoredProofTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
