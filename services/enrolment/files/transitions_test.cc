// The diagram of transitions.h, its rows and what the rules do are one and the same.
#include "services/enrolment/files/transitions.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/enrolment/files/rules.h"
#include "shared/base/error.h"
#include "tests/support/state_diagram.h"

namespace vivier::enrolment {
namespace {

using v1::File;

std::set<std::string> Rows() {
  return testing::RowsOf(kFileTransitions, [](auto state) { return File::State_Name(state); });
}

TEST(FileTransitions, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("services/enrolment/files/transitions.h");
  EXPECT_EQ(testing::ReadDiagram(text, "File"), Rows());
}

TEST(FileTransitions, TheRulesMoveFilesAsTheRowsSay) {
  std::set<std::string> done;
  for (int number = 0; number < File::State_ARRAYSIZE; ++number) {
    const auto state = static_cast<File::State>(number);
    for (const char* act : {"CreateFile", "Accept", "Refuse", "DeleteFile", "UndeleteFile"}) {
      File file;
      file.set_state(state);
      const absl::Status moved = MoveFile(act, absl::UnixEpoch(), file);
      if (moved.ok()) {
        done.insert(absl::StrCat(number == 0 ? "new" : File::State_Name(state), " ", act, " ",
                                 File::State_Name(file.state())));
        continue;
      }
      EXPECT_EQ(ReasonOf(moved), "WRONG_STATE");
      EXPECT_EQ(file.state(), state);
    }
  }
  EXPECT_EQ(done, Rows());
}

}  // namespace
}  // namespace vivier::enrolment
