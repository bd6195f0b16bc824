#include "services/enrolment/selection/imports.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "shared/base/error.h"

namespace vivier::enrolment {
namespace {

using v1::ImportRow;

constexpr char kHeader[] =
    "Nom;Prénom;Courriel;Date de naissance;Sexe;Demandeur d'emploi;Code postal;Niveau;Canal;Note\n";

TEST(ReadApplications, ReadsWhatSpreadsheetsWrite) {
  const auto rows = ReadApplications(
      absl::StrCat("\xEF\xBB\xBF", kHeader,
                   "Durand;Zoé;zoe@example.org;03/02/1999;F;oui;54000;4;france-travail;libre\r\n"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 1u);
  const ImportedRow& row = rows->front();
  EXPECT_EQ(row.report.result(), ImportRow::ACCEPTED) << row.report.ShortDebugString();
  EXPECT_EQ(row.report.line(), 2);
  EXPECT_EQ(row.candidate.family_name(), "Durand");
  EXPECT_EQ(row.candidate.given_name(), "Zoé");
  EXPECT_EQ(row.candidate.email(), "zoe@example.org");
  EXPECT_EQ(DateText(row.candidate.birth_date()), "1999-02-03");
  EXPECT_EQ(row.candidate.gender(), v1::PersonClasses::WOMAN);
  EXPECT_TRUE(row.candidate.jobseeker());
  EXPECT_EQ(row.candidate.postal_code(), "54000");
  EXPECT_EQ(row.candidate.education_level(), 4);
  EXPECT_EQ(row.channel, "france-travail");
}

TEST(ReadApplications, ReadsEnglishTitlesAndCommas) {
  const auto rows =
      ReadApplications("family_name,given_name,email,birth_date\nA,B,a@b.fr,1999-02-03\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->front().report.result(), ImportRow::ACCEPTED);
}

TEST(ReadApplications, SaysOfEachRowWhatIsWrong) {
  struct Row {
    std::string cells;
    ImportRow::Result result;
    v1::Reason reason;
    std::string column;
  };
  const Row rows[] = {
      {"D;Z;z@e.fr;03/02/1999;F;oui;54000;4;web;", ImportRow::ACCEPTED, v1::REASON_UNSPECIFIED, ""},
      {"D;Z;z@e.fr;;F;oui;54000;4;web;", ImportRow::ACCEPTED_WITH_WARNING, v1::BIRTH_DATE_MISSING,
       ""},
      {";Z;z@e.fr;03/02/1999;F;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_MISSING, "Nom"},
      {"D;Z; ;03/02/1999;F;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_MISSING, "Courriel"},
      {"D;Z;zoe;03/02/1999;F;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_INVALID, "Courriel"},
      {"D;Z;z@e.fr;31/02/1999;F;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_INVALID,
       "Date de naissance"},
      {"D;Z;z@e.fr;03/02/99;F;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_INVALID,
       "Date de naissance"},
      {"D;Z;z@e.fr;03/02/1999;X;oui;54000;4;web;", ImportRow::REFUSED, v1::CELL_INVALID, "Sexe"},
      {"D;Z;z@e.fr;03/02/1999;F;peut-être;54000;4;web;", ImportRow::REFUSED, v1::CELL_INVALID,
       "Demandeur d'emploi"},
      {"D;Z;z@e.fr;03/02/1999;F;oui;5400;4;web;", ImportRow::REFUSED, v1::CELL_INVALID,
       "Code postal"},
      {"D;Z;z@e.fr;03/02/1999;F;oui;54000;9;web;", ImportRow::REFUSED, v1::CELL_INVALID, "Niveau"},
      {"D;Z;z@e.fr;03/02/1999;F;oui;54000;4;Au Marché;", ImportRow::REFUSED, v1::CELL_INVALID,
       "Canal"},
      {"D;Z;z@e.fr;03/02/1999;F;oui;54000;4;web;;more", ImportRow::REFUSED, v1::ROW_INVALID, ""},
      {"D;Zo\xE9;z@e.fr;03/02/1999;F;oui;54000;4;web;", ImportRow::REFUSED, v1::WRONG_ENCODING,
       "Prénom"},
      {absl::StrCat(std::string(101, 'D'), ";Z;z@e.fr;03/02/1999;F;oui;54000;4;web;"),
       ImportRow::REFUSED, v1::CELL_INVALID, "Nom"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.cells);
    const auto read = ReadApplications(absl::StrCat(kHeader, row.cells, "\n"));
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->size(), 1u);
    const ImportRow& report = read->front().report;
    EXPECT_EQ(report.result(), row.result);
    EXPECT_EQ(report.reason(), row.reason);
    EXPECT_EQ(report.column(), row.column);
    EXPECT_EQ(report.message().find("z@e.fr"), std::string::npos);
  }
}

TEST(ReadApplications, RefusesAFileThatCannotBeReadAsAWhole) {
  std::string long_file = kHeader;
  for (size_t i = 0; i <= kImportRowsMax; ++i)
    absl::StrAppend(&long_file, "D;Z;z", i, "@e.fr;03/02/1999;F;oui;54000;4;web;\n");
  const std::pair<std::string, std::string> rows[] = {
      {"", "WRONG_HEADER"},
      {"Nom;Prénom\nD;Z\n", "WRONG_HEADER"},
      {"Nom;Family name;Prénom;Email\nD;D;Z;z@e.fr\n", "WRONG_HEADER"},
      {"Nom;Pr\xE9nom;Email\nD;Z;z@e.fr\n", "WRONG_ENCODING"},
      {"Nom;Prénom;Email\nD;\"Z;z@e.fr\n", "WRONG_HEADER"},
      {long_file, "TOO_MANY_ROWS"},
  };
  for (const auto& [content, reason] : rows)
    EXPECT_EQ(ReasonOf(ReadApplications(content).status()), reason) << content.substr(0, 60);
  EXPECT_EQ(MetadataOf(ReadApplications("a;b\nc;d\n").status())[0].second,
            "given_name,family_name,email");
}

TEST(NaturalKey, DiffersWithEachIdentifyingCell) {
  v1::Candidate one;
  one.set_email("a@b.fr");
  one.set_family_name("A");
  one.set_given_name("B");
  v1::Candidate other = one;
  EXPECT_EQ(NaturalKey(one), NaturalKey(other));
  other.set_given_name("C");
  EXPECT_NE(NaturalKey(one), NaturalKey(other));
  other = one;
  *other.mutable_birth_date() = ToDate(absl::CivilDay(1999, 2, 3));
  EXPECT_NE(NaturalKey(one), NaturalKey(other));
}

}  // namespace
}  // namespace vivier::enrolment
