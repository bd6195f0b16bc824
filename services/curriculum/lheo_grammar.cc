// Built from the element names, cardinalities, lengths and tables of LHÉO 2.3
// (https://lheo.gouv.fr), which 2.2 documents satisfy too. Only what is reachable from <lheo> is
// here.
#include "services/curriculum/lheo_grammar.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace vivier::curriculum {
namespace {

// One element a line: kind, name, "=", and then
//   sequence: its children in order; ? + * {a,b} as in regular expressions, nothing for exactly one
//   text:     least..most characters, "@ref" where the attribute ref is mandatory
//   number:   least..most
//   key:      the keys of its table
// <extras> may follow in every sequence.
constexpr absl::string_view kGrammar = R"(
sequence lheo = offres
sequence offres = formation+
any extras =
sequence formation = domaine-formation intitule-formation objectif-formation resultats-attendus
  contenu-formation certifiante contact-formation+ parcours-de-formation code-niveau-entree
  objectif-general-formation? certification{0,5} code-type-formation{0,5} code-niveau-sortie?
  url-formation? action+ organisme-formation-responsable identifiant-module? positionnement?
  sous-modules? modules-prerequis?
sequence domaine-formation = code-FORMACODE{0,5} code-NSF{0,3} code-ROME{0,5}
text intitule-formation = 1..255
text objectif-formation = 1..3000
text resultats-attendus = 1..3000
text contenu-formation = 1..3000
key certifiante = 0 1
sequence contact-formation = type-contact? coordonnees
key parcours-de-formation = 1 2 3 4
key code-niveau-entree = 0 1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18
key objectif-general-formation = 1 2 3 4 5 6 7 8 9
sequence certification = code-RNCP? code-CERTIFINFO? code-RS? code-CPF? reference-code-FORMACODE?
sequence code-type-formation = code-CPF? code-ELU?
key code-niveau-sortie = 0 1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18
sequence url-formation = urlweb{1,3}
sequence action = rythme-formation code-public-vise{1,10} info-public-vise?
  niveau-entree-obligatoire modalites-alternance modalites-enseignement conditions-specifiques
  prise-en-charge-frais-possible lieu-de-formation* modalites-entrees-sorties url-action?
  duree-cycle? session+ adresse-information? date-information{0,3} restauration? hebergement?
  transport? acces-handicapes? langue-formation{0,5} modalites-recrutement? modalites-pedagogiques?
  code-modalite-pedagogique{0,5} equipement* frais-restants? code-perimetre-recrutement?
  infos-perimetre-recrutement? prix-horaire-TTC? prix-total-TTC? duree-indicative?
  nombre-heures-centre? nombre-heures-entreprise? nombre-heures-total?
  detail-conditions-prise-en-charge? conventionnement? duree-conventionnee? organisme-formateur*
  organisme-financeur{0,8} enseignement*
sequence organisme-formation-responsable = numero-activite SIRET-organisme-formation nom-organisme
  raison-sociale coordonnees-organisme contact-organisme+ renseignements-specifiques? potentiel?
  code-UAI-organisme-formation?
text identifiant-module = 1..3000
key positionnement = 1 2
sequence sous-modules = sous-module+
sequence modules-prerequis = reference-module+
text code-FORMACODE = 5..5 @ref
text code-NSF = 3..3
text code-ROME = 5..5
key type-contact = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14
sequence coordonnees = civilite? nom? prenom? ligne{0,3} adresse? telfixe? portable? fax? courriel?
  web?
text code-RNCP = 1..10
text code-CERTIFINFO = 1..10
text code-RS = 3..10
text code-CPF = 4..10
text reference-code-FORMACODE = 5..5
text code-ELU = 4..10
text urlweb = 3..400
text rythme-formation = 1..3000
text code-public-vise = 5..5 @ref
text info-public-vise = 1..250
key niveau-entree-obligatoire = 0 1
text modalites-alternance = 1..3000
key modalites-enseignement = 0 1 2
text conditions-specifiques = 1..3000
key prise-en-charge-frais-possible = 0 1
sequence lieu-de-formation = SIRET-lieu-formation? code-UAI-lieu-formation? coordonnees
key modalites-entrees-sorties = 0 1
sequence url-action = urlweb{1,3}
number duree-cycle = 0..99
sequence session = periode adresse-inscription modalites-inscription? periode-inscription?
  etat-recrutement? recrutement* url-session? contact-session* reference-certification{0,5}
  blocs-competences* cycle*
sequence adresse-information = adresse
sequence date-information = date
text restauration = 1..250
text hebergement = 1..250
text transport = 1..250
text acces-handicapes = 1..250
text langue-formation = 2..2
text modalites-recrutement = 0..3000
text modalites-pedagogiques = 0..200
text code-modalite-pedagogique = 5..5 @ref
sequence equipement = type-equipement cout-indicatif-equipement? commentaire?
text frais-restants = 0..200
key code-perimetre-recrutement = 0 1 2 3 4 5 6
text infos-perimetre-recrutement = 0..50
text prix-horaire-TTC = 1..6
text prix-total-TTC = 1..10
text duree-indicative = 0..150
number nombre-heures-centre = 0..99999
number nombre-heures-entreprise = 0..99999
number nombre-heures-total = 0..99999
text detail-conditions-prise-en-charge = 1..600
key conventionnement = 0 1
number duree-conventionnee = 0..99999
sequence organisme-formateur = SIRET-formateur raison-sociale-formateur contact-formateur*
  potentiel? code-UAI-formateur? reference-certification{0,5}
sequence organisme-financeur = code-financeur nb-places-financees?
sequence enseignement = libelle-enseignement type-enseignement obligatoire commentaire?
text numero-activite = 11..11
sequence SIRET-organisme-formation = SIRET
text nom-organisme = 1..250
text raison-sociale = 1..250
sequence coordonnees-organisme = coordonnees
sequence contact-organisme = type-contact? coordonnees
text renseignements-specifiques = 0..3000
sequence potentiel = code-FORMACODE{1,25}
sequence code-UAI-organisme-formation = code-UAI
sequence sous-module = reference-module type-module
text reference-module = 1..3000
text civilite = 1..50
text nom = 1..50
text prenom = 1..50
text ligne = 1..50
sequence adresse = denomination? ligne{1,4} codepostal ville departement? code-INSEE-commune?
  code-INSEE-canton? region? pays? geolocalisation?
sequence telfixe = numtel{1,3}
sequence portable = numtel{1,3}
sequence fax = numtel{1,3}
text courriel = 3..160
sequence web = urlweb{1,3}
sequence SIRET-lieu-formation = SIRET
sequence code-UAI-lieu-formation = code-UAI
sequence periode = debut fin
sequence adresse-inscription = adresse
text modalites-inscription = 1..255
sequence periode-inscription = periode
key etat-recrutement = 1 2 3
sequence recrutement = modalite-recrutement code-perimetre-recrutement? infos-perimetre-recrutement?
  a-distance? adresse? urlweb? nb-places? periode? heure-debut? heure-fin? commentaire?
sequence url-session = urlweb{1,3}
sequence contact-session = type-contact? coordonnees
sequence reference-certification = reference-code-RNCP? reference-code-CERTIFINFO?
  reference-code-RS?
sequence blocs-competences = validation-blocs reference-certification bloc-competences+
sequence cycle = type-cycle annee-cycle* effectif-minimal? capacite-simultanee? capacite-cumulee?
  alternance?
date date =
key type-equipement = 0 1 2 3 4 5 6 7 8 9 10 11
number cout-indicatif-equipement = 0..99999
text commentaire = 1..500
sequence SIRET-formateur = SIRET
text raison-sociale-formateur = 0..250
sequence contact-formateur = type-contact? coordonnees
sequence code-UAI-formateur = code-UAI
key code-financeur = 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
number nb-places-financees = 0..99999
text libelle-enseignement = 1..255
key type-enseignement = 1 2 3 4 5 6 7 8 9 10
key obligatoire = 0 1
text SIRET = 14..14
text code-UAI = 8..8
key type-module = 0 1 2
text denomination = 1..255
text codepostal = 5..5
text ville = 1..50
text departement = 2..3
text code-INSEE-commune = 5..5
text code-INSEE-canton = 4..5
text region = 2..2
text pays = 2..2
sequence geolocalisation = latitude longitude
text numtel = 1..25
date debut =
date fin =
key modalite-recrutement = 0 1 2 3 4 5 6 7 8 9
key a-distance = 0 1
number nb-places = 0..99999
text heure-debut = 2..5
text heure-fin = 2..5
text reference-code-RNCP = 1..10
text reference-code-CERTIFINFO = 1..10
text reference-code-RS = 1..10
key validation-blocs = 0 1 2
sequence bloc-competences = libelle-bloc code-bloc
key type-cycle = 0 1
number annee-cycle = 0..99
number effectif-minimal = 0..99999
number capacite-simultanee = 0..99999
number capacite-cumulee = 0..99999
sequence alternance = type-alternance rythme-alternance?
text latitude = 0..30
text longitude = 0..30
text libelle-bloc = 1..500
text code-bloc = 8..40
key type-alternance = 0 1 2
sequence rythme-alternance = unite-rythme-alternance unites-entreprise unites-centre
key unite-rythme-alternance = 0 1 2 3 4
number unites-entreprise = 0..99999
number unites-centre = 0..99999
)";

void ReadRange(absl::string_view range, LheoElement& element) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(range, absl::MaxSplits("..", 1));
  (void)absl::SimpleAtoi(ends.first, &element.least);
  (void)absl::SimpleAtoi(ends.second, &element.most);
}

LheoChild ReadChild(absl::string_view text) {
  LheoChild child{std::string(text), 1, 1};
  const size_t end = text.find_first_of("?+*{");
  if (end == absl::string_view::npos) return child;
  child.name = std::string(text.substr(0, end));
  child.least = text[end] == '+' ? 1 : 0;
  child.most = text[end] == '?' ? 1 : kLheoUnbounded;
  if (text[end] != '{') return child;
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(absl::StripSuffix(text.substr(end + 1), "}"), ',');
  (void)absl::SimpleAtoi(ends.first, &child.least);
  (void)absl::SimpleAtoi(ends.second, &child.most);
  return child;
}

LheoElement::Kind KindOf(absl::string_view word) {
  if (word == "sequence") return LheoElement::kSequence;
  if (word == "text") return LheoElement::kText;
  if (word == "number") return LheoElement::kNumber;
  if (word == "date") return LheoElement::kDate;
  return word == "key" ? LheoElement::kKey : LheoElement::kAny;
}

void ReadElement(const std::vector<absl::string_view>& words, LheoElement& element) {
  element.kind = KindOf(words[0]);
  for (size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "@ref") {
      element.needs_ref = true;
    } else if (element.kind == LheoElement::kSequence) {
      element.children.push_back(ReadChild(words[i]));
    } else if (element.kind == LheoElement::kKey) {
      element.keys.emplace_back(words[i]);
    } else {
      ReadRange(words[i], element);
    }
  }
}

absl::flat_hash_map<std::string, LheoElement> ReadGrammar() {
  absl::flat_hash_map<std::string, LheoElement> grammar;
  std::vector<absl::string_view> words;
  auto finish = [&] {
    if (!words.empty()) ReadElement(words, grammar[std::string(words[1])]);
    words.clear();
  };
  for (absl::string_view line : absl::StrSplit(kGrammar, '\n', absl::SkipEmpty())) {
    if (line[0] != ' ') finish();
    for (absl::string_view word : absl::StrSplit(line, ' ', absl::SkipEmpty()))
      words.push_back(word);
  }
  finish();
  return grammar;
}

}  // namespace

const LheoElement* FindLheoElement(absl::string_view name) {
  static const auto& grammar = *new absl::flat_hash_map<std::string, LheoElement>(ReadGrammar());
  auto found = grammar.find(name);
  return found == grammar.end() ? nullptr : &found->second;
}

int LheoElement::OrderOf(absl::string_view child) const {
  for (size_t i = 0; i < children.size(); ++i) {
    if (children[i].name == child) return static_cast<int>(i);
  }
  return child == "extras" ? static_cast<int>(children.size()) : -1;
}

}  // namespace vivier::curriculum
