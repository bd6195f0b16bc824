#include "services/curriculum/curriculum.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/storage/engines/migrate.h"
#include "shared/storage/log/audit_trail.h"
#include "tests/support/engines.h"

namespace vivier::curriculum {
namespace {

using ::testing::HasSubstr;

std::string Source(const std::string& path) {
  const char* root = std::getenv("VIVIER_SOURCE");
  std::ifstream file(absl::StrCat(root == nullptr ? "." : root, "/", path), std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

constexpr const char* kSchool = "schools/nancy";

// The handlers over a real database, each call a transaction of its own.
class CurriculumTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override {
    database_ = testing::FreshDatabase(GetParam());
    ASSERT_TRUE(storage::Migrate(*database_, "curriculum").ok());
    absl::StatusOr<std::unique_ptr<storage::Connection>> connection =
        database_->Connect(storage::Access::kWrite);
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    absl::StatusOr<std::vector<rpc::Service::Method>> methods = service_.Build();
    ASSERT_TRUE(methods.ok()) << methods.status();
    methods_ = *std::move(methods);
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request) {
    for (const rpc::Service::Method& method : methods_) {
      if (method.descriptor->input_type() == Request::descriptor())
        return Run<Response>(method, request);
    }
    return Internal("no method takes " + Request::descriptor()->full_name());
  }

  v1::ImportReport Import(const std::string& content) {
    v1::ImportLheoRequest request;
    request.set_parent(kSchool);
    request.set_content(content);
    absl::StatusOr<v1::ImportReport> report = Ask<v1::ImportReport>(request);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : v1::ImportReport();
  }

  v1::Programme Get(const std::string& name) {
    v1::GetProgrammeRequest request;
    request.set_name(name);
    absl::StatusOr<v1::Programme> programme = Ask<v1::Programme>(request);
    EXPECT_TRUE(programme.ok()) << programme.status();
    return programme.ok() ? *programme : v1::Programme();
  }

  absl::StatusOr<v1::Programme> Update(const v1::Programme& programme) {
    v1::UpdateProgrammeRequest request;
    *request.mutable_programme() = programme;
    return Ask<v1::Programme>(request);
  }

  absl::StatusOr<v1::ProgrammeRevision> Publish(const std::string& name) {
    v1::PublishProgrammeRequest request;
    request.set_name(name);
    return Ask<v1::ProgrammeRevision>(request);
  }

  std::string Export() {
    v1::ExportLheoRequest request;
    request.set_parent(kSchool);
    absl::StatusOr<v1::ExportLheoResponse> response = Ask<v1::ExportLheoResponse>(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->content() : "";
  }

 private:
  template <class Response>
  absl::StatusOr<Response> Run(const rpc::Service::Method& method,
                               const google::protobuf::Message& request) {
    Response response;
    absl::Status status = connection_->Begin(storage::Access::kWrite);
    storage::Transaction transaction(*connection_, "nancy", &key_);
    if (status.ok()) status = transaction.LockHead();
    storage::Unit unit(transaction);
    const security::Caller caller;
    const rpc::Fetched fetched;
    const absl::Time now = absl::FromUnixSeconds(1'795'000'000);
    rpc::Call call(caller, now, unit, fetched);
    if (status.ok()) status = method.handler(call, request, response);
    if (status.ok())
      status = unit.Apply({"tester", method.descriptor->full_name(), kSchool, "", "", ""}, now);
    if (status.ok()) status = transaction.StoreHead();
    if (status.ok()) status = connection_->Commit();
    if (status.ok()) return response;
    connection_->Rollback();
    return status;
  }

  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Connection> connection_;
  const security::SchoolKey key_ = security::SchoolKey::Random();
  Curriculum curriculum_;
  rpc::Service service_ = curriculum_.Rpc();
  std::vector<rpc::Service::Method> methods_;
};

TEST_P(CurriculumTest, ImportingTwiceChangesNothing) {
  const std::string odd = Source("services/curriculum/testdata/odd-2.2.xml");
  const v1::ImportReport first = Import(odd);
  EXPECT_EQ(first.formations_size(), 3);
  EXPECT_EQ(first.accepted(), 1);
  EXPECT_EQ(first.accepted_with_warnings(), 1);
  EXPECT_EQ(first.refused(), 2);
  EXPECT_EQ(first.changed(), 1);
  const v1::Programme once = Get(first.formations(0).programme());
  EXPECT_GT(once.findings_size(), 0);

  const v1::ImportReport second = Import(odd);
  EXPECT_EQ(second.changed(), 0);
  EXPECT_EQ(second.formations(0).programme(), first.formations(0).programme());
  EXPECT_EQ(Get(once.name()).etag(), once.etag());
}

TEST_P(CurriculumTest, AnImportIsMendedPublishedAndExported) {
  const std::string odd = Source("services/curriculum/testdata/odd-2.2.xml");
  v1::Programme programme = Get(Import(odd).formations(0).programme());
  EXPECT_EQ(ReasonOf(Publish(programme.name()).status()), "PROGRAMME_INCOMPLETE");
  EXPECT_EQ(Export(), "");

  programme.set_formacodes(1, "31054");
  programme.set_rome_codes(1, "M1801");
  programme.mutable_contact()->set_email("accueil@ecole.example");
  programme.mutable_training_body()->set_activity_number("44540400054");
  programme.mutable_training_body()->set_siret("73282932000074");
  programme.mutable_training_body()->set_legal_name("École");
  programme.mutable_delivery()->set_mode(v1::Delivery::DISTANCE);
  programme.mutable_delivery()->mutable_sessions()->RemoveLast();
  programme.mutable_delivery()->mutable_sessions(0)->mutable_end_date()->set_year(2028);
  absl::StatusOr<v1::Programme> mended = Update(programme);
  ASSERT_TRUE(mended.ok()) << mended.status();
  EXPECT_EQ(Update(programme).status().code(), absl::StatusCode::kAborted) << "the etag is old";

  absl::StatusOr<v1::ProgrammeRevision> revision = Publish(programme.name());
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(revision->name(), programme.name() + "/revisions/1");
  EXPECT_EQ(Publish(programme.name())->name(), revision->name()) << "nothing changed since";
  EXPECT_EQ(Get(programme.name()).state(), v1::Programme::PUBLISHED);
  EXPECT_THAT(Export(), HasSubstr("<p:ref kind=\"a&amp;b\">16</p:ref>"));

  EXPECT_EQ(Import(odd).changed(), 0) << "what people mended stays";
  EXPECT_EQ(Import(absl::StrReplaceAll(odd, {{"Réseaux, systèmes", "Réseaux"}})).changed(), 1);
  const v1::Programme newer = Get(programme.name());
  EXPECT_EQ(newer.content(), "Réseaux");
  EXPECT_EQ(newer.training_body().siret(), "73282932000074");
  EXPECT_EQ(newer.state(), v1::Programme::DRAFT);
  EXPECT_EQ(Publish(programme.name())->name(), programme.name() + "/revisions/2");
}

TEST_P(CurriculumTest, ADamagedFileChangesNothing) {
  v1::ImportLheoRequest request;
  request.set_parent(kSchool);
  request.set_content(Source("demo/nancy/programme.xml"));
  request.mutable_content()->replace(3000, 40, 40, '\0');
  absl::StatusOr<v1::ImportReport> report = Ask<v1::ImportReport>(request);
  EXPECT_EQ(ReasonOf(report.status()), "MALFORMED_XML");
  EXPECT_EQ(Export(), "");
}

TEST_P(CurriculumTest, WhatTheServerSetsIsNotTakenFromCallers) {
  v1::CreateProgrammeRequest request;
  request.set_parent(kSchool);
  request.set_programme_id("own");
  request.mutable_programme()->set_title("<b>Own</b>");
  request.mutable_programme()->set_state(v1::Programme::PUBLISHED);
  request.mutable_programme()->set_latest_revision("schools/nancy/programmes/own/revisions/9");
  request.mutable_programme()->set_lheo_extras("<formation/>");
  absl::StatusOr<v1::Programme> programme = Ask<v1::Programme>(request);
  ASSERT_TRUE(programme.ok()) << programme.status();
  EXPECT_EQ(programme->title(), "Own");
  EXPECT_EQ(programme->state(), v1::Programme::DRAFT);
  EXPECT_EQ(programme->latest_revision(), "");
  EXPECT_EQ(programme->lheo_extras(), "");
}

TEST_P(CurriculumTest, AJuryDecidesAndAwardsOnce) {
  const std::string programme =
      Import(Source("demo/nancy/programme.xml")).formations(0).programme();
  absl::StatusOr<v1::ProgrammeRevision> revision = Publish(programme);
  ASSERT_TRUE(revision.ok()) << revision.status();

  v1::CreateJurySessionRequest create;
  create.set_parent(kSchool);
  create.set_jury_session_id("july");
  create.mutable_jury_session()->set_cohort("schools/nancy/cohorts/ai-1");
  create.mutable_jury_session()->set_programme_revision(programme + "/revisions/2");
  create.mutable_jury_session()->mutable_date()->set_year(2027);
  create.mutable_jury_session()->mutable_date()->set_month(7);
  create.mutable_jury_session()->mutable_date()->set_day(30);
  EXPECT_EQ(Ask<v1::JurySession>(create).status().code(), absl::StatusCode::kNotFound);
  create.mutable_jury_session()->set_programme_revision(revision->name());
  absl::StatusOr<v1::JurySession> session = Ask<v1::JurySession>(create);
  ASSERT_TRUE(session.ok()) << session.status();

  v1::AwardCertificatesRequest award;
  award.set_name(session->name());
  EXPECT_EQ(ReasonOf(Ask<v1::AwardCertificatesResponse>(award).status()), "NOT_DELIBERATED");

  v1::DeliberateJuryRequest deliberate;
  deliberate.set_name(session->name());
  for (const char* learner : {"a", "b"}) {
    v1::JuryDecision& decision = *deliberate.add_decisions();
    decision.set_learner(absl::StrCat("schools/nancy/cohorts/ai-1/learners/", learner));
    decision.set_result(*learner == 'a' ? v1::CertificateAwarded::FULL
                                        : v1::CertificateAwarded::PARTIAL);
  }
  deliberate.mutable_decisions(1)->add_block_codes("RNCP37827BC02");
  ASSERT_TRUE(Ask<v1::JurySession>(deliberate).ok());

  absl::StatusOr<v1::AwardCertificatesResponse> awarded = Ask<v1::AwardCertificatesResponse>(award);
  ASSERT_TRUE(awarded.ok()) << awarded.status();
  ASSERT_EQ(awarded->certificates_size(), 2);
  EXPECT_EQ(awarded->certificates(0).block_codes_size(), 3);
  EXPECT_EQ(awarded->certificates(0).date().day(), 30);
  EXPECT_EQ(ReasonOf(Ask<v1::AwardCertificatesResponse>(award).status()), "ALREADY_AWARDED");

  create.set_jury_session_id("again");
  session = Ask<v1::JurySession>(create);
  ASSERT_TRUE(session.ok()) << session.status();
  deliberate.set_name(session->name());
  award.set_name(session->name());
  ASSERT_TRUE(Ask<v1::JurySession>(deliberate).ok());
  EXPECT_EQ(ReasonOf(Ask<v1::AwardCertificatesResponse>(award).status()), "ALREADY_CERTIFIED");
}

INSTANTIATE_TEST_SUITE_P(Engines, CurriculumTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier::curriculum
