// What people and other programs hand over as files, and names.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/curriculum/lheo.h"
#include "services/enrolment/selection/imports.h"
#include "shared/backup/store.h"
#include "shared/base/resource_name.h"
#include "shared/base/unicode.h"
#include "shared/formats/csv.h"
#include "shared/formats/text.h"
#include "shared/rules/compiled.h"
#include "shared/rules/decide.h"
#include "shared/rules/lint.h"
#include "shared/rules/reader.h"
#include "tests/fuzz/fuzz.h"
#include "vivier/config/v1/config.pb.h"

namespace vivier::fuzz {
namespace {

using google::protobuf::TextFormat;

class Silent : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string& message) override { first = message; }
  std::string first;
};

}  // namespace

std::string ReadCsv(absl::string_view input) {
  const absl::StatusOr<formats::CsvTable> table = formats::ParseCsv(input);
  if (!table.ok()) return EndOf(table.status());
  const absl::StatusOr<formats::CsvTable> again = formats::ParseCsv(formats::FormatCsv(*table));
  Require(again.ok(), "what was written is not read");
  Require(again->header == table->header && again->rows.size() == table->rows.size(),
          "what was written is read as another table");
  for (size_t i = 0; i < table->rows.size(); ++i)
    Require(again->rows[i].cells == table->rows[i].cells,
            "what was written is read as another row");
  const bool valid = std::all_of(table->rows.begin(), table->rows.end(),
                                 [](const auto& row) { return row.valid_utf8; });
  PlaceOfCrash(table->separator == '\t' && !valid);
  return absl::StrCat("OK ", static_cast<int>(table->separator), table->had_bom, valid,
                      std::min<size_t>(table->header.size(), 9),
                      std::min<size_t>(table->rows.size(), 9));
}

std::string ReadApplications(absl::string_view input) {
  const auto rows = enrolment::ReadApplications(input);
  if (!rows.ok()) return EndOf(rows.status());
  std::string end = "OK";
  for (const enrolment::ImportedRow& row : *rows) {
    enrolment::NaturalKey(row.candidate);
    const std::string code = absl::StrCat(" ", row.report.reason());
    if (!absl::StrContains(end, code)) end += code;
  }
  PlaceOfCrash(std::count(end.begin(), end.end(), ' ') > 2);
  return end;
}

std::string ReadXml(absl::string_view input) {
  const auto document = curriculum::ReadLheo(input);
  if (!document.ok()) return EndOf(document.status());
  std::vector<curriculum::v1::Programme> programmes;
  std::string end = absl::StrCat("OK ", document->version);
  for (const curriculum::LheoFormation& formation : document->formations) {
    if (formation.accepted()) programmes.push_back(formation.programme);
    for (const auto& finding : formation.findings) {
      const std::string code = absl::StrCat(" ", finding.reason());
      if (!absl::StrContains(end, code)) end += code;
    }
  }
  if (!programmes.empty()) {
    const auto again = curriculum::ReadLheo(curriculum::WriteLheo(programmes));
    Require(again.ok(), again.ok() ? "" : again.status().ToString().c_str());
    Require(again->formations.size() == programmes.size(), "what was written is read as others");
  }
  PlaceOfCrash(document->formations.size() > 1 && programmes.empty());
  return end;
}

std::string ReadRuleTable(absl::string_view input) {
  const absl::StatusOr<rules::Table> table = rules::ReadTable(input);
  if (!table.ok()) return EndOf(table.status());
  const std::vector<rules::LintFinding> findings =
      rules::Lint(*table, absl::CivilDay(2026, 11, 30));
  for (const rules::Decision& decision : table->decisions) {
    rules::Decide(*table, decision, std::vector<rules::Value>(table->facts.size()), 20'000);
    for (const rules::Case& one : decision.cases)
      rules::Decide(*table, decision, one.facts, one.day);
  }
  PlaceOfCrash(findings.size() > 5);
  return absl::StrCat("OK ", table->decisions.size(), " ", table->parameters.size(), " ",
                      std::min<size_t>(findings.size(), 20));
}

// Those of the program.
std::vector<std::string> RuleTableSeeds() {
  std::vector<std::string> seeds;
  for (const rules::CompiledText& table : rules::CompiledTexts()) seeds.push_back(table.text);
  return seeds;
}

std::string ReadConfiguration(absl::string_view input) {
  config::v1::Config config, again;
  Silent complaints;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaints);
  if (!parser.ParseFromString(std::string(input), &config))
    return EndOf(absl::InvalidArgumentError(complaints.first));
  std::string text;
  Require(TextFormat::PrintToString(config, &text) && parser.ParseFromString(text, &again),
          "what was written is not read");
  Require(google::protobuf::util::MessageDifferencer::Equals(config, again),
          "what was written is read as another");
  PlaceOfCrash(config.peers_size() > 2);
  return absl::StrCat("OK ", config.peers_size(), " ", config.issuers_size(), " ",
                      config.parents_size());
}

std::string ReadNames(absl::string_view input) {
  const std::string name(input);
  const std::string parent = ParentOf(name), collection = CollectionOf(name), id = IdOf(name);
  if (!parent.empty() && !collection.empty() && ChildName(parent, collection, id) != name)
    Require(ChildName(parent, collection, "") == name + "/" || parent + "/" + collection == name,
            "a name's parts make another name");
  Require(IsText(NameKey(name)), "a key of a name is no text");
  SnakeCase(collection);
  IdInSchool(name);
  const std::string shown = ReplaceInvalid(name);
  Require(IsText(shown), "what was mended is no text");
  formats::HtmlToText(shown);
  formats::CollapseSpace(shown);
  formats::Shorten(shown, 20);
  backup::Kept({name, name.substr(0, name.size() / 2)}, absl::FromUnixSeconds(1'795'000'000));
  const auto forbidden = FindForbidden(name);
  if (forbidden.has_value()) Describe(*forbidden);
  PlaceOfCrash(forbidden.has_value() && !SchoolOf(name).empty() &&
               forbidden->kind == ForbiddenCharacter::Kind::kDirection);
  return absl::StrCat(SchoolOf(name).empty(), parent.empty(), std::min<size_t>(id.size(), 5),
                      forbidden.has_value() ? static_cast<int>(forbidden->kind) : 9,
                      IsBlank(shown));
}

}  // namespace vivier::fuzz
