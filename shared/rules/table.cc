#include "shared/rules/table.h"

#include "absl/strings/str_cat.h"

namespace vivier::rules {
namespace {

template <class Named>
int IndexIn(const std::vector<Named>& all, absl::string_view name) {
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return static_cast<int>(i);
  return -1;
}

std::string DayText(int64_t day) { return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + day); }

}  // namespace

std::string ToString(const Validity& validity) {
  if (validity == Validity()) return "always";
  return absl::StrCat(validity.from == Validity().from ? "" : DayText(validity.from) + " ", "..",
                      validity.until == Validity().until ? "" : " " + DayText(validity.until));
}

int Table::FactIndex(absl::string_view name) const { return IndexIn(facts, name); }
int Table::AnswerIndex(absl::string_view name) const { return IndexIn(answers, name); }
int Table::ParameterIndex(absl::string_view name) const { return IndexIn(parameters, name); }

const Decision* Table::FindDecision(absl::string_view name) const {
  const int index = IndexIn(decisions, name);
  return index < 0 ? nullptr : &decisions[static_cast<size_t>(index)];
}

}  // namespace vivier::rules
