#include "services/curriculum/lheo_map.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "services/curriculum/lheo_grammar.h"
#include "shared/formats/text.h"

namespace vivier::curriculum {
namespace {

using google::protobuf::RepeatedPtrField;
using pugi::xml_node;

constexpr int kMinutesPerHour = 60;
constexpr const char* kThesaurusVersion =
    "V14";  // of Formacode, where a new code has no other beside it
constexpr const char* kNoSession =
    "vivier-no-session";                          // the info of a session that stands for none
constexpr const char* kModule = "vivier-module";  // the info of the extras that hold our modules

// What a mandatory text says when there is nothing to say, as LHÉO files have it.
enum class WhenEmpty { kAbsent, kFiller };

// The child of this name, put where LHÉO's order wants it when there is none, or always when
// `another`.
xml_node Ensure(xml_node parent, const std::string& name, bool another = false) {
  if (xml_node found = parent.child(name.c_str()); found && !another) return found;
  const LheoElement* rule = FindLheoElement(parent.name());
  const int place = rule == nullptr ? 0 : rule->OrderOf(name);
  for (xml_node next : parent.children()) {
    if (rule != nullptr && rule->OrderOf(next.name()) > place)
      return parent.insert_child_before(name.c_str(), next);
  }
  return parent.append_child(name.c_str());
}

// Takes `node` away, and the elements around it that are empty then, up to `base`.
void Remove(xml_node base, xml_node node) {
  while (node != base && !node.first_child()) {
    xml_node parent = node.parent();
    parent.remove_child(node);
    node = parent;
  }
}

// A walk through one formation in one direction. Paths are relative, their parts separated by "/".
class Mapping {
 public:
  explicit Mapping(bool writes) : writes_(writes) {}

  bool writes() const { return writes_; }

  void Text(xml_node base, absl::string_view path, std::string* field, int characters_max,
            WhenEmpty when_empty = WhenEmpty::kAbsent) const {
    xml_node node = Find(base, path);
    std::string held = TextOf(node, characters_max);
    if (!writes_) {
      *field = std::move(held);
    } else if (held != *field || (!node && when_empty == WhenEmpty::kFiller)) {
      Put(base, path, field->empty() && when_empty == WhenEmpty::kFiller ? "-" : *field);
    }
  }

  void Texts(xml_node base, absl::string_view path, RepeatedPtrField<std::string>* field,
             int items_max, int characters_max) const {
    RepeatedPtrField<std::string> held;
    std::vector<xml_node> nodes;
    const xml_node first = Find(base, path);
    for (xml_node node = first; node && held.size() < items_max;
         node = node.next_sibling(node.name())) {
      nodes.push_back(node);
      if (std::string text = TextOf(node, characters_max); !text.empty())
        *held.Add() = std::move(text);
    }
    if (!writes_) {
      *field = std::move(held);
    } else if (!std::equal(held.begin(), held.end(), field->begin(), field->end())) {
      PutAll(base, path, *field, nodes);
    }
  }

  void Flag(xml_node base, absl::string_view path, bool* field) const {
    xml_node node = Find(base, path);
    const bool held = TextOf(node, 1) == "1";
    if (!writes_) {
      *field = held;
    } else if (!node || held != *field) {
      Put(base, path, *field ? "1" : "0");
    }
  }

  // A key of a table; `value_of` and `key_of` translate, 0 standing for an unknown key and for no
  // field. A key without a value of ours stays as long as the field has none.
  void Key(xml_node base, absl::string_view path, const std::function<int(int)>& value_of,
           const std::function<int(int)>& key_of, const std::function<void(int)>& set, int field,
           bool mandatory) const {
    int key = -1;
    const bool number = absl::SimpleAtoi(TextOf(Find(base, path), 10), &key);
    const int held = number ? value_of(key) : 0;
    if (!writes_) {
      set(held);
    } else if (held != field || (mandatory && !number)) {
      Put(base, path, field == 0 && !mandatory ? "" : absl::StrCat(key_of(field)));
    }
  }

  void Date(xml_node base, absl::string_view path, google::type::Date* field, bool present,
            const char* sentinel, const std::function<void()>& clear) const {
    google::type::Date held;
    const bool dated = ReadDate(TextOf(Find(base, path), 8), held);
    if (!writes_) {
      if (dated) *field = held;
      if (!dated) clear();
    } else if (dated != present || (dated && Compact(held) != Compact(*field))) {
      Put(base, path, present ? Compact(*field) : sentinel);
    } else if (!Find(base, path)) {
      Put(base, path, sentinel);
    }
  }

  // Pairs the elements of `parent` that have this name and satisfy `counts` with the messages of
  // `field`.
  template <class M, class Each>
  void Pairs(xml_node parent, const char* name, RepeatedPtrField<M>* field, int items_max,
             const std::function<bool(xml_node)>& counts,
             const std::function<void(xml_node)>& prepare, const Each& each) const {
    std::vector<xml_node> nodes;
    for (xml_node node : parent.children(name)) {
      if (static_cast<int>(nodes.size()) < items_max && counts(node)) nodes.push_back(node);
    }
    if (!writes_) {
      field->Clear();
      for (size_t i = 0; i < nodes.size(); ++i) field->Add();
    }
    for (; nodes.size() > static_cast<size_t>(field->size()); nodes.pop_back())
      parent.remove_child(nodes.back());
    while (nodes.size() < static_cast<size_t>(field->size())) {
      nodes.push_back(nodes.empty() ? Ensure(parent, name, true)
                                    : parent.insert_child_after(name, nodes.back()));
      prepare(nodes.back());
    }
    for (size_t i = 0; i < nodes.size(); ++i) each(nodes[i], field->Mutable(static_cast<int>(i)));
  }

  // The element at `path`; made when writing something there.
  xml_node Enter(xml_node base, absl::string_view path, bool needed) const {
    if (!writes_ || !needed) return Find(base, path);
    return Make(base, path);
  }

 private:
  static xml_node Find(xml_node base, absl::string_view path) {
    for (absl::string_view part : absl::StrSplit(path, '/'))
      base = base.child(std::string(part).c_str());
    return base;
  }

  static xml_node Make(xml_node base, absl::string_view path) {
    for (absl::string_view part : absl::StrSplit(path, '/')) base = Ensure(base, std::string(part));
    return base;
  }

  static std::string TextOf(xml_node node, int characters_max) {
    std::string text = PlainText(node.text().get());
    if (formats::IsFiller(text)) return "";
    // What was cut may end in a space.
    if (formats::Characters(text) > characters_max)
      text = PlainText(formats::Shorten(text, characters_max));
    return text;
  }

  static void Put(xml_node base, absl::string_view path, const std::string& text) {
    if (text.empty()) {
      if (xml_node node = Find(base, path); node) {
        node.remove_children();
        Remove(base, node);
      }
      return;
    }
    xml_node node = Make(base, path);
    node.remove_children();
    node.append_child(pugi::node_pcdata).set_value(text.c_str());
    AddThesaurusVersion(node, kThesaurusVersion);
  }

  static void AddThesaurusVersion(xml_node node, const char* version) {
    const LheoElement* rule = FindLheoElement(node.name());
    if (rule != nullptr && rule->needs_ref && !node.attribute("ref"))
      node.append_attribute("ref").set_value(version);
  }

  static void PutAll(xml_node base, absl::string_view path,
                     const RepeatedPtrField<std::string>& texts, const std::vector<xml_node>& old) {
    const std::string version = old.empty() ? "" : old.front().attribute("ref").value();
    const size_t slash = path.rfind('/');
    const std::string leaf(slash == absl::string_view::npos ? path : path.substr(slash + 1));
    for (xml_node node : old) {
      xml_node parent = node.parent();
      parent.remove_child(node);
      if (texts.empty() && parent != base && node == old.back()) Remove(base, parent);
    }
    if (texts.empty()) return;
    xml_node parent = slash == absl::string_view::npos ? base : Make(base, path.substr(0, slash));
    xml_node last;
    for (const std::string& text : texts) {
      last = last ? parent.insert_child_after(leaf.c_str(), last) : Ensure(parent, leaf, true);
      last.append_child(pugi::node_pcdata).set_value(text.c_str());
      AddThesaurusVersion(last, version.empty() ? kThesaurusVersion : version.c_str());
    }
  }

  static bool ReadDate(const std::string& text, google::type::Date& date) {
    int digits = 0;
    if (text.size() != 8 || !absl::SimpleAtoi(text, &digits)) return false;
    const absl::CivilDay day(digits / 10000, digits / 100 % 100, digits % 100);
    date.set_year(digits / 10000), date.set_month(digits / 100 % 100), date.set_day(digits % 100);
    return date.year() > 0 && day.month() == date.month() && day.day() == date.day();
  }

  static std::string Compact(const google::type::Date& date) {
    return absl::StrFormat("%04d%02d%02d", date.year(), date.month(), date.day());
  }

  bool writes_;
};

int LevelOfKey(int key) {
  if (key == 1) return v1::NO_SPECIFIC_LEVEL;
  if (key >= 11 && key <= 18) return key - 10;
  return key >= 2 && key <= 8 ? key - 1 : 0;  // the scale of 1969, VI to I
}

int KeyOfLevel(int level) {
  return level == v1::NO_SPECIFIC_LEVEL ? 1 : level == 0 ? 0 : level + 10;
}

void MapLevel(const Mapping& map, xml_node base, const char* path, v1::EducationLevel level,
              const std::function<void(v1::EducationLevel)>& set, bool mandatory) {
  map.Key(
      base, path, LevelOfKey, KeyOfLevel,
      [&](int value) { set(static_cast<v1::EducationLevel>(value)); }, level, mandatory);
}

void MapAddress(const Mapping& map, xml_node adresse, v1::Address* address) {
  map.Texts(adresse, "ligne", address->mutable_lines(), 4, 50);
  map.Text(adresse, "codepostal", address->mutable_postal_code(), 5);
  map.Text(adresse, "ville", address->mutable_town(), 50);
  map.Text(adresse, "code-INSEE-commune", address->mutable_commune_code(), 5);
}

bool Says(const google::protobuf::Message& message) { return message.ByteSizeLong() > 0; }

void MapContact(const Mapping& map, xml_node base, absl::string_view path, v1::Contact* contact) {
  xml_node node = map.Enter(base, path, Says(*contact));
  MapAddress(map, map.Enter(node, "adresse", Says(contact->address())), contact->mutable_address());
  map.Texts(node, "telfixe/numtel", contact->mutable_phones(), 3, 25);
  map.Text(node, "courriel", contact->mutable_email(), 160);
  map.Texts(node, "web/urlweb", contact->mutable_urls(), 3, 400);
}

bool Always(xml_node) { return true; }
void AsItIs(xml_node) {}

void MapCertifications(const Mapping& map, xml_node formation, v1::Programme* programme) {
  map.Pairs(formation, "certification", programme->mutable_certifications(), 5, Always, AsItIs,
            [&](xml_node node, v1::Certification* certification) {
              map.Text(node, "code-RNCP", certification->mutable_rncp_code(), 10);
              map.Text(node, "code-CERTIFINFO", certification->mutable_certifinfo_code(), 10);
              map.Text(node, "code-RS", certification->mutable_rs_code(), 10);
              map.Text(node, "code-CPF", certification->mutable_cpf_code(), 10);
            });
}

void MapBody(const Mapping& map, xml_node formation, v1::TrainingBody* body) {
  xml_node node = map.Enter(formation, "organisme-formation-responsable", Says(*body));
  map.Text(node, "numero-activite", body->mutable_activity_number(), 11);
  map.Text(node, "SIRET-organisme-formation/SIRET", body->mutable_siret(), 14);
  map.Text(node, "nom-organisme", body->mutable_title(), 250);
  map.Text(node, "raison-sociale", body->mutable_legal_name(), 250);
  MapContact(map, node, "coordonnees-organisme/coordonnees", body->mutable_seat());
  MapContact(map, node, "contact-organisme/coordonnees", body->mutable_contact());
  map.Text(node, "code-UAI-organisme-formation/code-UAI", body->mutable_uai(), 8);
}

// Not the session that we write because LHÉO wants one.
bool IsAnnounced(xml_node session) {
  return std::string(session.attribute("info").value()) != kNoSession;
}

void MapSessions(const Mapping& map, xml_node action, v1::Delivery* delivery) {
  map.Pairs(
      action, "session", delivery->mutable_sessions(), 100, IsAnnounced, AsItIs,
      [&](xml_node node, v1::Session* session) {
        xml_node period = map.Enter(node, "periode", true);
        map.Date(period, "debut", session->mutable_start_date(), Says(session->start_date()),
                 "00000000", [session] { session->clear_start_date(); });
        map.Date(period, "fin", session->mutable_end_date(), Says(session->end_date()), "99999999",
                 [session] { session->clear_end_date(); });
        MapAddress(
            map, map.Enter(node, "adresse-inscription/adresse", Says(session->enrolment_address())),
            session->mutable_enrolment_address());
      });
  if (!map.writes()) return;
  for (xml_node session = action.child("session"), next; session && delivery->sessions_size() > 0;
       session = next) {
    next = session.next_sibling("session");
    if (!IsAnnounced(session)) action.remove_child(session);
  }
  if (action.child("session")) return;
  xml_node session = Ensure(action, "session");
  session.append_attribute("info").set_value(kNoSession);
  Ensure(session, "periode").append_child("debut").text().set("00000000");
  session.child("periode").append_child("fin").text().set("99999999");
  MapAddress(map, map.Enter(session, "adresse-inscription/adresse", true),
             delivery->mutable_place()->mutable_address());
}

int WholeNumber(xml_node node) {
  int number = 0;
  return absl::SimpleAtoi(formats::CollapseSpace(node.text().get()), &number) && number >= 0 &&
                 number <= 99999
             ? number
             : 0;
}

// LHÉO counts whole hours. Where only the total is given, the rest of it is taught.
void MapHours(const Mapping& map, xml_node action, v1::Delivery* delivery) {
  const xml_node centre = action.child("nombre-heures-centre"),
                 total = action.child("nombre-heures-total");
  const int company = WholeNumber(action.child("nombre-heures-entreprise"));
  const int taught = centre ? WholeNumber(centre) : std::max(0, WholeNumber(total) - company);
  if (!map.writes()) {
    delivery->set_taught_minutes(taught * kMinutesPerHour);
    delivery->set_company_minutes(company * kMinutesPerHour);
    return;
  }
  if (taught * kMinutesPerHour == delivery->taught_minutes() &&
      company * kMinutesPerHour == delivery->company_minutes()) {
    return;
  }
  const int taught_hours = (delivery->taught_minutes() + kMinutesPerHour / 2) / kMinutesPerHour;
  const int company_hours = (delivery->company_minutes() + kMinutesPerHour / 2) / kMinutesPerHour;
  Ensure(action, "nombre-heures-centre").text().set(taught_hours);
  Ensure(action, "nombre-heures-entreprise").text().set(company_hours);
  Ensure(action, "nombre-heures-total").text().set(taught_hours + company_hours);
}

void MapDelivery(const Mapping& map, xml_node formation, v1::Delivery* delivery) {
  xml_node action = map.Enter(formation, "action", true);
  map.Text(action, "rythme-formation", delivery->mutable_rhythm(), 3000);
  map.Texts(action, "code-public-vise", delivery->mutable_public_codes(), 10, 5);
  bool flag = delivery->entry_level_required();
  map.Flag(action, "niveau-entree-obligatoire", &flag), delivery->set_entry_level_required(flag);
  map.Text(action, "modalites-alternance", delivery->mutable_work_study_terms(), 3000,
           WhenEmpty::kFiller);
  map.Key(
      action, "modalites-enseignement", [](int key) { return key >= 0 && key <= 2 ? key + 1 : 0; },
      [](int mode) { return std::max(mode - 1, 0); },
      [&](int mode) { delivery->set_mode(static_cast<v1::Delivery::Mode>(mode)); },
      delivery->mode(), false);
  map.Text(action, "conditions-specifiques", delivery->mutable_conditions(), 3000,
           WhenEmpty::kFiller);
  flag = delivery->costs_may_be_borne();
  map.Flag(action, "prise-en-charge-frais-possible", &flag), delivery->set_costs_may_be_borne(flag);
  MapContact(map, action, "lieu-de-formation/coordonnees", delivery->mutable_place());
  flag = delivery->permanent_entry();
  map.Flag(action, "modalites-entrees-sorties", &flag), delivery->set_permanent_entry(flag);
  MapSessions(map, action, delivery);
  MapHours(map, action, delivery);
}

// Blocks belong to a session in LHÉO; those of the first session are the programme's.
void MapBlocks(const Mapping& map, xml_node formation, v1::Programme* programme) {
  xml_node holder =
      map.Enter(formation, "action/session/blocs-competences", programme->blocks_size() > 0);
  const bool fresh = map.writes() && holder && !holder.first_child();
  if (fresh) {
    Ensure(holder, "validation-blocs").text().set("1");
    xml_node reference = Ensure(holder, "reference-certification");
    const std::string code =
        programme->certifications_size() > 0 ? programme->certifications(0).rncp_code() : "";
    if (!code.empty()) Ensure(reference, "reference-code-RNCP").text().set(code.c_str());
  }
  map.Pairs(holder, "bloc-competences", programme->mutable_blocks(), 40, Always, AsItIs,
            [&](xml_node node, v1::CertificationBlock* block) {
              map.Text(node, "libelle-bloc", block->mutable_title(), 500);
              map.Text(node, "code-bloc", block->mutable_code(), 40);
            });
  if (map.writes() && holder && programme->blocks_size() == 0) holder.parent().remove_child(holder);
}

// The texts of the <extra> elements of `extras` whose info is `info`.
void MapExtras(const Mapping& map, xml_node extras, const char* info,
               RepeatedPtrField<std::string>* texts) {
  RepeatedPtrField<std::string> held;
  for (xml_node extra : extras.children("extra")) {
    if (std::string(extra.attribute("info").value()) == info)
      *held.Add() = PlainText(extra.text().get());
  }
  if (!map.writes()) return texts->Swap(&held);
  if (std::equal(held.begin(), held.end(), texts->begin(), texts->end())) return;
  for (xml_node extra = extras.child("extra"), next; extra; extra = next) {
    next = extra.next_sibling("extra");
    if (std::string(extra.attribute("info").value()) == info) extras.remove_child(extra);
  }
  for (const std::string& text : *texts) {
    xml_node extra = extras.append_child("extra");
    extra.append_attribute("info").set_value(info);
    extra.text().set(text.c_str());
  }
}

void MapExtra(const Mapping& map, xml_node extras, const char* info, std::string* text) {
  RepeatedPtrField<std::string> texts;
  if (!text->empty()) *texts.Add() = *text;
  MapExtras(map, extras, info, &texts);
  if (!map.writes()) *text = texts.empty() ? "" : texts[0];
}

// LHÉO has no modules with hours: ours travel as extras, which every reader keeps or ignores.
void MapModules(const Mapping& map, xml_node formation, v1::Programme* programme) {
  map.Pairs(
      formation, "extras", programme->mutable_modules(), 200,
      [](xml_node extras) { return std::string(extras.attribute("info").value()) == kModule; },
      [](xml_node extras) { extras.append_attribute("info").set_value(kModule); },
      [&](xml_node extras, v1::Module* module) {
        MapExtra(map, extras, "id", module->mutable_module_id());
        MapExtra(map, extras, "title", module->mutable_title());
        std::string minutes = module->minutes() == 0 ? "" : absl::StrCat(module->minutes());
        MapExtra(map, extras, "minutes", &minutes);
        int number = 0;
        module->set_minutes(
            absl::SimpleAtoi(minutes, &number) && number > 0 && number <= 600'000 ? number : 0);
        MapExtras(map, extras, "skill", module->mutable_skills());
        MapExtras(map, extras, "block", module->mutable_block_codes());
      });
}

void Map(const Mapping& map, xml_node formation, v1::Programme* programme) {
  map.Texts(formation, "domaine-formation/code-FORMACODE", programme->mutable_formacodes(), 5, 5);
  map.Texts(formation, "domaine-formation/code-NSF", programme->mutable_nsf_codes(), 3, 4);
  map.Texts(formation, "domaine-formation/code-ROME", programme->mutable_rome_codes(), 5, 5);
  map.Text(formation, "intitule-formation", programme->mutable_title(), 255);
  map.Text(formation, "objectif-formation", programme->mutable_objective(), 3000);
  map.Text(formation, "resultats-attendus", programme->mutable_expected_results(), 3000);
  map.Text(formation, "contenu-formation", programme->mutable_content(), 3000);
  bool certifying = programme->certifying();
  map.Flag(formation, "certifiante", &certifying), programme->set_certifying(certifying);
  MapContact(map, formation, "contact-formation/coordonnees", programme->mutable_contact());
  map.Key(
      formation, "parcours-de-formation", [](int key) { return key >= 1 && key <= 4 ? key : 0; },
      [](int pathway) { return pathway; },
      [&](int pathway) { programme->set_pathway(static_cast<v1::Programme::Pathway>(pathway)); },
      programme->pathway(), false);
  MapLevel(
      map, formation, "code-niveau-entree", programme->entry_level(),
      [&](v1::EducationLevel level) { programme->set_entry_level(level); }, true);
  MapCertifications(map, formation, programme);
  MapLevel(
      map, formation, "code-niveau-sortie", programme->exit_level(),
      [&](v1::EducationLevel level) { programme->set_exit_level(level); }, false);
  map.Texts(formation, "url-formation/urlweb", programme->mutable_urls(), 3, 400);
  MapBody(map, formation, programme->mutable_training_body());
  MapDelivery(map, formation, programme->mutable_delivery());
  MapBlocks(map, formation, programme);
  MapModules(map, formation, programme);
}

// Clears the messages that say nothing, so that absent and empty are one thing.
void Prune(google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Prune(*reflection.MutableRepeatedMessage(&message, field, i));
      }
      continue;
    }
    google::protobuf::Message& part = *reflection.MutableMessage(&message, field);
    Prune(part);
    if (!Says(part)) reflection.ClearField(&message, field);
  }
}

}  // namespace

std::string PlainText(absl::string_view text) {
  std::string plain(absl::StripAsciiWhitespace(text));
  while (formats::LooksLikeHtml(plain)) plain = formats::HtmlToText(plain);
  return plain;
}

void ReadFormation(xml_node formation, v1::Programme& programme) {
  Map(Mapping(false), formation, &programme);
  Prune(programme);
}

void WriteFormation(const v1::Programme& programme, xml_node formation) {
  v1::Programme copy = programme;  // the mapping takes fields by pointer, and writing changes none
  Map(Mapping(true), formation, &copy);
}

}  // namespace vivier::curriculum
