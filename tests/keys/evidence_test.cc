// What `vivier evidence` writes is checked by deploy/check-evidence, with Python and OpenSSL alone:
// the truth passes, across a change of the school's key too, and nothing else does.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/security/school_key.h"
#include "tests/invariants/school.h"
#include "tests/support/process.h"

namespace vivier::testing {
namespace {

namespace curriculum = curriculum::v1;
namespace enrolment = enrolment::v1;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

constexpr char kCohort[] = "schools/nancy/cohorts/ai-1";
constexpr char kMorning[] = "schools/nancy/cohorts/ai-1/attendanceSheets/2026-09-07-am";

// Gives the exit status.
int Check(const std::string& file, const std::string& fingerprint, std::string& output) {
  const char* source = std::getenv("VIVIER_SOURCE");
  const std::string script =
      absl::StrCat(source == nullptr ? "." : source, "/deploy/check-evidence");
  std::vector<std::string> arguments = {script, file};
  if (!fingerprint.empty()) arguments.push_back(fingerprint);
  output.clear();
  return RunToEnd(arguments, &output, absl::Minutes(1), "/usr/bin/python3");
}

// A school with seals of two keys and a certificate, stopped; made once.
class EvidenceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new World(storage::Engine::kSqlite);
    School(*world_).Build();
    Certify();
    Rotate();
    Write<enrolment::PresenceEntry, enrolment::CorrectPresenceRequest>(
        absl::StrCat("name: '", kMorning,
                     "/presenceEntries/ben' minutes_present: 210 "
                     "reason: 'was there'"));
    Write<enrolment::AttendanceSheet, enrolment::SealAttendanceSheetRequest>(
        absl::StrCat("name: '", kMorning, "'"));
    world_->ExpectInvariants();
    world_->Stop();
  }
  static void TearDownTestSuite() { delete world_; }

  template <class Response, class Request>
  static Response Write(const std::string& text) {
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    const absl::StatusOr<Response> response = world_->Write<Response>(request);
    EXPECT_TRUE(response.ok()) << text << response.status();
    return response.ok() ? *response : Response();
  }

  static void Certify() {
    enrolment::GetCohortRequest cohort;
    cohort.set_name(kCohort);
    const std::string revision = world_->Call<enrolment::Cohort>(cohort)->programme_revision();
    Write<curriculum::JurySession, curriculum::CreateJurySessionRequest>(absl::StrCat(
        "parent: 'schools/nancy' jury_session_id: 'j' jury_session { cohort: '", kCohort,
        "' programme_revision: '", revision, "' date { year: 2026 month: 9 day: 7 } }"));
    Write<curriculum::JurySession, curriculum::DeliberateJuryRequest>(
        absl::StrCat("name: 'schools/nancy/jurySessions/j' decisions { learner: '", kCohort,
                     "/learners/ada' result: FULL }"));
    certificate_ =
        Write<curriculum::AwardCertificatesResponse, curriculum::AwardCertificatesRequest>(
            "name: 'schools/nancy/jurySessions/j'")
            .certificates(0)
            .name();
  }

  static void Rotate() {
    world_->Stop();
    std::string output;
    EXPECT_EQ(RunToEnd({"rotate-keys", "--new_key", "--data", world_->data()}, &output), 0)
        << output;
    EXPECT_EQ(RunToEnd({"rotate-keys", "--new_key", "--data", world_->data()}, &output), 1);
    EXPECT_EQ(RunToEnd({"rotate-keys", "--data", world_->data()}, &output), 0) << output;
    EXPECT_THAT(output, ::testing::HasSubstr("no row is under the key before: delete "));
    fs::remove(world_->data() + "/keys/" + security::kPreviousSchoolKeyFile);
    world_->Start();
    world_->Advance(absl::Minutes(10));  // within the life of a service's token
  }

  // The lines, and the fingerprint that the command says.
  static Lines EvidenceOf(const std::string& name) {
    const std::string file = world_->data() + "/evidence.jsonl";
    std::string output;
    EXPECT_EQ(RunToEnd({"evidence", name, file, "--data", world_->data()}, &output), 0) << output;
    EXPECT_TRUE(RE2::PartialMatch(output, "key is ([0-9a-f]{64})", &fingerprint_)) << output;
    std::ifstream in(file);
    Lines lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  static int CheckBytes(const std::string& bytes, std::string& output) {
    const std::string file = world_->data() + "/checked.jsonl";
    std::ofstream(file, std::ios::binary) << bytes;
    return Check(file, fingerprint_, output);
  }

  static void ExpectRefused(const std::string& bytes, const std::string& what) {
    std::string output;
    EXPECT_EQ(CheckBytes(bytes, output), 1) << what << ": " << output;
    EXPECT_FALSE(absl::StrContains(output, "Traceback")) << what << ": " << output;
    EXPECT_FALSE(output.empty()) << what;
  }

  static void ExpectEachMemberCounts(const Lines& lines);

  static World* world_;
  static std::string certificate_, fingerprint_;
};

World* EvidenceTest::world_ = nullptr;
std::string EvidenceTest::certificate_, EvidenceTest::fingerprint_;

// Changes, doubles and leaves out each member of each line.
void EvidenceTest::ExpectEachMemberCounts(const Lines& lines) {
  static const RE2& member = *new RE2(R"re(("[a-z_]+"):("(?:[^"\\]|\\.)*"|[0-9]+|\[[^\]]*\]))re");
  for (size_t i = 0; i < lines.size(); ++i) {
    re2::StringPiece rest = lines[i];
    std::string name, value;
    while (RE2::FindAndConsume(&rest, member, &name, &value)) {
      const std::string whole = absl::StrCat(name, ":", value);
      const std::string other = value[0] == '"'   ? absl::StrCat("\"0", value.substr(1))
                                : value[0] == '[' ? "[\"x\"]"
                                                  : "77";
      for (const std::string& forged :
           {absl::StrCat(name, ":", other), absl::StrCat(whole, ",", whole),
            absl::StrCat(whole, ",\"x\":\"\"")}) {
        Lines changed = lines;
        changed[i] = absl::StrReplaceAll(changed[i], {{whole, forged}});
        ExpectRefused(absl::StrJoin(changed, "\n"), absl::StrCat("line ", i + 1, " ", forged));
      }
      Lines shorter = lines;
      shorter[i] = absl::StrReplaceAll(lines[i], {{whole + ",", ""}, {"," + whole, ""}});
      ExpectRefused(absl::StrJoin(shorter, "\n"), absl::StrCat("line ", i + 1, " no ", name));
    }
  }
}

TEST_F(EvidenceTest, OfACohortHolds) {
  const Lines lines = EvidenceOf(kCohort);
  ASSERT_EQ(lines.size(), 2u + 4u);  // keys and seals
  std::string output;
  EXPECT_EQ(CheckBytes(absl::StrJoin(lines, "\n"), output), 0) << output;
  EXPECT_THAT(output, ::testing::HasSubstr(absl::StrCat("4 seals of ", kCohort, " hold")));
  const std::string truth = world_->data() + "/checked.jsonl";
  EXPECT_EQ(Check(truth, "", output), 2);
  EXPECT_EQ(Check(truth, fingerprint_.substr(1), output), 2);
  EXPECT_EQ(Check(truth, std::string(64, '0'), output), 1);
  // The end can be cut off, and nothing else.
  EXPECT_EQ(CheckBytes(absl::StrJoin(Lines(lines.begin(), lines.end() - 1), "\n"), output), 0);
}

// A file with nothing but keys would look like evidence.
TEST_F(EvidenceTest, OfNothingIsRefusedAndWritesNoFile) {
  const std::string file = world_->data() + "/nothing.jsonl";
  for (const char* name : {"schools/nancy/cohorts/nix", "schools/nancy/certificates/nix"}) {
    std::string output;
    EXPECT_EQ(RunToEnd({"evidence", name, file, "--data", world_->data()}, &output), 1) << output;
    EXPECT_THAT(output, ::testing::HasSubstr("NOT_FOUND"));
    EXPECT_FALSE(fs::exists(file)) << name;
  }
}

TEST_F(EvidenceTest, OfWhatIsNoNameIsAMisuse) {
  for (const char* name : {"schools/nancy", "schools/nancy/cohorts", "schools/nancy/learners/ada",
                           "schools/nancy/cohorts/a/applications/b"}) {
    std::string output;
    EXPECT_EQ(RunToEnd({"evidence", name, "--data", world_->data()}, &output), 2) << output;
    EXPECT_THAT(output, ::testing::HasSubstr("schools/{school}/cohorts/{cohort}"));
  }
}

TEST_F(EvidenceTest, OfACohortIsThatAndNothingElse) {
  const Lines lines = EvidenceOf(kCohort);
  ASSERT_EQ(lines.size(), 6u);
  ExpectEachMemberCounts({lines[0], lines[1], lines[2]});
  const auto without = [&](size_t i) {
    Lines changed = lines;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    return absl::StrJoin(changed, "\n");
  };
  for (size_t i = 0; i + 1 < lines.size(); ++i) ExpectRefused(without(i), absl::StrCat("no ", i));
  const auto ordered = [&](const std::vector<size_t>& places) {
    Lines changed;
    for (const size_t place : places) changed.push_back(lines[place]);
    return absl::StrJoin(changed, "\n");
  };
  ExpectRefused(ordered({1, 0, 2, 3, 4, 5}), "keys in another order");
  ExpectRefused(ordered({0, 1, 3, 2, 4, 5}), "seals in another order");
  ExpectRefused(ordered({0, 1, 2, 3, 3, 4, 5}), "a seal twice");
  ExpectRefused(ordered({2, 3, 4, 5, 0, 1}), "keys behind the seals");
  ExpectRefused(ordered({0, 1}), "keys alone");
  ExpectRefused(absl::StrCat(ordered({0, 1, 2}), "\n", EvidenceOf(certificate_).back()),
                "a certificate behind a seal");
}

TEST_F(EvidenceTest, OfACertificateIsThatAndNothingElse) {
  const Lines lines = EvidenceOf(certificate_);
  ASSERT_EQ(lines.size(), 3u);
  std::string output;
  EXPECT_EQ(CheckBytes(absl::StrJoin(lines, "\n"), output), 0) << output;
  EXPECT_THAT(output, ::testing::HasSubstr(absl::StrCat(certificate_, " holds: FULL of ")));
  EXPECT_THAT(output, ::testing::HasSubstr("/learners/ada, jury of 2026-09-07"));
  ExpectEachMemberCounts({lines[0], lines[1], lines[2]});
  ExpectRefused(absl::StrJoin(Lines{lines[0], lines[1], lines[2], lines[2]}, "\n"), "twice");
}

// Of a key of the forger's own nothing is believed, whatever it signs.
TEST_F(EvidenceTest, OfAnotherSchoolsKeyIsRefused) {
  World other(storage::Engine::kSqlite);
  School(other).Build();
  other.Stop();
  const std::string file = other.data() + "/evidence.jsonl";
  std::string output;
  ASSERT_EQ(RunToEnd({"evidence", kCohort, file, "--data", other.data()}, &output), 0) << output;
  const Lines lines = EvidenceOf(kCohort);
  EXPECT_EQ(Check(file, fingerprint_, output), 1);
  EXPECT_THAT(output, ::testing::HasSubstr("the key in force is "));
  std::ifstream in(file);
  Lines forged;
  for (std::string line; std::getline(in, line);) forged.push_back(line);
  forged[0] = absl::StrCat(lines[0], "\n", lines[1]);  // the right keys, and another's seals
  ExpectRefused(absl::StrJoin(forged, "\n"), "another's seals");
}

// {"name":"…","cohort":"…", … } with the second member first.
std::string InAnotherOrder(std::string text) {
  RE2::GlobalReplace(&text, R"re(\{("name":"[^"]*"),("cohort":"[^"]*"),)re", R"re({\2,\1,)re");
  return text;
}

TEST_F(EvidenceTest, IsReadWithCare) {
  const std::string truth = absl::StrJoin(EvidenceOf(kCohort), "\n");
  const std::vector<std::pair<std::string, std::string>> odd = {
      {"nothing", ""},
      {"a line end", "\n"},
      {"a list", "[1]"},
      {"a number", "1"},
      {"not a number", "{\"number\": NaN}"},
      {"a fraction", "{\"revision\": 1.0}"},
      {"without end", "{"},
      {"nesting", std::string(100'000, '[')},
      {"nested objects", absl::StrReplaceAll(std::string(50'000, 'x'), {{"x", "{\"a\":"}})},
      {"digits", absl::StrCat("{\"revision\": ", std::string(10'000, '9'), "}")},
      {"a huge line", absl::StrCat("{\"name\": \"", std::string(2 << 20, 'x'), "\"}")},
      {"no UTF-8", "{\"name\": \"\xff\"}"},
      {"half a pair", "{\"public_key\": \"\\ud800\"}"},
      {"a byte order mark", "\xef\xbb\xbf" + truth},
      {"carriage returns", absl::StrReplaceAll(truth, {{"\n", "\r\n"}})},
      {"a NUL", truth + std::string(1, '\0')},
      {"an empty line", absl::StrReplaceAll(truth, {{"\n", "\n\n"}})},
      {"something behind", truth + "\n{}"},
      {"blanks", absl::StrReplaceAll(truth, {{"\":", "\": "}})},
      {"an escape", absl::StrReplaceAll(truth, {{"\"schools", "\"\\u0073chools"}})},
      {"what is empty", absl::StrReplaceAll(truth, {{"Z\"}\n", "Z\",\"signature\":\"\"}\n"}})},
      {"another order", InAnotherOrder(truth)}};
  for (const auto& [what, bytes] : odd) ExpectRefused(bytes, what);
  std::string output;
  EXPECT_EQ(Check(world_->data() + "/nowhere", fingerprint_, output), 1);
  EXPECT_FALSE(absl::StrContains(output, "Traceback")) << output;
}

}  // namespace
}  // namespace vivier::testing
