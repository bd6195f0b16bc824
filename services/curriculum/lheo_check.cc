#include "services/curriculum/lheo_check.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "services/curriculum/lheo_grammar.h"
#include "shared/formats/text.h"

namespace vivier::curriculum {
namespace {

using formats::CodeCheck;
using v1::Finding;

constexpr int kValueCharactersMax = 80;

// What an element's text is checked as, beside the grammar.
CodeCheck (*CodeOf(absl::string_view element))(absl::string_view) {
  static const auto& checks = *new std::map<absl::string_view, CodeCheck (*)(absl::string_view)>{
      {"numero-activite", formats::CheckNda},
      {"SIRET", formats::CheckSiret},
      {"code-UAI", formats::CheckUai},
      {"code-RNCP", formats::CheckRncp},
      {"reference-code-RNCP", formats::CheckRncp},
      {"code-RS", formats::CheckRs},
      {"reference-code-RS", formats::CheckRs},
      {"code-bloc", formats::CheckBlock},
      {"code-ROME", formats::CheckRome},
      {"code-FORMACODE", formats::CheckFormacode},
      {"code-public-vise", formats::CheckFormacode},
      {"code-NSF", formats::CheckNsf},
      {"code-INSEE-commune", formats::CheckInseeCommune},
      {"codepostal", formats::CheckPostalCode},
  };
  auto found = checks.find(element);
  return found == checks.end() ? nullptr : found->second;
}

// The field that holds what stands at the end of a path.
absl::string_view FieldOf(absl::string_view element) {
  // Only the first of several has a field.
  const std::string path = absl::StrReplaceAll(element, {{"[1]", ""}});
  static constexpr std::pair<absl::string_view, absl::string_view> kFields[] = {
      {"/intitule-formation", "title"},
      {"/objectif-formation", "objective"},
      {"/resultats-attendus", "expected_results"},
      {"/contenu-formation", "content"},
      {"/parcours-de-formation", "pathway"},
      {"/code-niveau-entree", "entry_level"},
      {"/code-niveau-sortie", "exit_level"},
      {"/contact-formation/coordonnees", "contact"},
      {"/organisme-formation-responsable/numero-activite", "training_body.activity_number"},
      {"/SIRET-organisme-formation/SIRET", "training_body.siret"},
      {"/organisme-formation-responsable/nom-organisme", "training_body.title"},
      {"/organisme-formation-responsable/raison-sociale", "training_body.legal_name"},
      {"/code-UAI-organisme-formation/code-UAI", "training_body.uai"},
      {"/coordonnees-organisme/coordonnees", "training_body.seat"},
      {"/contact-organisme/coordonnees", "training_body.contact"},
      {"/action/rythme-formation", "delivery.rhythm"},
      {"/action/modalites-alternance", "delivery.work_study_terms"},
      {"/action/modalites-enseignement", "delivery.mode"},
      {"/action/conditions-specifiques", "delivery.conditions"},
      {"/action/lieu-de-formation/coordonnees", "delivery.place"},
      {"/action/nombre-heures-centre", "delivery.taught_minutes"},
      {"/action/nombre-heures-entreprise", "delivery.company_minutes"},
  };
  for (const auto& [end, field] : kFields) {
    if (absl::EndsWith(path, end)) return field;
  }
  return "";
}

// Elements that name or reach a person: their text stays out of reports.
bool NamesPerson(absl::string_view element) {
  for (absl::string_view personal : {"civilite", "nom", "prenom", "courriel", "numtel"}) {
    if (element == personal) return true;
  }
  return false;
}

bool IsDate(absl::string_view text) {
  int digits = 0;
  if (text.size() != 8 || !absl::SimpleAtoi(text, &digits) || text[0] == '+' || text[0] == '-')
    return false;
  if (text == "00000000" || text == "99999999") return true;
  const int year = digits / 10000, month = digits / 100 % 100, day = digits % 100;
  const absl::CivilDay civil(year, month, day);
  return year > 0 && civil.month() == month && civil.day() == day;
}

class Checker {
 public:
  explicit Checker(const formats::Xml& xml) : xml_(xml) {}

  void Element(pugi::xml_node node) {
    const LheoElement* rule = FindLheoElement(node.name());
    if (rule->needs_ref && !node.attribute("ref")) Warn(node, Finding::MISSING_ATTRIBUTE);
    if (rule->kind == LheoElement::kAny) return;
    if (rule->kind == LheoElement::kSequence) return Sequence(node, *rule);
    Leaf(node, *rule, formats::CollapseSpace(node.text().get()));
  }

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  void Warn(pugi::xml_node node, Finding::Reason reason) {
    findings_.push_back(WarningAt(xml_, node, reason));
  }

  void Missing(pugi::xml_node parent, absl::string_view child) {
    Warn(parent, Finding::MISSING);
    absl::StrAppend(findings_.back().mutable_element(), "/", child);
    findings_.back().set_field(std::string(FieldOf(findings_.back().element())));
    findings_.back().clear_value();
  }

  void Sequence(pugi::xml_node node, const LheoElement& rule) {
    std::map<std::string, int> seen;
    int order = 0;
    bool ordered = true;
    for (pugi::xml_node child : node.children()) {
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
        Warn(node, Finding::UNEXPECTED_TEXT);
      if (child.type() != pugi::node_element) continue;
      const int place = rule.OrderOf(child.name());
      if (place < 0) {
        Warn(child, Finding::UNKNOWN_ELEMENT);
        continue;
      }
      if (place < order && ordered) Warn(child, Finding::WRONG_ORDER), ordered = false;
      order = std::max(order, place);
      if (seen[child.name()]++ == MostOf(rule, place)) Warn(child, Finding::TOO_MANY);
      Element(child);
    }
    const bool empty = seen.empty() && !node.first_child();
    if (empty) Warn(node, Finding::MISSING);
    for (const LheoChild& child : rule.children) {
      if (!empty && seen[child.name] < child.least) Missing(node, child.name);
    }
    if (absl::string_view(node.name()) == "periode") Period(node);
    if (absl::string_view(node.name()) == "action") Hours(node);
  }

  static int MostOf(const LheoElement& rule, int place) {
    const auto index = static_cast<size_t>(place);
    return index < rule.children.size() ? rule.children[index].most : kLheoUnbounded - 1;
  }

  void Leaf(pugi::xml_node node, const LheoElement& rule, const std::string& text) {
    if (formats::IsFiller(text)) {
      if (!text.empty() || rule.least > 0 || rule.kind != LheoElement::kText) {
        Warn(node, text.empty() ? Finding::MISSING : Finding::PLACEHOLDER);
      }
      return;
    }
    switch (rule.kind) {
      case LheoElement::kText:
        return Text(node, rule, text);
      case LheoElement::kNumber:
        return Number(node, rule, text);
      case LheoElement::kDate:
        if (!IsDate(text)) Warn(node, Finding::NOT_A_DATE);
        return;
      default:
        return Key(node, rule, text);
    }
  }

  void Text(pugi::xml_node node, const LheoElement& rule, const std::string& text) {
    if (formats::LooksLikeHtml(text)) Warn(node, Finding::ESCAPED_HTML);
    if (auto* check = CodeOf(node.name()); check != nullptr) {
      const CodeCheck found = check(text);
      if (!found.ok()) return Warn(node, ReasonOfCode(found.reason));
    }
    const int length = formats::Characters(text);
    if (length > rule.most) Warn(node, Finding::TOO_LONG);
    if (length < rule.least) Warn(node, Finding::TOO_SHORT);
  }

  void Number(pugi::xml_node node, const LheoElement& rule, const std::string& text) {
    int number = 0;
    if (!absl::SimpleAtoi(text, &number) || number < rule.least || number > rule.most)
      Warn(node, Finding::NOT_A_NUMBER);
  }

  void Key(pugi::xml_node node, const LheoElement& rule, const std::string& text) {
    if (std::find(rule.keys.begin(), rule.keys.end(), text) == rule.keys.end())
      return Warn(node, Finding::NOT_IN_TABLE);
    const bool level = absl::StartsWith(node.name(), "code-niveau-");
    if (level && text.size() == 1 && text > "1") Warn(node, Finding::OLD_LEVEL);
  }

  // Both ends are eight digits, so their order is that of their texts.
  void Period(pugi::xml_node node) {
    const std::string begin = formats::CollapseSpace(node.child("debut").text().get());
    const std::string end = formats::CollapseSpace(node.child("fin").text().get());
    if (IsDate(begin) && IsDate(end) && end < begin)
      Warn(node.child("fin"), Finding::END_BEFORE_START);
  }

  void Hours(pugi::xml_node action) {
    const pugi::xml_node total = action.child("nombre-heures-total"),
                         centre = action.child("nombre-heures-centre");
    const int sum =
        centre.text().as_int() + action.child("nombre-heures-entreprise").text().as_int();
    if (total && centre && total.text().as_int() != sum) Warn(total, Finding::SUM_DIFFERS);
  }

  const formats::Xml& xml_;
  std::vector<Finding> findings_;
};

}  // namespace

Finding::Reason ReasonOfCode(CodeCheck::Reason reason) {
  Finding::Reason result = Finding::REASON_UNSPECIFIED;
  Finding::Reason_Parse(std::string(formats::ReasonName(reason)), &result);
  return result;
}

Finding WarningAt(const formats::Xml& xml, pugi::xml_node node, Finding::Reason reason) {
  Finding finding;
  finding.set_severity(Finding::WARNING);
  finding.set_reason(reason);
  finding.set_element(formats::PathOf(node));
  finding.set_field(std::string(FieldOf(finding.element())));
  const formats::Place place = xml.PlaceOf(node);
  finding.set_line(place.line);
  finding.set_column(place.column);
  if (!NamesPerson(node.name())) {
    finding.set_value(
        formats::Shorten(formats::CollapseSpace(node.text().get()), kValueCharactersMax));
  }
  return finding;
}

std::vector<Finding> CheckFormation(const formats::Xml& xml, pugi::xml_node formation) {
  Checker checker(xml);
  checker.Element(formation);
  return checker.Take();
}

}  // namespace vivier::curriculum
