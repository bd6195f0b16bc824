#include "services/curriculum/lheo.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/curriculum/lheo_check.h"
#include "services/curriculum/lheo_map.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/formats/text.h"
#include "shared/formats/xml.h"

namespace vivier::curriculum {
namespace {

using formats::Xml;
using pugi::xml_node;
using v1::Finding;

constexpr const char* kNamespace23 = "http://lheo.gouv.fr/2.3";
constexpr const char* kNamespace22 = "http://www.lheo.org/2.2";

struct Bytes : pugi::xml_writer {
  std::string text;
  void write(const void* data, size_t size) override {
    text.append(static_cast<const char*>(data), size);
  }
};

std::string Print(xml_node node) {
  Bytes bytes;
  node.print(bytes, "", pugi::format_raw, pugi::encoding_utf8);
  return std::move(bytes.text);
}

absl::Status NotLheo(const Xml& xml, xml_node node, absl::string_view what,
                     absl::string_view found) {
  const formats::Place place = xml.PlaceOf(node);
  return Error(absl::StatusCode::kInvalidArgument, v1::Reason_Name(v1::NOT_LHEO),
               absl::StrCat("line ", place.line, ", column ", place.column, ": ", what),
               {{"line", absl::StrCat(place.line)},
                {"column", absl::StrCat(place.column)},
                {"found", formats::Shorten(found, 80)}});
}

// The prefix of the root's name with its colon, "lheo:" or "".
std::string PrefixOf(xml_node root) {
  const absl::string_view name = root.name();
  return std::string(name.substr(0, name.size() - formats::LocalName(name).size()));
}

void DropPrefix(xml_node node, const std::string& prefix) {
  if (absl::StartsWith(node.name(), prefix))
    node.set_name(std::string(formats::LocalName(node.name())).c_str());
  for (xml_node child : node.children()) DropPrefix(child, prefix);
}

// Finds which version the document follows and takes LHÉO's prefix away.
absl::StatusOr<std::string> Version(const Xml& xml, std::vector<Finding>& findings) {
  xml_node root = xml.root();
  const std::string prefix = PrefixOf(root);
  if (formats::LocalName(root.name()) != "lheo")
    return NotLheo(xml, root, "the root is not <lheo>", root.name());
  const std::string declaration =
      prefix.empty() ? "xmlns" : "xmlns:" + prefix.substr(0, prefix.size() - 1);
  const std::string space = root.attribute(declaration.c_str()).value();
  if (space.empty()) {
    findings.push_back(WarningAt(xml, root, Finding::NAMESPACE_MISSING));
  } else if (space != kNamespace23 && space != kNamespace22) {
    return NotLheo(xml, root, "a namespace that is neither LHÉO 2.2 nor 2.3", space);
  }
  if (!prefix.empty()) DropPrefix(root, prefix);
  return std::string(space == kNamespace22 ? "2.2" : "2.3");
}

// Foreign namespaces that the document declares above the formation go with it, so that its extras
// keep their meaning.
void CopyNamespaces(xml_node formation) {
  for (xml_node above = formation.parent(); above; above = above.parent()) {
    for (pugi::xml_attribute attribute : above.attributes()) {
      const std::string space = attribute.value();
      const bool foreign = absl::StartsWith(attribute.name(), "xmlns:") && space != kNamespace22 &&
                           space != kNamespace23;
      if (foreign && !formation.attribute(attribute.name())) formation.append_copy(attribute);
    }
  }
}

void Refuse(const Xml& xml, xml_node node, Finding::Reason reason, const char* field,
            LheoFormation& formation) {
  Finding finding = WarningAt(xml, node, reason);
  finding.set_severity(Finding::ERROR);
  finding.set_field(field);
  formation.findings.insert(formation.findings.begin(), std::move(finding));
}

std::string KeyOf(xml_node node, const v1::Programme& programme) {
  std::string number = node.attribute("numero").value();
  if (number.empty())
    number = formats::CollapseSpace(node.child("identifiant-module").text().get());
  return absl::StrCat(programme.training_body().siret(), "\n",
                      number.empty() ? programme.title() : number);
}

LheoFormation ReadOne(const Xml& xml, xml_node node) {
  LheoFormation formation;
  formation.line = xml.PlaceOf(node).line;
  formation.findings = CheckFormation(xml, node);
  ReadFormation(node, formation.programme);
  formation.title = formation.programme.title();
  formation.key = KeyOf(node, formation.programme);
  CopyNamespaces(node);
  formation.programme.set_lheo_extras(Print(node));
  if (formation.title.empty()) Refuse(xml, node, Finding::MISSING, "title", formation);
  if (formation.programme.lheo_extras().size() > kLheoFormationBytesMax) {
    Refuse(xml, node, Finding::TOO_LONG, "lheo_extras", formation);
  }
  return formation;
}

}  // namespace

bool LheoFormation::accepted() const {
  for (const Finding& finding : findings) {
    if (finding.severity() == Finding::ERROR) return false;
  }
  return true;
}

absl::StatusOr<LheoDocument> ReadLheo(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const Xml xml, Xml::Parse(bytes));
  LheoDocument document;
  ASSIGN_OR_RETURN(document.version, Version(xml, document.findings));
  const xml_node offers = xml.root().child("offres");
  if (!offers.child("formation"))
    return NotLheo(xml, xml.root(), "no <offres> with a <formation>", "");
  for (xml_node beside : xml.root().children()) {
    if (beside.type() == pugi::node_element && beside != offers) {
      document.findings.push_back(WarningAt(xml, beside, Finding::UNKNOWN_ELEMENT));
    }
  }
  std::set<std::string> keys;
  for (xml_node node : offers.children()) {
    if (node.type() != pugi::node_element) continue;
    if (absl::string_view(node.name()) != "formation") {
      document.findings.push_back(WarningAt(xml, node, Finding::UNKNOWN_ELEMENT));
      continue;
    }
    document.formations.push_back(ReadOne(xml, node));
    LheoFormation& formation = document.formations.back();
    if (!keys.insert(formation.key).second) Refuse(xml, node, Finding::DUPLICATE, "", formation);
    if (document.formations.size() > kLheoFormationsMax) {
      return Error(absl::StatusCode::kInvalidArgument, v1::Reason_Name(v1::TOO_MANY_FORMATIONS),
                   absl::StrCat("more than ", kLheoFormationsMax, " formations"));
    }
  }
  return document;
}

std::string WriteLheo(const std::vector<v1::Programme>& programmes) {
  pugi::xml_document document;
  xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version").set_value("1.0");
  declaration.append_attribute("encoding").set_value("UTF-8");
  xml_node root = document.append_child("lheo");
  root.append_attribute("xmlns").set_value(kNamespace23);
  xml_node offers = root.append_child("offres");
  for (const v1::Programme& programme : programmes) {
    const std::string& extras = programme.lheo_extras();
    xml_node formation;
    if (extras.empty() || !offers.append_buffer(extras.data(), extras.size(),
                                                pugi::parse_default | pugi::parse_comments)) {
      formation = offers.append_child("formation");
    } else {
      formation = offers.last_child();
    }
    WriteFormation(programme, formation);
  }
  Bytes bytes;
  document.save(bytes, " ", pugi::format_indent, pugi::encoding_utf8);
  return std::move(bytes.text);
}

void TakeOver(const v1::Programme& before, const v1::Programme& after, v1::Programme& mine) {
  using google::protobuf::util::MessageDifferencer;
  const google::protobuf::Reflection& reflection = *mine.GetReflection();
  for (int i = 0; i < mine.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = mine.GetDescriptor()->field(i);
    v1::Programme new_part = after;
    MessageDifferencer differencer;
    std::vector<const google::protobuf::FieldDescriptor*> only = {field};
    if (differencer.CompareWithFields(before, after, only, only)) continue;
    reflection.SwapFields(&mine, &new_part, {field});
  }
}

v1::Programme ReadExtras(const std::string& lheo_extras) {
  v1::Programme programme;
  pugi::xml_document document;
  if (document.load_buffer(lheo_extras.data(), lheo_extras.size()))
    ReadFormation(document.document_element(), programme);
  programme.set_lheo_extras(lheo_extras);
  return programme;
}

}  // namespace vivier::curriculum
