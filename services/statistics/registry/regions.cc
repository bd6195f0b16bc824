#include "services/statistics/registry/regions.h"

#include <cctype>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace vivier::statistics {
namespace {

// Source: INSEE, code officiel géographique 2025, as the regions are since 2016-01-01; Mayotte and
// the others overseas among them.
const std::map<std::string, std::string>& Codes() {
  static const auto& codes =
      *new std::map<std::string, std::string>{{"guadeloupe", "01"},
                                              {"martinique", "02"},
                                              {"guyane", "03"},
                                              {"lareunion", "04"},
                                              {"mayotte", "06"},
                                              {"iledefrance", "11"},
                                              {"centrevaldeloire", "24"},
                                              {"bourgognefranchecomte", "27"},
                                              {"normandie", "28"},
                                              {"hautsdefrance", "32"},
                                              {"grandest", "44"},
                                              {"paysdelaloire", "52"},
                                              {"bretagne", "53"},
                                              {"nouvelleaquitaine", "75"},
                                              {"occitanie", "76"},
                                              {"auvergnerhonealpes", "84"},
                                              {"provencealpescotedazur", "93"},
                                              {"corse", "94"}};
  return codes;
}

}  // namespace

std::string RegionCode(absl::string_view text) {
  const std::string plain = absl::StrReplaceAll(
      text, {{"é", "e"}, {"É", "e"}, {"è", "e"}, {"Î", "i"}, {"î", "i"}, {"ô", "o"}, {"Ô", "o"}});
  std::string letters;
  for (const char c : plain)
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)))
      letters += absl::ascii_tolower(static_cast<unsigned char>(c));
  for (const auto& [name, code] : Codes())
    if (letters == name || letters == code) return code;
  return "";
}

}  // namespace vivier::statistics
