#include "services/curriculum/lheo.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/curriculum/lheo_grammar.h"
#include "services/curriculum/rules.h"
#include "shared/base/error.h"

namespace vivier::curriculum {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using v1::Finding;

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string Source(const std::string& path) {
  const char* root = std::getenv("VIVIER_SOURCE");
  return Slurp(absl::StrCat(root == nullptr ? "." : root, "/", path));
}

std::string Odd() { return Source("services/curriculum/testdata/odd-2.2.xml"); }
std::string Nancy() { return Source("demo/nancy/programme.xml"); }

LheoDocument Read(const std::string& bytes) {
  absl::StatusOr<LheoDocument> document = ReadLheo(bytes);
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *std::move(document) : LheoDocument{};
}

v1::Programme ReadProgramme(const std::string& bytes) {
  const LheoDocument document = Read(bytes);
  return document.formations.empty() ? v1::Programme() : document.formations.front().programme;
}

// What two programmes say differently; "" when they are equal beside the kept document.
std::string Difference(v1::Programme a, v1::Programme b) {
  a.clear_lheo_extras();
  b.clear_lheo_extras();
  std::string report;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(a, b);
  return report;
}

TEST(LheoTest, ReportsEveryOddityWithPlaceAndReason) {
  const LheoDocument document = Read(Odd());
  EXPECT_EQ(document.version, "2.2");
  ASSERT_EQ(document.formations.size(), 3u);
  std::vector<std::string> found;
  for (const Finding& finding : document.formations[0].findings) {
    const std::string& path = finding.element();
    found.push_back(absl::StrCat(finding.line(), " ", Finding::Reason_Name(finding.reason()), " ",
                                 path.substr(path.rfind('/') + 1),
                                 finding.field().empty() ? "" : " ", finding.field()));
    EXPECT_EQ(finding.severity(), Finding::WARNING);
  }
  EXPECT_THAT(found, ElementsAreArray({
                         "7 MISSING_ATTRIBUTE code-FORMACODE[2]",
                         "7 FORM code-FORMACODE[2]",
                         "9 FORM code-ROME[2]",
                         "12 ESCAPED_HTML objectif-formation objective",
                         "14 WRONG_ORDER resultats-attendus expected_results",
                         "15 NOT_IN_TABLE certifiante",
                         "17 MISSING coordonnees contact",
                         "21 OLD_LEVEL code-niveau-entree entry_level",
                         "22 UNUSUAL_FORM code-RNCP",
                         "27 PLACEHOLDER modalites-alternance delivery.work_study_terms",
                         "28 NOT_IN_TABLE modalites-enseignement delivery.mode",
                         "29 PLACEHOLDER conditions-specifiques delivery.conditions",
                         "33 END_BEFORE_START fin",
                         "34 LEADING_ZERO_LOST codepostal",
                         "37 NOT_A_DATE debut",
                         "40 UNKNOWN_ELEMENT places",
                         "43 SUM_DIFFERS nombre-heures-total",
                         "46 PLACEHOLDER numero-activite training_body.activity_number",
                         "47 CHECKSUM SIRET training_body.siret",
                         "49 PLACEHOLDER raison-sociale training_body.legal_name",
                         "50 TOO_SHORT courriel",
                     }));
  EXPECT_TRUE(document.formations[0].accepted());
}

TEST(LheoTest, ReportsNameNoPerson) {
  for (const LheoFormation& formation : Read(Odd()).formations) {
    for (const Finding& finding : formation.findings) {
      EXPECT_TRUE(finding.value().empty() || !absl::EndsWith(finding.element(), "courriel"));
    }
  }
}

TEST(LheoTest, RefusesAFormationNotItsNeighbours) {
  const LheoDocument document = Read(Odd());
  ASSERT_EQ(document.formations.size(), 3u);
  EXPECT_FALSE(document.formations[1].accepted());
  EXPECT_EQ(document.formations[1].findings.front().reason(), Finding::MISSING);
  EXPECT_EQ(document.formations[1].findings.front().field(), "title");
  EXPECT_EQ(document.formations[1].line, 56);
  EXPECT_FALSE(document.formations[2].accepted());
  EXPECT_EQ(document.formations[2].findings.front().reason(), Finding::DUPLICATE);
}

TEST(LheoTest, ReadsWhatItCanOfAnOddFormation) {
  const v1::Programme programme = ReadProgramme(Odd());
  EXPECT_EQ(programme.title(), "Technicien d'exploitation");
  EXPECT_EQ(programme.objective(), "Exploiter un parc\n- de postes\n- de serveurs");
  EXPECT_EQ(programme.entry_level(), v1::LEVEL_4);
  EXPECT_EQ(programme.delivery().taught_minutes(), 600 * 60);
  EXPECT_EQ(programme.delivery().mode(), v1::Delivery::MODE_UNSPECIFIED);
  ASSERT_EQ(programme.delivery().sessions_size(), 2);
  EXPECT_FALSE(programme.delivery().sessions(1).has_start_date());
  EXPECT_EQ(programme.training_body().legal_name(), "");
}

TEST(LheoTest, KeepsWhatItDoesNotKnow) {
  const std::string again = WriteLheo({ReadProgramme(Odd())});
  for (const char* kept :
       {"<p:ref kind=\"a&amp;b\">16</p:ref>", "xmlns:p=\"urn:example:partner\"", "<!-- kept -->",
        "<places>12</places>", "numero=\"A-1\"", "&lt;ul&gt;", "<modalites-enseignement>7<"}) {
    EXPECT_THAT(again, HasSubstr(kept));
  }
}

TEST(LheoTest, ReadingWhatWasWrittenGivesTheSame) {
  for (const std::string& bytes : {Odd(), Nancy()}) {
    const v1::Programme once = ReadProgramme(bytes);
    const std::string written = WriteLheo({once});
    EXPECT_EQ(Difference(once, ReadProgramme(written)), "");
    EXPECT_EQ(WriteLheo({ReadProgramme(written)}), written);
  }
}

TEST(LheoTest, TheDemonstrationProgrammeIsCleanAndPublishable) {
  const LheoDocument document = Read(Nancy());
  ASSERT_EQ(document.formations.size(), 1u);
  EXPECT_TRUE(document.formations[0].findings.empty())
      << document.formations[0].findings.front().ShortDebugString();
  const v1::Programme& programme = document.formations[0].programme;
  EXPECT_EQ(programme.delivery().taught_minutes(), 1050 * 60);
  EXPECT_EQ(programme.modules_size(), 5);
  EXPECT_TRUE(CheckPublishable(programme).ok()) << CheckPublishable(programme);
}

TEST(LheoTest, AMendChangesItsElementAndNoOther) {
  v1::Programme programme = ReadProgramme(Nancy());
  const std::string before = WriteLheo({programme});
  programme.mutable_training_body()->set_legal_name("Autre nom");
  EXPECT_EQ(
      WriteLheo({programme}),
      absl::StrReplaceAll(before, {{"Association École du numérique de Lorraine", "Autre nom"}}));
}

TEST(LheoTest, WithoutADocumentOfItsOwnAProgrammeStillBecomesValidLheo) {
  v1::Programme programme = ReadProgramme(Nancy());
  programme.clear_lheo_extras();
  for (const bool with_sessions : {true, false}) {
    if (!with_sessions) programme.mutable_delivery()->clear_sessions();
    const LheoDocument document = Read(WriteLheo({programme}));
    ASSERT_EQ(document.formations.size(), 1u);
    for (const Finding& finding : document.formations[0].findings)
      ADD_FAILURE() << finding.ShortDebugString();
    EXPECT_EQ(Difference(programme, document.formations[0].programme), "");
  }
}

std::string RandomText(std::mt19937_64& random) {
  static constexpr const char* kWords[] = {"réseau", "data",  "a & b", "1 < 2",
                                           "œuvre",  "\"x\"", "C++",   "ligne"};
  std::string text = "t";
  for (uint64_t i = random() % 4; i > 0; --i) absl::StrAppend(&text, " ", kWords[random() % 8]);
  return text;
}

std::string RandomDigits(std::mt19937_64& random) {
  return absl::StrFormat("%05d", random() % 100'000);
}

v1::Address RandomAddress(std::mt19937_64& random) {
  v1::Address address;
  for (uint64_t i = 1 + random() % 3; i > 0; --i) address.add_lines(RandomText(random));
  address.set_postal_code(RandomDigits(random));
  address.set_town(RandomText(random));
  if (random() % 2) address.set_commune_code(RandomDigits(random));
  return address;
}

// Changes some fields, so that every kind of element is added, changed and taken away in turn.
void Disturb(std::mt19937_64& random, v1::Programme& p) {
  auto maybe = [&random] { return random() % 3 == 0; };
  if (maybe()) p.set_title(RandomText(random));
  if (maybe()) p.set_objective(random() % 2 ? RandomText(random) : "");
  if (maybe()) p.clear_formacodes();
  if (maybe() && p.formacodes_size() < 5) p.add_formacodes(RandomDigits(random));
  if (maybe()) p.clear_rome_codes();
  if (maybe()) p.set_certifying(!p.certifying());
  if (maybe()) p.clear_certifications();
  if (maybe() && p.certifications_size() < 5)
    p.add_certifications()->set_rncp_code(RandomDigits(random));
  if (maybe()) p.clear_blocks();
  if (maybe() && p.blocks_size() < 9) {
    p.add_blocks()->set_code(absl::StrCat("RNCP", RandomDigits(random), "BC01"));
    p.mutable_blocks(p.blocks_size() - 1)->set_title(RandomText(random));
  }
  if (maybe()) p.set_pathway(static_cast<v1::Programme::Pathway>(random() % 5));
  if (maybe()) p.set_entry_level(static_cast<v1::EducationLevel>(random() % 10));
  if (maybe()) p.set_exit_level(static_cast<v1::EducationLevel>(random() % 10));
  if (maybe()) p.clear_contact();
  if (maybe()) *p.mutable_contact()->mutable_address() = RandomAddress(random);
  if (maybe() && p.contact().phones_size() < 3) p.mutable_contact()->add_phones("03");
  if (maybe()) p.mutable_training_body()->set_uai(random() % 2 ? "0951099D" : "");
  if (maybe()) p.mutable_training_body()->set_legal_name(RandomText(random));
  if (maybe()) p.mutable_training_body()->mutable_seat()->set_email("a@b.example");
  v1::Delivery& delivery = *p.mutable_delivery();
  if (maybe()) delivery.set_work_study_terms(random() % 2 ? RandomText(random) : "");
  if (maybe()) delivery.set_mode(static_cast<v1::Delivery::Mode>(1 + random() % 3));
  if (maybe()) delivery.set_permanent_entry(!delivery.permanent_entry());
  if (maybe()) delivery.set_taught_minutes(static_cast<int>(random() % 2000) * 60);
  if (maybe()) delivery.set_company_minutes(static_cast<int>(random() % 2000) * 60);
  if (maybe()) delivery.clear_sessions();
  if (maybe()) {
    v1::Session& session = *delivery.add_sessions();
    session.mutable_start_date()->set_year(2027);
    session.mutable_start_date()->set_month(1 + static_cast<int>(random() % 12));
    session.mutable_start_date()->set_day(1 + static_cast<int>(random() % 28));
    *session.mutable_enrolment_address() = RandomAddress(random);
  }
  if (maybe()) p.clear_modules();
  if (maybe()) {
    v1::Module& module = *p.add_modules();
    module.set_module_id("m");
    module.set_title(RandomText(random));
    module.set_minutes(1 + static_cast<int>(random() % 600));
    if (random() % 2) module.add_skills(RandomText(random));
  }
}

// The law of the mapping: whatever the programme says, reading what was written says it again, and
// the document that it was written over keeps its order.
TEST(LheoTest, WhateverIsWrittenIsReadAgain) {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 400; ++round) {
    v1::Programme programme = ReadProgramme(round % 2 ? Nancy() : Odd());
    if (round % 5 == 0) programme.clear_lheo_extras();
    for (int step = 0; step < 3; ++step) {
      Disturb(random, programme);
      const LheoDocument document = Read(WriteLheo({programme}));
      ASSERT_EQ(document.formations.size(), 1u);
      v1::Programme read = document.formations[0].programme;
      // A message that is there but says nothing is the same as none.
      if (programme.contact().ByteSizeLong() == 0) programme.clear_contact();
      ASSERT_EQ(Difference(programme, read), "") << "round " << round << " step " << step;
      for (const Finding& finding : document.formations[0].findings) {
        ASSERT_TRUE(round % 2 == 0 || finding.reason() != Finding::WRONG_ORDER)
            << finding.ShortDebugString();
      }
      programme = read;
    }
  }
}

TEST(LheoTest, ANewerImportLeavesWhatPeopleMended) {
  const v1::Programme before = ReadProgramme(Odd());
  const v1::Programme after = ReadProgramme(absl::StrReplaceAll(
      Odd(),
      {{"Réseaux, systèmes", "Réseaux, systèmes, sécurité"}, {"Titre professionnel", "Titre"}}));
  v1::Programme mine = before;
  mine.set_title("Technicien d'exploitation informatique");
  mine.set_expected_results("mended, and changed by the newer import too");
  TakeOver(ReadExtras(before.lheo_extras()), after, mine);
  EXPECT_EQ(mine.title(), "Technicien d'exploitation informatique");
  EXPECT_EQ(mine.content(), "Réseaux, systèmes, sécurité");
  EXPECT_EQ(mine.expected_results(), "Titre");
  EXPECT_EQ(mine.lheo_extras(), after.lheo_extras());
}

TEST(LheoTest, TakesThePrefixOfTheNamespace) {
  const std::string prefixed = absl::StrReplaceAll(
      Nancy(), {{"</", "</l:"}, {"<?", "<?"}, {"<!", "<!"}, {"<", "<l:"}, {"xmlns=", "xmlns:l="}});
  const LheoDocument document = Read(prefixed);
  ASSERT_EQ(document.formations.size(), 1u);
  EXPECT_EQ(document.formations[0].line, 6);
  EXPECT_TRUE(document.formations[0].findings.empty())
      << document.formations[0].findings[0].ShortDebugString();
  EXPECT_EQ(Difference(document.formations[0].programme, ReadProgramme(Nancy())), "");
}

TEST(LheoTest, RefusesWhatIsNotLheo) {
  const struct {
    const char *bytes, *reason, *message;
  } rows[] = {
      {"<html/>", "NOT_LHEO", "line 1, column 1: the root"},
      {"<lheo xmlns=\"http://example.org\"><offres/></lheo>", "NOT_LHEO", "namespace"},
      {"<lheo xmlns=\"http://lheo.gouv.fr/2.3\"><offres/></lheo>", "NOT_LHEO", "no <offres>"},
      {"<lheo", "MALFORMED_XML", "line 1, column 6"},
      {"", "MALFORMED_XML", "line 1, column 1"},
  };
  for (const auto& row : rows) {
    const absl::Status status = ReadLheo(row.bytes).status();
    EXPECT_EQ(ReasonOf(status), row.reason) << row.bytes;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message)) << row.bytes;
  }
  const LheoDocument silent =
      Read(absl::StrReplaceAll(Nancy(), {{" xmlns=\"http://lheo.gouv.fr/2.3\"", ""}}));
  ASSERT_EQ(silent.findings.size(), 1u);
  EXPECT_EQ(silent.findings[0].reason(), Finding::NAMESPACE_MISSING);
}

TEST(LheoTest, RefusesMoreFormationsThanOneRequestMayChange) {
  std::string many = "<lheo xmlns=\"http://lheo.gouv.fr/2.3\"><offres>";
  for (size_t i = 0; i <= kLheoFormationsMax; ++i)
    absl::StrAppend(&many, "<formation numero=\"", i, "\"/>");
  EXPECT_EQ(ReasonOf(ReadLheo(many + "</offres></lheo>").status()), "TOO_MANY_FORMATIONS");
}

// A file cut anywhere, or with a stretch of it overwritten or lost within a tag, is refused whole
// with its place.
void ExpectDamageRefused(const std::string& whole) {
  const size_t end = whole.rfind("</lheo>");
  for (size_t cut = 0; cut < end + 6; cut += 97) {
    const absl::Status status = ReadLheo(whole.substr(0, cut)).status();
    EXPECT_EQ(ReasonOf(status), "MALFORMED_XML") << cut;
    EXPECT_THAT(std::string(status.message()), HasSubstr("column")) << cut;
  }
  const size_t middle = whole.find("</", whole.size() / 2);
  for (const std::string& damage : {std::string(16, '\0'), std::string("\xFF\xFE\x80"),
                                    std::string("<<<<"), std::string("&&&&")}) {
    std::string damaged = whole;
    damaged.replace(middle, damage.size(), damage);
    const absl::Status status = ReadLheo(damaged).status();
    EXPECT_EQ(ReasonOf(status), "MALFORMED_XML");
    const auto line =
        1 + std::count(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(middle), '\n');
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("line ", line, ",")))
        << status;
  }
}

TEST(LheoTest, RefusesADamagedFileWholeWithItsPlace) { ExpectDamageRefused(Nancy()); }

TEST(LheoTest, GrammarKnowsWhatItRefersTo) {
  std::vector<std::string> todo = {"lheo"};
  std::set<std::string> seen;
  while (!todo.empty()) {
    const std::string name = todo.back();
    todo.pop_back();
    if (!seen.insert(name).second) continue;
    const LheoElement* element = FindLheoElement(name);
    ASSERT_NE(element, nullptr) << name;
    for (const LheoChild& child : element->children) todo.push_back(child.name);
    EXPECT_EQ(element->kind == LheoElement::kSequence, !element->children.empty()) << name;
    EXPECT_EQ(element->kind == LheoElement::kKey, !element->keys.empty()) << name;
  }
  EXPECT_GT(seen.size(), 140u);
  EXPECT_EQ(FindLheoElement("formation")->children[0].name, "domaine-formation");
  EXPECT_EQ(FindLheoElement("formation")->children[6].most, kLheoUnbounded);
  EXPECT_EQ(FindLheoElement("domaine-formation")->children[1].most, 3);
  EXPECT_EQ(FindLheoElement("intitule-formation")->most, 255);
  EXPECT_EQ(FindLheoElement("nowhere"), nullptr);
}

// Runs over a real export, where VIVIER_SHARED_DATA says where it is.
TEST(LheoTest, TakesARealExportWithItsOdditiesAndPublishesItMended) {
  const char* folder = std::getenv("VIVIER_SHARED_DATA");
  if (folder == nullptr) GTEST_SKIP() << "VIVIER_SHARED_DATA is not set";
  const std::string bytes = Slurp(absl::StrCat(folder, "/lheo/lheo-2.2-onisep.xml"));
  const LheoDocument document = Read(bytes);
  ASSERT_EQ(document.formations.size(), 1u);
  EXPECT_TRUE(document.formations[0].accepted());
  std::set<Finding::Reason> reasons;
  for (const Finding& finding : document.formations[0].findings) {
    reasons.insert(finding.reason());
    EXPECT_GT(finding.line(), 1);
  }
  EXPECT_THAT(reasons, ElementsAreArray({Finding::MISSING, Finding::PLACEHOLDER,
                                         Finding::ESCAPED_HTML, Finding::OLD_LEVEL}));

  v1::Programme programme = document.formations[0].programme;
  EXPECT_EQ(ReasonOf(CheckPublishable(programme)), "PROGRAMME_INCOMPLETE");
  programme.mutable_contact()->set_email("accueil@lycee.example");
  programme.mutable_training_body()->set_activity_number("53290000029");
  programme.mutable_training_body()->set_legal_name("Lycée");
  programme.mutable_delivery()->set_taught_minutes(1200 * 60);
  EXPECT_TRUE(CheckPublishable(programme).ok()) << CheckPublishable(programme);
  EXPECT_EQ(Difference(programme, ReadProgramme(WriteLheo({programme}))), "");
  ExpectDamageRefused(bytes);
}

}  // namespace
}  // namespace vivier::curriculum
