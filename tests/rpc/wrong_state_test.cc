// One illegal step of every state machine, along the life of one cohort on both engines: each is
// refused with its reason, and no row of any table changes.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "tests/rpc/digest.h"
#include "tests/rpc/services.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/curriculum/v1/curriculum.pb.h"

namespace vivier::testing {
namespace {

struct Step {
  const char* rpc;
  std::string request;      // JSON; the test adds a request_id
  const char* reason = "";  // why it is refused; "" where it is legal
};

constexpr char kFirst[] = R"({"year": 2026, "month": 9, "day": 7})";
constexpr char kLast[] = R"({"year": 2027, "month": 1, "day": 29})";

std::string Json(const std::string& text) {
  return absl::StrReplaceAll(text,
                             {{"FIRST", kFirst}, {"LAST", kLast}, {"NANCY", "schools/nancy"}});
}

class WrongStateTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  absl::Status Call(const std::string& rpc, const std::string& json,
                    const security::Caller& caller = World::Person()) {
    for (const pb::MethodDescriptor* method : Methods()) {
      if (method->name() != rpc) continue;
      std::unique_ptr<pb::Message> request = NewMessage(method->input_type());
      const auto parsed = pb::util::JsonStringToMessage(Json(json), request.get());
      EXPECT_TRUE(parsed.ok()) << rpc << " " << parsed.ToString();
      if (const pb::FieldDescriptor* id = method->input_type()->FindFieldByName("request_id"))
        request->GetReflection()->SetString(request.get(), id, world_.NewRequestId());
      return world_.CallRaw(*method, request->SerializeAsString(), world_.Authorization(caller))
          .status();
    }
    return absl::UnimplementedError(rpc);
  }

  void Take(const Step& step) {
    world_.Settle();
    const Digest before = digester_.Take();
    const absl::Status status = Call(step.rpc, step.request);
    EXPECT_EQ(ReasonOf(status), step.reason) << step.rpc << " " << step.request << ": " << status;
    if (*step.reason == '\0') return;
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << step.rpc << ": " << status;
    world_.Settle();
    EXPECT_EQ(Changed(before, digester_.Take()), std::vector<std::string>{})
        << step.rpc << " " << step.request;
    ++refused_;
  }

  static std::string Programme() {
    std::stringstream lheo;
    lheo << std::ifstream(absl::StrCat(std::getenv("VIVIER_SOURCE"), "/demo/nancy/programme.xml"))
                .rdbuf();
    return absl::Base64Escape(lheo.str());
  }

  // The revision that the cohort follows.
  std::string Publish() {
    EXPECT_EQ(Call("ImportLheo",
                   absl::StrCat(R"({"parent": "NANCY", "content": ")", Programme(), R"("})")),
              absl::OkStatus());
    curriculum::v1::ListProgrammesRequest list;
    list.set_parent("schools/nancy");
    const auto programmes = world_.Call<curriculum::v1::ListProgrammesResponse>(list);
    EXPECT_TRUE(programmes.ok() && programmes->programmes_size() == 1) << programmes.status();
    const std::string name = programmes->programmes(0).name();
    EXPECT_EQ(Call("PublishProgramme", absl::StrCat(R"({"name": ")", name, R"("})")),
              absl::OkStatus());
    return name + "/revisions/1";
  }

  World world_{GetParam()};
  Digester digester_{world_};
  int refused_ = 0;
};

// The life of everything, in order, with what is refused at each point. REVISION is the one that
// was published before.
const Step kLife[] = {
    // Programme: nothing to publish.
    {"CreateProgramme",
     R"({"parent": "NANCY", "programme_id": "empty", "programme": {"title": "Empty"}})"},
    {"PublishProgramme", R"({"name": "NANCY/programmes/empty"})", "PROGRAMME_INCOMPLETE"},
    // Cohort: a draft does not start; an application to it is not taken.
    {"CreateCohort",
     R"({"parent": "NANCY", "cohort_id": "ai", "cohort": {"title": "AI", "capacity": 2,
        "start_date": FIRST, "end_date": LAST, "programme_revision": "REVISION"}})"},
    {"StartCohort", R"({"name": "NANCY/cohorts/ai"})", "WRONG_STATE"},
    {"CreateCandidate",
     R"({"parent": "NANCY", "candidate_id": "zoe", "candidate": {"given_name": "Zoé",
        "family_name": "Durand", "email": "zoe@example.org"}})"},
    {"CreateFile", R"({"parent": "NANCY/candidates/zoe", "file_id": "cv", "file": {"kind": "CV",
        "format": "PLAIN_TEXT", "display_name": "cv.txt", "size": 4, "sha256":
        "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"}})"},
    {"UndeleteFile", R"({"name": "NANCY/candidates/zoe/files/cv"})", "WRONG_STATE"},
    {"UploadFileChunk", R"({"name": "NANCY/candidates/zoe/files/cv", "data": "dGV4dA=="})"},
    {"DeleteFile", R"({"name": "NANCY/candidates/zoe/files/cv"})"},
    {"UploadFileChunk", R"({"name": "NANCY/candidates/zoe/files/cv", "data": "dGV4dA=="})",
     "WRONG_STATE"},
    {"DeleteFile", R"({"name": "NANCY/candidates/zoe/files/cv"})", "WRONG_STATE"},
    {"SubmitApplication", R"({"parent": "NANCY/cohorts/ai", "application_id": "zoe",
        "application": {"candidate": "NANCY/candidates/zoe"}})",
     "COHORT_NOT_OPEN"},
    {"OpenCohort", R"({"name": "NANCY/cohorts/ai"})"},
    {"OpenCohort", R"({"name": "NANCY/cohorts/ai"})", "WRONG_STATE"},
    // Application: step by step.
    {"SubmitApplication", R"({"parent": "NANCY/cohorts/ai", "application_id": "zoe",
        "application": {"candidate": "NANCY/candidates/zoe"}})"},
    {"AdmitApplication", R"({"name": "NANCY/cohorts/ai/applications/zoe"})", "NOT_ADMISSIBLE"},
    {"AcceptSeat", R"({"name": "NANCY/cohorts/ai/applications/zoe"})", "NOT_ADMITTED"},
    {"PublishRanking",
     R"({"name": "NANCY/cohorts/ai", "applications": ["NANCY/cohorts/ai/applications/zoe"]})"},
    {"CreateFunder", R"({"parent": "NANCY", "funder_id": "region", "funder": {"title": "Région",
        "kind": "REGIONAL_COUNCIL"}})"},
    {"CreateFundingAgreement",
     R"({"parent": "NANCY", "funding_agreement_id": "prf", "funding_agreement": {
        "funder": "NANCY/funders/region", "title": "PRF", "currency_code": "EUR",
        "ceiling_cents": 2000000,
        "valid_from": FIRST, "valid_until": LAST}})"},
    {"CreateFundingPlan", R"({"parent": "NANCY", "funding_plan_id": "ai", "funding_plan": {
        "cohort": "NANCY/cohorts/ai", "seats": 2, "planned_minutes": 42000,
        "planned_half_days": 200,
        "shares": [{"funding_agreement": "NANCY/fundingAgreements/prf", "basis": "PER_SEAT",
          "amount_cents": 800000}]}})"},
    {"AdmitApplication", R"({"name": "NANCY/cohorts/ai/applications/zoe"})"},
    {"RejectApplication",
     R"({"name": "NANCY/cohorts/ai/applications/zoe", "decision_reason": "late"})",
     "ALREADY_DECIDED"},
    {"AcceptSeat", R"({"name": "NANCY/cohorts/ai/applications/zoe"})"},
    {"AcceptSeat", R"({"name": "NANCY/cohorts/ai/applications/zoe"})", "NOT_ADMITTED"},
    // Attendance sheet: signed, sealed, corrected.
    {"StartCohort", R"({"name": "NANCY/cohorts/ai"})"},
    {"OpenAttendanceSheet",
     R"({"parent": "NANCY/cohorts/ai", "attendance_sheet": {"date": FIRST, "half": "AM",
        "start_minute": 540, "end_minute": 720, "place": "Nancy", "trainer": "ada"}})"},
    {"SealAttendanceSheet", R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am"})",
     "NOT_SIGNED"},
    {"CorrectPresence",
     R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am/presenceEntries/zoe",
        "minutes_present": 180, "reason": "forgot"})",
     "SHEET_OPEN"},
    {"FinishCohort", R"({"name": "NANCY/cohorts/ai"})", "SHEETS_OPEN"},
    {"EraseCandidate", R"({"name": "NANCY/candidates/zoe", "cause": "REQUESTED"})",
     "PERSON_NEEDED"},
    {"SignPresence",
     R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am/presenceEntries/zoe",
        "minutes_present": 180})"},
    {"SignAttendanceSheet", R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am"})"},
    {"SealAttendanceSheet", R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am"})"},
    {"SignPresence",
     R"({"name": "NANCY/cohorts/ai/attendanceSheets/2026-09-07-am/presenceEntries/zoe",
        "minutes_present": 180})",
     "SHEET_SEALED"},
    // Invoice, agreement: nothing is paid before it is issued, nothing changes after the end.
    {"CreateInvoice", R"({"parent": "NANCY", "invoice_id": "one", "invoice": {
        "funding_agreement": "NANCY/fundingAgreements/prf", "until_date": LAST}})"},
    {"RecordPayment",
     R"({"name": "NANCY/invoices/one", "payment_id": "p", "amount_cents": 1,
         "value_date": LAST})",
     "INVOICE_NOT_PAYABLE"},
    {"IssueInvoice", R"({"name": "NANCY/invoices/one", "issue_date": LAST})"},
    {"IssueInvoice", R"({"name": "NANCY/invoices/one", "issue_date": LAST})", "INVOICE_NOT_DRAFT"},
    {"CreateFundingAgreement",
     R"({"parent": "NANCY", "funding_agreement_id": "old", "funding_agreement": {
        "funder": "NANCY/funders/region", "title": "Old", "currency_code": "EUR",
        "ceiling_cents": 1,
        "valid_from": FIRST, "valid_until": LAST}})"},
    {"CloseFundingAgreement", R"({"name": "NANCY/fundingAgreements/old"})"},
    {"AmendFundingAgreement", R"({"name": "NANCY/fundingAgreements/old", "ceiling_cents": 2})",
     "AGREEMENT_CLOSED"},
    // Learner: nothing becomes of him before his end, and he does not leave after it.
    {"RecordOutcome",
     R"({"parent": "NANCY/cohorts/ai/learners/zoe", "outcome": {"situation": "EMPLOYED",
        "months_after": 3, "date": LAST, "source": "DECLARED"}})",
     "NOT_FINISHED"},
    {"FinishCohort", R"({"name": "NANCY/cohorts/ai"})"},
    {"RecordExit", R"({"name": "NANCY/cohorts/ai/learners/zoe", "date": FIRST, "cause": "JOB"})",
     "ALREADY_ENDED"},
    // Jury: awards what it decided, once.
    {"CreateJurySession",
     R"({"parent": "NANCY", "jury_session_id": "july", "jury_session": {
        "cohort": "NANCY/cohorts/ai", "date": LAST, "programme_revision": "REVISION"}})"},
    {"AwardCertificates", R"({"name": "NANCY/jurySessions/july"})", "NOT_DELIBERATED"},
    {"DeliberateJury",
     R"({"name": "NANCY/jurySessions/july",
         "decisions": [{"learner": "NANCY/cohorts/ai/learners/zoe",
        "result": "FULL"}]})"},
    {"AwardCertificates", R"({"name": "NANCY/jurySessions/july"})"},
    {"AwardCertificates", R"({"name": "NANCY/jurySessions/july"})", "ALREADY_AWARDED"},
    // Job offer, hiring, contract.
    {"CreateCompany",
     R"({"parent": "NANCY", "company_id": "73282932000074", "company": {"title": "Works"}})"},
    {"CreateJobOffer",
     R"({"parent": "NANCY", "job_offer_id": "dev", "job_offer": {"title": "Developer",
        "company": "NANCY/companies/73282932000074", "rome_code": "M1805", "positions": 1,
        "contract_kind": 1}})"},
    {"PublishJobOffer", R"({"name": "NANCY/jobOffers/dev"})", "NO_EMPLOYER_PARTNERSHIP"},
    {"CreatePartnership", R"({"parent": "NANCY", "partnership_id": "works", "partnership": {
        "company": "NANCY/companies/73282932000074", "kind": "EMPLOYER", "start_date": FIRST}})"},
    {"ProposeHiring", R"({"parent": "NANCY", "hiring_id": "h", "job_offer": "NANCY/jobOffers/dev",
        "learner_put_forward": "NANCY/learnersPutForward/ai.zoe"})",
     "JOB_OFFER_STATE"},
    {"PublishJobOffer", R"({"name": "NANCY/jobOffers/dev"})"},
    {"PublishJobOffer", R"({"name": "NANCY/jobOffers/dev"})", "JOB_OFFER_STATE"},
    {"ProposeHiring", R"({"parent": "NANCY", "hiring_id": "h", "job_offer": "NANCY/jobOffers/dev",
        "learner_put_forward": "NANCY/learnersPutForward/ai.zoe"})"},
    {"CreateContract",
     R"({"parent": "NANCY", "contract_id": "c", "contract": {"hiring": "NANCY/hirings/h",
        "kind": 1, "start_date": LAST, "weekly_minutes": 2100}})",
     "HIRING_STATE"},
    {"AcceptHiring", R"({"name": "NANCY/hirings/h"})"},
    {"AcceptHiring", R"({"name": "NANCY/hirings/h"})", "HIRING_STATE"},
    {"CreateContract",
     R"({"parent": "NANCY", "contract_id": "c", "contract": {"hiring": "NANCY/hirings/h",
        "kind": 1, "start_date": LAST, "weekly_minutes": 2100}})"},
    {"BreakContract", R"({"name": "NANCY/contracts/c", "broken_date": LAST})", "CONTRACT_STATE"},
    // A node takes figures of its members only.
    {"SubmitCells",
     absl::StrCat(R"({"parent": "NANCY", "site": "metz", "revision": 1, "content_hash": ")",
                  std::string(64, 'a'), R"("})"),
     "NOT_A_MEMBER"},
    {"CreateMember", R"({"parent": "NANCY", "member_id": "metz", "member": {"title": "Metz",
        "agreement_start_date": FIRST}})"},
    {"IssueJoinCode", R"({"name": "NANCY/members/metz"})"},
    {"RevokeMemberCredential", R"({"name": "NANCY/memberCredentials/metz", "reason": "over"})"},
    {"RevokeMemberCredential", R"({"name": "NANCY/memberCredentials/metz", "reason": "again"})",
     "CREDENTIAL_REVOKED"},
};

TEST_P(WrongStateTest, IsRefusedAndNothingChanges) {
  const std::string revision = Publish();
  for (Step step : kLife) {
    step.request = absl::StrReplaceAll(step.request, {{"REVISION", revision}});
    Take(step);
  }
  std::printf("%d illegal steps refused\n", refused_);
  world_.ExpectInvariants();
}

// What belongs to another company, and what does not exist, to a caller who acts for one.
TEST_P(WrongStateTest, AForbiddenNameLooksUnknown) {
  for (const char* siret : {"73282932000074", "55208131766522"}) {
    const auto with = [siret](const std::string& json) {
      return absl::StrReplaceAll(json, {{"SIRET", siret}});
    };
    for (const Step& step : {
             Step{"CreateCompany",
                  R"({"parent": "NANCY", "company_id": "SIRET", "company": {"title": "Works"}})"},
             Step{"CreatePartnership",
                  R"({"parent": "NANCY", "partnership_id": "p-SIRET", "partnership": {
               "company": "NANCY/companies/SIRET", "kind": "EMPLOYER", "start_date": FIRST}})"},
             Step{"CreateTutor", R"({"parent": "NANCY", "tutor_id": "t-SIRET", "tutor": {
               "company": "NANCY/companies/SIRET", "full_name": "Ada"}})"},
             Step{"CreateJobOffer",
                  R"({"parent": "NANCY", "job_offer_id": "o-SIRET",
                  "job_offer": {"title": "Developer",
               "company": "NANCY/companies/SIRET", "rome_code": "M1805", "positions": 1,
               "contract_kind": 1}})"},
         })
      EXPECT_EQ(Call(step.rpc, with(step.request)), absl::OkStatus()) << step.rpc;
  }
  const security::Caller partner{"works",
                                 security::Caller::Kind::kPartner,
                                 {"partner"},
                                 {"nancy"},
                                 "schools/nancy/companies/73282932000074"};
  const struct {
    const char *rpc, *collection, *prefix;
  } kGets[] = {{"GetCompany", "companies", ""},        {"GetPartnership", "partnerships", "p-"},
               {"GetTutor", "tutors", "t-"},           {"GetJobOffer", "jobOffers", "o-"},
               {"PublishJobOffer", "jobOffers", "o-"}, {"DeleteTutor", "tutors", "t-"}};
  for (const auto& get : kGets) {
    const auto call = [&](const std::string& siret) {
      return Call(
          get.rpc,
          absl::StrCat(R"({"name": "NANCY/)", get.collection, "/", get.prefix, siret, R"("})"),
          partner);
    };
    const absl::Status forbidden = call("55208131766522"), unknown = call("41816609600069");
    EXPECT_EQ(forbidden.code(), absl::StatusCode::kPermissionDenied)
        << get.rpc << ": " << forbidden;
    EXPECT_EQ(ReasonOf(forbidden), "NOT_ALLOWED") << get.rpc;
    const auto same = [](const absl::Status& status) {
      return absl::StrReplaceAll(status.ToString(),
                                 {{"55208131766522", "SIRET"}, {"41816609600069", "SIRET"}});
    };
    EXPECT_EQ(same(forbidden), same(unknown)) << get.rpc;
    EXPECT_EQ(call("73282932000074"), absl::OkStatus()) << get.rpc;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, WrongStateTest, BothEngines(), EngineName);

}  // namespace
}  // namespace vivier::testing
