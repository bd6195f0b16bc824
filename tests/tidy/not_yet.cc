#include "tests/tidy/not_yet.h"

namespace vivier::tidy {

absl::Span<const NotYet> NotYetList() { return {}; }

Findings Unexcused(const Findings& findings, absl::Span<const NotYet> list) {
  const auto excuses = [](const NotYet& line, const Finding& finding) {
    return finding.rule == line.rule && finding.where == line.where;
  };
  Findings left;
  for (const Finding& finding : findings) {
    bool excused = false;
    for (const NotYet& line : list) excused = excused || excuses(line, finding);
    if (!excused) left.push_back(finding);
  }
  for (const NotYet& line : list) {
    bool needed = false;
    for (const Finding& finding : findings) needed = needed || excuses(line, finding);
    if (!needed) left.push_back({line.rule, line.where, "is kept now: take its line away"});
  }
  return left;
}

}  // namespace vivier::tidy
