#include "shared/web/portal/device.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace vivier::web {
namespace {

struct Word {
  const char* mark;
  const char* name;
};

// The first that is there: most say that they are others as well.
constexpr Word kBrowsers[] = {{"Edg", "Edge"},       {"OPR/", "Opera"},     {"Firefox/", "Firefox"},
                              {"FxiOS/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"},
                              {"Safari/", "Safari"}};
constexpr Word kSystems[] = {{"Android", "Android"}, {"iPhone", "iOS"},   {"iPad", "iOS"},
                             {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"},
                             {"Linux", "Linux"}};

std::string FirstOf(absl::Span<const Word> words, absl::string_view text) {
  for (const Word& word : words)
    if (absl::StrContains(text, word.mark)) return word.name;
  return "";
}

}  // namespace

std::string DeviceOf(absl::string_view user_agent) {
  const std::string browser = FirstOf(kBrowsers, user_agent),
                    system = FirstOf(kSystems, user_agent);
  if (browser.empty()) return "another program";
  return system.empty() ? browser : absl::StrCat(browser, ", ", system);
}

}  // namespace vivier::web
