// Typing mistakes and what the program answers, mistakes.txt: "$ " and a command line, what it
// prints, and "→ " with its exit status. VIVIER_WRITE=1 writes the answers anew, to be read aloud
// before they are kept.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/command/places.h"

namespace vivier::testing {
namespace {

constexpr size_t kMistakesMin = 40;

std::string File() {
  return absl::StrCat(std::getenv("VIVIER_SOURCE"), "/tests/command/mistakes.txt");
}

std::string Text() {
  std::stringstream text;
  text << std::ifstream(File()).rdbuf();
  return text.str();
}

std::vector<std::string> Mistakes(const std::string& text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n'))
    if (absl::StartsWith(line, "$ ")) lines.emplace_back(line.substr(2));
  return lines;
}

// A school's folder that was never started, and things that lie about.
void Furnish(const Place& place) {
  place.Write("nancy/config.textproto",
              "schools: \"nancy\"\nnetwork: \"test\"\nissuers { issuer: \"https://id.example\" "
              "audience: \"vivier\" jwks: \"https://id.example/keys\" }\n");
  place.Write("trial/config.textproto", "schools: \"nancy\"\ndevelopment: true\n");
  place.Write("broken/config.textproto", "schools: \"nancy\"\nshcools: \"metz\"\n");
  place.Write("letters/a.txt", "a letter");
  place.Write("request.json", "{\"parent\": }");
}

TEST(Mistakes, AreAnsweredInWords) {
  const std::string before = Text();
  const std::vector<std::string> mistakes = Mistakes(before);
  EXPECT_GE(mistakes.size(), kMistakesMin);
  const Place place;
  Furnish(place);
  const auto content = place.Content();
  std::string after = before.substr(0, before.find("$ "));
  for (const std::string& line : mistakes) {
    const Ran ran = place.Run(line);
    EXPECT_NE(ran.status, 0) << line;
    absl::StrAppend(&after, "$ ", line, "\n", ran.text, "→ ", ran.status, "\n\n");
    EXPECT_EQ(place.Content(), content) << line << " left something behind";
  }
  if (std::getenv("VIVIER_WRITE") != nullptr) std::ofstream(File()) << after;
  EXPECT_EQ(Text(), after);
}

}  // namespace
}  // namespace vivier::testing
