#include "services/statistics/registry/imports.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/statistics/registry/regions.h"
#include "shared/base/error.h"

namespace vivier::statistics {
namespace {

using v1::SchoolImportRow;

constexpr char kHeader[] =
    "Siret;UAI validée;Raison sociale;Enseigne;numero_declaration_activite;etat_administratif;"
    "Nature;Adresse;Académie;Région;Qualiopi\n";

std::vector<v1::ReadSchoolRow> Read(const std::string& content) {
  const auto rows = ReadSchools(content, "net");
  EXPECT_TRUE(rows.ok()) << rows.status();
  return rows.value_or(std::vector<v1::ReadSchoolRow>());
}

TEST(ReadSchoolsTest, ReadsWhatANetworkPublishes) {
  const auto rows = Read(
      absl::StrCat("\xEF\xBB\xBF", kHeader,
                   "73282932000074;0442590B;ASSOCIATION  DES ECOLES;L'Atelier;;actif;formateur;"
                   "3 rue Neuve 54000 Nancy;Nancy-Metz;Grand Est;Oui\r\n"));
  ASSERT_EQ(rows.size(), 1u);
  const v1::SchoolRecord& record = rows[0].school_record();
  EXPECT_EQ(rows[0].report().findings_size(), 0) << rows[0].ShortDebugString();
  EXPECT_EQ(record.siret(), "73282932000074");
  EXPECT_EQ(record.legal_entity(), "732829320");
  EXPECT_EQ(record.uai(), "0442590B");
  EXPECT_EQ(record.title(), "L'Atelier");
  EXPECT_EQ(record.legal_name(), "ASSOCIATION DES ECOLES");
  EXPECT_EQ(record.region_code(), "44");
  EXPECT_EQ(record.address(), "3 rue Neuve 54000 Nancy");
  EXPECT_THAT(record.networks(), ::testing::ElementsAre("net"));
  EXPECT_FALSE(record.declared_closed());
}

TEST(ReadSchoolsTest, ReadsAListOfNothingButCodes) {
  const auto rows = Read("UAI validée;Siret;Réseaux à jour\n0442590B;73282932000074;net\n");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].school_record().title(), "net 73282932000074");
}

TEST(ReadSchoolsTest, SaysOfEachRowWhatIsWrong) {
  struct Row {
    const char* cells;
    bool refused;
    v1::Reason reason;
    const char* column;
  };
  const Row rows[] = {
      {";0442590B;A;;;actif;;;;;", true, v1::CELL_MISSING, "Siret"},
      {"73282932000075;;A;;;actif;;;;;", true, v1::CELL_INVALID, "Siret"},
      {"73282932000074;;A;;;actif;;;;;;;x", true, v1::ROW_INVALID, ""},
      {"73282932000074;;\xE9;;;actif;;;;;", true, v1::WRONG_ENCODING, "Raison sociale"},
      {"73282932000074;0442590A;A;;;actif;;;;;", false, v1::CELL_DOUBTFUL, "UAI validée"},
      {"73282932000074;x;A;;;actif;;;;;", false, v1::CELL_INVALID, "UAI validée"},
      {"73282932000074;;A;;1;actif;;;;;", false, v1::CELL_INVALID, "numero_declaration_activite"},
      {"73282932000074;;A;;;actif;;;;Atlantis;", false, v1::CELL_INVALID, "Région"},
  };
  for (const Row& row : rows) {
    const auto read = Read(absl::StrCat(kHeader, row.cells, "\n"));
    ASSERT_EQ(read.size(), 1u) << row.cells;
    const SchoolImportRow& report = read[0].report();
    EXPECT_EQ(report.line(), 2);
    EXPECT_EQ(report.result() == SchoolImportRow::REFUSED, row.refused) << row.cells;
    ASSERT_EQ(report.findings_size(), 1) << report.ShortDebugString();
    EXPECT_EQ(report.findings(0).reason(), row.reason) << report.ShortDebugString();
    EXPECT_EQ(report.findings(0).column(), row.column) << report.ShortDebugString();
  }
}

TEST(ReadSchoolsTest, RefusesAFileAsAWhole) {
  EXPECT_EQ(ReasonOf(ReadSchools("", "net").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSchools("UAI;Nom\n1;2\n", "net").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSchools("Siret;SIRET\n1;2\n", "net").status()), "WRONG_HEADER");
  EXPECT_EQ(ReasonOf(ReadSchools("Siret;R\xE9gion\n1;2\n", "net").status()), "WRONG_ENCODING");
  std::string many = "Siret\n";
  for (size_t i = 0; i <= kSchoolRowsMax; ++i) many += "73282932000074\n";
  EXPECT_EQ(ReasonOf(ReadSchools(many, "net").status()), "TOO_MANY_ROWS");
}

TEST(RegionTest, ByItsNameAsListsWriteIt) {
  EXPECT_EQ(RegionCode("Provence-Alpes-Côte d'Azur"), "93");
  EXPECT_EQ(RegionCode("AUVERGNE-RHONE-ALPES"), "84");
  EXPECT_EQ(RegionCode("Île-de-France"), "11");
  EXPECT_EQ(RegionCode("La Réunion"), "04");
  EXPECT_EQ(RegionCode("44"), "44");
  EXPECT_EQ(RegionCode("Région"), "");
  EXPECT_EQ(RegionCode(""), "");
}

}  // namespace
}  // namespace vivier::statistics
