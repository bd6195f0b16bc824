// The diagram of states.h, its rows and what the rule answers are one and the same.
#include "services/statistics/network/states.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/statistics/network/submission.h"
#include "tests/support/state_diagram.h"

namespace vivier::statistics {
namespace {

using v1::Submission;

std::set<std::string> Rows() {
  return testing::RowsOf(kSubmissionTransitions,
                         [](auto state) { return Submission::State_Name(state); });
}

TEST(SubmissionStates, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/statistics/network/states.h");
  EXPECT_EQ(testing::ReadDiagram(text, "Submission"), Rows());
}

// No cells of an older, the same and a newer revision, with the right hash and a wrong one.
TEST(SubmissionStates, TheRuleAnswersAsTheRowsSay) {
  Submission accepted;
  accepted.set_revision(7);
  accepted.set_content_hash(ContentHash({}));
  accepted.set_state(Submission::ACCEPTED);
  std::set<std::string> done;
  const Submission* const befores[] = {nullptr, &accepted};
  for (const Submission* before : befores) {
    for (const int64_t revision : {6, 7, 8}) {
      for (const std::string& hash : {ContentHash({}), std::string("wrong")}) {
        v1::SubmitCellsRequest request;
        request.set_revision(revision);
        request.set_content_hash(hash);
        const Judgement judgement = Judge({before, {}, 2026}, request);
        EXPECT_EQ(judgement.findings.empty(), judgement.state == Submission::ACCEPTED);
        EXPECT_EQ(judgement.counts_already,
                  before != nullptr && (revision < 7 || (revision == 7 && hash != "wrong")));
        done.insert(absl::StrCat(before == nullptr ? "new" : "ACCEPTED", " SubmitCells ",
                                 Submission::State_Name(judgement.state)));
      }
    }
  }
  EXPECT_EQ(done, Rows());
}

TEST(MemberCredentialStates, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/statistics/network/states.h");
  const auto name = [](auto state) { return v1::MemberCredential::State_Name(state); };
  EXPECT_EQ(testing::ReadDiagram(text, "MemberCredential"),
            testing::RowsOf(kMemberCredentialTransitions, name));
}

}  // namespace
}  // namespace vivier::statistics
