#include "services/curriculum/rules.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::curriculum {
namespace {

using ::testing::HasSubstr;
using v1::CertificateAwarded;
using v1::Finding;
using v1::Programme;

void SetAddress(v1::Address& address) {
  address.add_lines("1 place de la Formation");
  address.set_postal_code("54000");
  address.set_town("Nancy");
}

Programme Complete() {
  Programme p;
  p.set_name("schools/nancy/programmes/ai");
  p.set_title("Développeur");
  p.set_objective("Développer");
  p.set_expected_results("Un titre");
  p.set_content("Python");
  p.add_formacodes("31028");
  p.add_rome_codes("M1805");
  p.set_certifying(true);
  p.add_certifications()->set_rncp_code("37827");
  for (const char* code : {"RNCP37827BC01", "RNCP37827BC02"}) {
    p.add_blocks()->set_code(code);
    p.mutable_blocks(p.blocks_size() - 1)->set_title("Bloc");
  }
  p.set_pathway(Programme::GROUP);
  p.mutable_contact()->set_email("a@b.example");
  v1::TrainingBody& body = *p.mutable_training_body();
  body.set_activity_number("44540400054");
  body.set_siret("73282932000074");
  body.set_title("École");
  body.set_legal_name("Association École");
  SetAddress(*body.mutable_seat()->mutable_address());
  body.mutable_contact()->add_phones("03 00 00 00 00");
  v1::Delivery& delivery = *p.mutable_delivery();
  delivery.set_rhythm("Temps plein");
  delivery.add_public_codes("80056");
  delivery.set_mode(v1::Delivery::ON_SITE);
  SetAddress(*delivery.mutable_place()->mutable_address());
  delivery.set_taught_minutes(600);
  v1::Session& session = *delivery.add_sessions();
  session.mutable_start_date()->set_year(2027);
  SetAddress(*session.mutable_enrolment_address());
  v1::Module& module = *p.add_modules();
  module.set_module_id("python");
  module.set_title("Python");
  module.set_minutes(600);
  module.add_block_codes("RNCP37827BC01");
  return p;
}

struct Spoiled {
  void (*spoil)(Programme&);
  const char *field, *reason;
  Finding::Severity severity = Finding::ERROR;
};

const Spoiled kSpoiled[] = {
    {[](Programme& p) { p.clear_title(); }, "title", "MISSING"},
    {[](Programme& p) { p.clear_objective(); }, "objective", "MISSING"},
    {[](Programme& p) { p.set_expected_results("-"); }, "expected_results", "MISSING"},
    {[](Programme& p) { p.clear_content(); }, "content", "MISSING"},
    {[](Programme& p) { p.clear_formacodes(), p.clear_rome_codes(); }, "formacodes", "MISSING"},
    {[](Programme& p) { p.set_formacodes(0, "310"); }, "formacodes[0]", "FORM"},
    {[](Programme& p) { p.set_rome_codes(0, "X1"); }, "rome_codes[0]", "FORM"},
    {[](Programme& p) { p.add_nsf_codes("32"); }, "nsf_codes[0]", "FORM"},
    {[](Programme& p) { p.clear_certifications(); }, "certifications", "MISSING"},
    {[](Programme& p) { p.mutable_certifications(0)->Clear(); }, "certifications[0]", "MISSING"},
    {[](Programme& p) { p.mutable_certifications(0)->set_rncp_code("x"); },
     "certifications[0].rncp_code", "FORM"},
    {[](Programme& p) { *p.add_blocks() = p.blocks(0); }, "blocks[2].code", "DUPLICATE"},
    {[](Programme& p) { p.mutable_blocks(1)->set_code("own-block-1"); }, "blocks[1].code",
     "UNUSUAL_FORM", Finding::WARNING},
    {[](Programme& p) { p.clear_pathway(); }, "pathway", "MISSING"},
    {[](Programme& p) { p.clear_contact(); }, "contact", "MISSING"},
    {[](Programme& p) {
       p.mutable_contact()->mutable_address()->set_postal_code("54000"),
           p.mutable_contact()->mutable_address()->add_lines("x");
     },
     "contact.address.town", "MISSING"},
    {[](Programme& p) { p.mutable_training_body()->clear_activity_number(); },
     "training_body.activity_number", "MISSING"},
    {[](Programme& p) { p.mutable_training_body()->set_activity_number("99999999999"); },
     "training_body.activity_number", "PLACEHOLDER"},
    {[](Programme& p) { p.mutable_training_body()->set_activity_number("5335P000256"); },
     "training_body.activity_number", "DEPARTMENT_DIFFERS", Finding::WARNING},
    {[](Programme& p) { p.mutable_training_body()->set_siret("73282932000075"); },
     "training_body.siret", "CHECKSUM"},
    {[](Programme& p) { p.mutable_training_body()->set_siret("81743928200010"); },
     "training_body.siret", "SIREN_CHECKSUM", Finding::WARNING},
    {[](Programme& p) { p.mutable_training_body()->set_uai("0146867D"); }, "training_body.uai",
     "CHECKSUM", Finding::WARNING},
    {[](Programme& p) { p.mutable_training_body()->set_legal_name("-"); },
     "training_body.legal_name", "MISSING"},
    {[](Programme& p) { p.mutable_training_body()->clear_seat(); }, "training_body.seat",
     "MISSING"},
    {[](Programme& p) { p.mutable_training_body()->clear_contact(); }, "training_body.contact",
     "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->clear_rhythm(); }, "delivery.rhythm", "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->clear_public_codes(); }, "delivery.public_codes",
     "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->clear_mode(); }, "delivery.mode", "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->clear_place(); }, "delivery.place", "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->clear_taught_minutes(), p.clear_modules(); },
     "delivery.taught_minutes", "MISSING"},
    {[](Programme& p) { p.mutable_delivery()->set_taught_minutes(601); }, "delivery.taught_minutes",
     "SUM_DIFFERS"},
    {[](Programme& p) { p.mutable_delivery()->mutable_sessions(0)->clear_start_date(); },
     "delivery.sessions[0].start_date", "MISSING"},
    {[](Programme& p) {
       p.mutable_delivery()->mutable_sessions(0)->mutable_end_date()->set_year(2026);
     },
     "delivery.sessions[0].end_date", "END_BEFORE_START"},
    {[](Programme& p) {
       p.mutable_delivery()->mutable_sessions(0)->mutable_enrolment_address()->clear_lines();
     },
     "delivery.sessions[0].enrolment_address.lines", "MISSING"},
    {[](Programme& p) {
       *p.add_modules() = p.modules(0), p.mutable_delivery()->set_taught_minutes(1200);
     },
     "modules[1].module_id", "DUPLICATE"},
    {[](Programme& p) { p.mutable_modules(0)->set_block_codes(0, "RNCP37827BC09"); },
     "modules[0].block_codes", "UNKNOWN_BLOCK"},
};

TEST(ShortcomingsTest, NamesEachFieldThatIsMissingOrWrong) {
  EXPECT_TRUE(Shortcomings(Complete()).empty());
  EXPECT_TRUE(CheckPublishable(Complete()).ok());
  for (const Spoiled& row : kSpoiled) {
    Programme programme = Complete();
    row.spoil(programme);
    const std::vector<Finding> findings = Shortcomings(programme);
    ASSERT_EQ(findings.size(), 1u) << row.field << " " << row.reason;
    EXPECT_EQ(findings[0].field(), row.field);
    EXPECT_EQ(Finding::Reason_Name(findings[0].reason()), row.reason) << row.field;
    EXPECT_EQ(findings[0].severity(), row.severity) << row.field;
    const absl::Status publishable = CheckPublishable(programme);
    EXPECT_EQ(publishable.ok(), row.severity == Finding::WARNING) << row.field;
    EXPECT_EQ(ReasonOf(publishable), publishable.ok() ? "" : "PROGRAMME_INCOMPLETE") << row.field;
  }
}

TEST(ShortcomingsTest, NeedsNoPlaceAtADistance) {
  Programme programme = Complete();
  programme.mutable_delivery()->clear_place();
  programme.mutable_delivery()->set_mode(v1::Delivery::DISTANCE);
  EXPECT_TRUE(Shortcomings(programme).empty());
}

TEST(AssessTest, MakesTextsPlainAndRecordsFindings) {
  Programme programme = Complete();
  programme.set_objective(" <p>One</p><p>Two &amp; three</p> ");
  programme.clear_pathway();
  Assess(programme);
  Assess(programme);
  EXPECT_EQ(programme.objective(), "One\nTwo & three");
  ASSERT_EQ(programme.findings_size(), 1);
  EXPECT_EQ(programme.findings(0).field(), "pathway");
}

TEST(RevisionTest, SaysWhatTheProgrammeSaysAndNothingOfTheServer) {
  Programme programme = Complete();
  const std::string hash = ContentHash(programme);
  programme.set_etag("7");
  programme.set_state(Programme::DRAFT);
  programme.set_revision_count(2);
  programme.set_latest_revision("schools/nancy/programmes/ai/revisions/2");
  EXPECT_EQ(ContentHash(programme), hash);
  const v1::ProgrammeRevision revision =
      NextRevision(programme, absl::FromUnixMicros(1'795'000'000'000'123));
  EXPECT_EQ(revision.name(), "schools/nancy/programmes/ai/revisions/3");
  EXPECT_EQ(revision.content_hash(), hash);
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(revision.taught_minutes(), 600);
  EXPECT_EQ(revision.blocks_size(), 2);
  EXPECT_EQ(revision.content().etag(), "");
  EXPECT_EQ(revision.content().title(), "Développeur");
  EXPECT_EQ(revision.publish_time().seconds(), 1'795'000'000);
  EXPECT_EQ(revision.publish_time().nanos(), 123'000);
  programme.mutable_modules(0)->set_minutes(601);
  EXPECT_NE(ContentHash(programme), hash);
}

constexpr const char* kCohort = "schools/nancy/cohorts/ai-1";

v1::JurySession Planned() {
  v1::JurySession session;
  session.set_name("schools/nancy/jurySessions/july");
  session.set_cohort(kCohort);
  session.set_programme_revision("schools/nancy/programmes/ai/revisions/1");
  session.mutable_date()->set_year(2027);
  session.set_state(v1::JurySession::PLANNED);
  return session;
}

std::string Learner(absl::string_view id) { return absl::StrCat(kCohort, "/learners/", id); }

v1::JuryDecision Decision(const std::string& learner, CertificateAwarded::Result result,
                          const std::vector<std::string>& blocks) {
  v1::JuryDecision decision;
  decision.set_learner(learner);
  decision.set_result(result);
  for (const std::string& block : blocks) decision.add_block_codes(block);
  return decision;
}

TEST(DeliberateTest, BlocksFitTheResult) {
  const std::string one = "RNCP37827BC01", two = "RNCP37827BC02";
  const struct {
    CertificateAwarded::Result result;
    std::vector<std::string> blocks;
    int kept;
    const char* reason;
  } rows[] = {
      {CertificateAwarded::FULL, {}, 2, ""},
      {CertificateAwarded::FULL, {two, one}, 2, ""},
      {CertificateAwarded::FULL, {one}, 0, "RESULT_NEEDS_OTHER_BLOCKS"},
      {CertificateAwarded::PARTIAL, {two}, 1, ""},
      {CertificateAwarded::PARTIAL, {}, 0, "RESULT_NEEDS_OTHER_BLOCKS"},
      {CertificateAwarded::PARTIAL, {one, two}, 0, "RESULT_NEEDS_OTHER_BLOCKS"},
      {CertificateAwarded::PARTIAL, {one, one}, 0, "BLOCK_NOT_TAUGHT"},
      {CertificateAwarded::PARTIAL, {"RNCP1BC01"}, 0, "BLOCK_NOT_TAUGHT"},
      {CertificateAwarded::NONE, {}, 0, ""},
      {CertificateAwarded::NONE, {one}, 0, "RESULT_NEEDS_OTHER_BLOCKS"},
      {CertificateAwarded::RESULT_UNSPECIFIED, {one}, 0, "RESULT_NEEDS_OTHER_BLOCKS"},
  };
  const v1::ProgrammeRevision revision = NextRevision(Complete(), absl::UnixEpoch());
  for (const auto& row : rows) {
    v1::JurySession session = Planned();
    google::protobuf::RepeatedPtrField<v1::JuryDecision> decisions;
    *decisions.Add() = Decision(Learner("a"), row.result, row.blocks);
    const absl::Status status = Deliberate(revision, decisions, session);
    EXPECT_EQ(ReasonOf(status), row.reason) << row.result << " of " << row.blocks.size();
    EXPECT_EQ(session.state(),
              status.ok() ? v1::JurySession::DELIBERATED : v1::JurySession::PLANNED);
    EXPECT_EQ(session.decisions_size() == 0 ? 0 : session.decisions(0).block_codes_size(),
              row.kept);
  }
}

TEST(DeliberateTest, EachLearnerOfTheCohortOnceAndUntilAwarded) {
  const v1::ProgrammeRevision revision = NextRevision(Complete(), absl::UnixEpoch());
  v1::JurySession session = Planned();
  google::protobuf::RepeatedPtrField<v1::JuryDecision> decisions;
  *decisions.Add() = Decision(Learner("a"), CertificateAwarded::FULL, {});
  EXPECT_TRUE(Deliberate(revision, decisions, session).ok());
  EXPECT_TRUE(Deliberate(revision, decisions, session).ok()) << "it may deliberate again";
  EXPECT_EQ(session.decisions_size(), 1);
  *decisions.Add() = decisions[0];
  EXPECT_EQ(ReasonOf(Deliberate(revision, decisions, session)), "LEARNER_TWICE");
  decisions[1].set_learner("schools/nancy/cohorts/ai-10/learners/b");
  EXPECT_EQ(ReasonOf(Deliberate(revision, decisions, session)), "LEARNER_OF_OTHER_COHORT");
  session.set_state(v1::JurySession::AWARDED);
  EXPECT_EQ(ReasonOf(Deliberate(revision, decisions, session)), "ALREADY_AWARDED");
}

TEST(AwardTest, OneCertificateForEachDecision) {
  v1::JurySession session = Planned();
  EXPECT_EQ(ReasonOf(Award(session, {}).status()), "NOT_DELIBERATED");
  session.set_state(v1::JurySession::DELIBERATED);
  *session.add_decisions() = Decision(Learner("a"), CertificateAwarded::PARTIAL, {"RNCP37827BC01"});
  *session.add_decisions() = Decision(Learner("b"), CertificateAwarded::NONE, {});
  const absl::StatusOr<std::vector<v1::Certificate>> certificates = Award(session, {Learner("c")});
  ASSERT_TRUE(certificates.ok()) << certificates.status();
  ASSERT_EQ(certificates->size(), 2u);
  EXPECT_THAT((*certificates)[0].name(), HasSubstr("schools/nancy/certificates/"));
  EXPECT_NE((*certificates)[0].name(), (*certificates)[1].name());
  EXPECT_EQ((*certificates)[0].block_codes_size(), 1);
  EXPECT_EQ((*certificates)[1].result(), CertificateAwarded::NONE);
  EXPECT_EQ((*certificates)[1].jury_session(), session.name());
  EXPECT_EQ(ReasonOf(Award(session, {Learner("b")}).status()), "ALREADY_CERTIFIED");
  session.set_state(v1::JurySession::AWARDED);
  EXPECT_EQ(ReasonOf(Award(session, {}).status()), "ALREADY_AWARDED");
}

}  // namespace
}  // namespace vivier::curriculum
