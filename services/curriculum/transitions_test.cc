// The diagrams of transitions.h, their rows and what the rules do are one and the same.
#include "services/curriculum/transitions.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/curriculum/rules.h"
#include "tests/support/state_diagram.h"

namespace vivier::curriculum {
namespace {

using v1::JurySession;

std::set<std::string> JurySessions() {
  return testing::RowsOf(kJurySessionTransitions,
                         [](auto state) { return JurySession::State_Name(state); });
}

TEST(CurriculumTransitions, DiagramsEqualTheirRows) {
  const std::string text = testing::ReadSource("services/curriculum/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "JurySession"), JurySessions());
  EXPECT_EQ(testing::ReadDiagram(text, "Programme"),
            testing::RowsOf(kProgrammeTransitions,
                            [](auto state) { return v1::Programme::State_Name(state); }));
}

TEST(CurriculumTransitions, TheRulesMoveJurySessionsAsTheRowsSay) {
  // The check of a standard method gives a new session its state.
  std::set<std::string> done = {"new CreateJurySession PLANNED"};
  for (int number = 1; number < JurySession::State_ARRAYSIZE; ++number) {
    JurySession session;
    session.set_state(static_cast<JurySession::State>(number));
    const std::string from = JurySession::State_Name(session.state());
    if (Award(session, {}).ok()) done.insert(absl::StrCat(from, " AwardCertificates AWARDED"));
    if (Deliberate({}, {}, session).ok())
      done.insert(absl::StrCat(from, " DeliberateJury ", JurySession::State_Name(session.state())));
  }
  EXPECT_EQ(done, JurySessions());
}

}  // namespace
}  // namespace vivier::curriculum
