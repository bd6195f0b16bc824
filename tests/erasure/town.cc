#include "tests/erasure/town.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/base/message.h"
#include "tests/rpc/services.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::testing {
namespace {

// Telephone numbers and so on in their own form, all of them unlike anything else.
std::string Phone(size_t index) { return absl::StrCat("+33 6 99 88 77 0", index); }

size_t IndexOf(const std::string& person) {
  const auto& people = Town::People();
  return static_cast<size_t>(std::find(people.begin(), people.end(), person) - people.begin()) + 1;
}

std::string Canary(const std::string& person, const std::string& field) {
  return absl::StrCat("kanarie-", field, "-", person);
}

}  // namespace

const std::vector<std::string>& Town::People() {
  static const auto& people = *new std::vector<std::string>{"one", "two", "three", "four", "five"};
  return people;
}

Words Town::Canaries(const std::string& person) {
  Words words = {Phone(IndexOf(person))};
  for (const char* field : {"given", "family", "mail", "answer", "comment"})
    words.push_back(Canary(person, field));
  if (person == "four") words.push_back(Canary(person, "reason"));
  return words;
}

Words Town::Proof(const std::string& person) {
  return {Canary(person, "given"), Canary(person, "family")};
}

Words Town::WithoutProof(const std::string& person) {
  Words words = Canaries(person);
  for (const std::string& word : Proof(person))
    words.erase(std::find(words.begin(), words.end(), word));
  return words;
}

Words Town::AllCanaries() {
  Words words = {Canary("tutor", "name"), Canary("tutor", "mail")};
  for (const std::string& person : People())
    for (const std::string& word : Canaries(person)) words.push_back(word);
  return words;
}

absl::Status Town::Do(const std::string& rpc, const std::string& json, std::string* answer) {
  const std::string text =
      absl::StrReplaceAll(json, {{"COHORT", "schools/nancy/cohorts/ai"},
                                 {"NANCY", "schools/nancy"},
                                 {"FIRST", R"({"year": 2026, "month": 9, "day": 7})"},
                                 {"LAST", R"({"year": 2027, "month": 1, "day": 29})"}});
  for (const pb::MethodDescriptor* method : Methods()) {
    if (method->name() != rpc) continue;
    std::unique_ptr<pb::Message> request = NewMessage(method->input_type());
    const auto parsed = pb::util::JsonStringToMessage(text, request.get());
    EXPECT_TRUE(parsed.ok()) << rpc << " " << parsed.ToString();
    const pb::FieldDescriptor* id = method->input_type()->FindFieldByName("request_id");
    if (id != nullptr && request->GetReflection()->GetString(*request, id).empty())
      request->GetReflection()->SetString(request.get(), id, world_.NewRequestId());
    const auto bytes = world_.CallRaw(*method, request->SerializeAsString(),
                                      world_.Authorization(World::Person()));
    if (!bytes.ok()) {
      absl::StrAppend(&errors_, std::string(bytes.status().message()), "\n");
      bytes.status().ForEachPayload([this](absl::string_view type, const absl::Cord& payload) {
        absl::StrAppend(&errors_, type, " ", std::string(payload), "\n");
      });
    }
    if (answer != nullptr && bytes.ok()) *answer = *bytes;
    return bytes.status();
  }
  return absl::UnimplementedError(rpc);
}

void Town::Must(const std::string& rpc, const std::string& json) {
  EXPECT_EQ(Do(rpc, json), absl::OkStatus()) << rpc << " " << json;
}

void Town::Open() {
  std::stringstream lheo;
  lheo << std::ifstream(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/demo/nancy/programme.xml"))
              .rdbuf();
  Must("ImportLheo", absl::StrCat(R"({"parent": "NANCY", "content": ")",
                                  absl::Base64Escape(lheo.str()), R"("})"));
  curriculum::v1::ListProgrammesRequest list;
  list.set_parent("schools/nancy");
  const auto programmes = world_.Call<curriculum::v1::ListProgrammesResponse>(list);
  ASSERT_TRUE(programmes.ok() && programmes->programmes_size() == 1) << programmes.status();
  const std::string programme = programmes->programmes(0).name();
  Must("PublishProgramme", absl::StrCat(R"({"name": ")", programme, R"("})"));
  Must("CreateCohort",
       absl::StrCat(
           R"({"parent": "NANCY", "cohort_id": "ai", "cohort": {"title": "AI", "capacity": 3,
    "start_date": FIRST, "end_date": LAST, "programme_revision": ")",
           programme, R"(/revisions/1"}})"));
  Must("OpenCohort", R"({"name": "COHORT"})");
  Must("CreateFunder", R"({"parent": "NANCY", "funder_id": "region", "funder": {"title": "Région",
    "kind": "REGIONAL_COUNCIL"}})");
  Must("CreateFundingAgreement",
       R"({"parent": "NANCY", "funding_agreement_id": "prf", "funding_agreement": {
    "funder": "NANCY/funders/region", "title": "PRF", "currency_code": "EUR",
    "ceiling_cents": 9000000,
    "valid_from": FIRST, "valid_until": LAST}})");
  Must("CreateFundingPlan", R"({"parent": "NANCY", "funding_plan_id": "ai", "funding_plan": {
    "cohort": "COHORT", "seats": 3, "planned_minutes": 42000, "planned_half_days": 200,
    "shares": [{"funding_agreement": "NANCY/fundingAgreements/prf", "basis": "PER_SEAT",
    "amount_cents": 800000}]}})");
}

void Town::Apply(const std::string& person) {
  Must("CreateCandidate",
       absl::Substitute(
           R"({"parent": "NANCY", "candidate_id": "$0", "candidate": {"given_name": "$1",
         "family_name": "$2", "email": "$3@example.org", "phone": "$4", "jobseeker": true,
         "region_code": "44",
         "education_level": 4, "gender": "WOMAN", "postal_code": "54000",
         "birth_date": {"year": 1990, "month": 5, "day": 17}}})",
           person, Canary(person, "given"), Canary(person, "family"), Canary(person, "mail"),
           Phone(IndexOf(person))));
  Must("SubmitApplication",
       absl::Substitute(R"({"parent": "COHORT", "application_id": "$0", "application": {
         "candidate": "NANCY/candidates/$0", "answers": [{"question": "why", "text": "$1"}]}})",
                        person, Canary(person, "answer")));
  Must("ScoreApplication",
       absl::Substitute(R"({"name": "COHORT/applications/$0", "assessor": "panel-1",
         "assessor_kind": "STAFF", "criterion": "motivation", "points": 80, "comment": "$1"})",
                        person, Canary(person, "comment")));
  // What is refused repeats nothing of what it was given.
  EXPECT_FALSE(
      Do("CreateCandidate",
         absl::Substitute(
             R"({"parent": "NANCY", "candidate_id": "$0-again", "candidate": {"given_name": "$1",
         "family_name": "$2", "email": "$3@example.org"}})",
             person, Canary(person, "given"), Canary(person, "family"), Canary(person, "mail")))
          .ok());
  EXPECT_FALSE(Do("CreateCandidate",
                  absl::Substitute(R"({"parent": "NANCY", "candidate_id": "$0-bad", "candidate": {
         "given_name": "$1", "family_name": "$2", "email": "$3", "phone": "$1"}})",
                                   person, Canary(person, "given"), Canary(person, "family"),
                                   Canary(person, "mail")))
                   .ok());
}

void Town::BuildUntilTraining() {
  Open();
  for (const std::string& person : People()) Apply(person);
  Must("PublishRanking",
       R"({"name": "COHORT", "applications": ["COHORT/applications/one", "COHORT/applications/two",
    "COHORT/applications/three"]})");
  for (const char* person : {"one", "two", "three"})
    Must("AdmitApplication", absl::Substitute(R"({"name": "COHORT/applications/$0"})", person));
  world_.Settle();
  for (const char* person : {"one", "two", "three"})
    Must("AcceptSeat", absl::Substitute(R"({"name": "COHORT/applications/$0"})", person));
  Must("RejectApplication",
       absl::Substitute(R"({"name": "COHORT/applications/four", "decision_reason": "$0"})",
                        Canary("four", "reason")));
  Must("StartCohort", R"({"name": "COHORT"})");
  world_.Settle();
}

void Town::BuildFromTraining() {
  Must("OpenAttendanceSheet",
       R"({"parent": "COHORT", "attendance_sheet": {"date": FIRST, "half": "AM",
    "start_minute": 540, "end_minute": 720, "place": "Nancy", "trainer": "trainer-1"}})");
  for (const char* person : {"one", "two", "three"})
    Must("SignPresence",
         absl::Substitute(R"({"name": "COHORT/attendanceSheets/2026-09-07-am/presenceEntries/$0",
      "minutes_present": 180})",
                          person));
  Must("SignAttendanceSheet", R"({"name": "COHORT/attendanceSheets/2026-09-07-am"})");
  Must("SealAttendanceSheet", R"({"name": "COHORT/attendanceSheets/2026-09-07-am"})");
  Must("RecordExit", R"({"name": "COHORT/learners/three", "date": FIRST, "cause": "MOVED"})");
  Must("FinishCohort", R"({"name": "COHORT"})");
  world_.Settle();
  Must("CreateCompany",
       R"({"parent": "NANCY", "company_id": "73282932000074", "company": {"title": "Works"}})");
  Must("CreatePartnership", R"({"parent": "NANCY", "partnership_id": "works", "partnership": {
    "company": "NANCY/companies/73282932000074", "kind": "EMPLOYER", "start_date": FIRST}})");
  Must("CreateTutor", absl::Substitute(R"({"parent": "NANCY", "tutor_id": "tutor-1", "tutor": {
    "company": "NANCY/companies/73282932000074", "full_name": "$0", "email": "$1@example.org"}})",
                                       Canary("tutor", "name"), Canary("tutor", "mail")));
  Must("CreateJobOffer",
       R"({"parent": "NANCY", "job_offer_id": "dev", "job_offer": {"title": "Developer",
    "company": "NANCY/companies/73282932000074", "rome_code": "M1805", "positions": 1,
    "contract_kind": 1}})");
  Must("PublishJobOffer", R"({"name": "NANCY/jobOffers/dev"})");
  Must("ProposeHiring", R"({"parent": "NANCY", "hiring_id": "h", "job_offer": "NANCY/jobOffers/dev",
    "learner_put_forward": "NANCY/learnersPutForward/ai.one"})");
  Must("AcceptHiring", R"({"name": "NANCY/hirings/h"})");
  Must("CreateContract",
       R"({"parent": "NANCY", "contract_id": "c", "contract": {"hiring": "NANCY/hirings/h",
    "kind": 1, "start_date": LAST, "weekly_minutes": 2100, "gross_monthly_pay_cents": 210000,
    "birth_date": {"year": 1990, "month": 5, "day": 17}}})");
  Must("RecordOutcome", R"({"parent": "COHORT/learners/two", "outcome": {"situation": "EMPLOYED",
    "months_after": 3, "date": LAST, "source": "DECLARED"}})");
  world_.Settle();
}

void Town::Build() {
  BuildUntilTraining();
  BuildFromTraining();
}

}  // namespace vivier::testing
