#include "services/curriculum/lheo_map.h"

#include <algorithm>
#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/curriculum/lheo_mapping.h"
#include "shared/formats/text.h"

namespace vivier::curriculum {
namespace {

constexpr int kMinutesPerHour = 60;
constexpr const char* kNoSession =
    "vivier-no-session";                          // the info of a session that stands for none
constexpr const char* kModule = "vivier-module";  // the info of the extras that hold our modules

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

void ReadFormation(xml_node formation, v1::Programme& programme) {
  Map(Mapping(false), formation, &programme);
  Prune(programme);
}

void WriteFormation(const v1::Programme& programme, xml_node formation) {
  v1::Programme copy = programme;  // the mapping takes fields by pointer, and writing changes none
  Map(Mapping(true), formation, &copy);
}

}  // namespace vivier::curriculum
