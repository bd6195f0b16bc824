// The diagram of operation_states.h, its rows and what is stored are one and the same.
#include "shared/storage/log/operation_states.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/state_diagram.h"
#include "tests/support/store.h"

namespace vivier::storage {
namespace {

std::string NameOf(OperationState state) {
  static const auto& names =
      *new std::map<OperationState, std::string>{{OperationState::kNone, "new"},
                                                 {OperationState::kRunning, "RUNNING"},
                                                 {OperationState::kDone, "DONE"},
                                                 {OperationState::kFailed, "FAILED"}};
  return names.at(state);
}

std::set<std::string> Rows() { return testing::RowsOf(kOperationTransitions, NameOf); }

TEST(OperationStates, DiagramEqualsItsRows) {
  const std::string text = testing::ReadSource("shared/storage/log/operation_states.h");
  EXPECT_EQ(testing::ReadDiagram(text, "Operation"), Rows());
}

class OperationStatesTest : public StoreTest {
 protected:
  // Stores one of so many steps.
  std::string Insert(int steps) {
    Operation operation;
    operation.name = absl::StrCat("schools/nancy/operations/enrolment-", ++made_);
    const std::vector<std::string> inputs(static_cast<size_t>(steps), "step");
    const SealedSteps sealed = SealSteps(operation.name, inputs);
    EXPECT_EQ(InUnit([&](Unit& unit) { return InsertOperation(unit, operation, sealed, kNow); }),
              absl::OkStatus());
    Note(OperationState::kNone, "InsertOperation", operation.name);
    return operation.name;
  }

  // Does it in a transaction, and notes where it leads if that commits.
  void Do(absl::string_view act, const std::string& name) {
    Operation operation = Stored(name);
    const OperationState before = StateOf(operation);
    const absl::Status done = InUnit([&](Unit& unit) -> absl::Status {
      if (act == "FinishStep") return FinishStep(unit, operation, "", kNow);
      EndOperation(unit, operation, "why", kNow);
      return absl::OkStatus();
    });
    if (done.ok())
      Note(before, act, name);
    else
      EXPECT_EQ(StateOf(Stored(name)), before) << act;
  }

  Operation Stored(const std::string& name) {
    std::optional<Operation> found;
    EXPECT_EQ(InTransaction([&](Transaction& transaction) -> absl::Status {
                ASSIGN_OR_RETURN(found, FindOperation(transaction, name));
                return absl::OkStatus();
              }),
              absl::OkStatus());
    EXPECT_TRUE(found.has_value()) << name;
    return found.value_or(Operation());
  }

  void Note(OperationState before, absl::string_view act, const std::string& name) {
    done_.insert(absl::StrCat(NameOf(before), " ", act, " ", NameOf(StateOf(Stored(name)))));
  }

  int made_ = 0;
  std::set<std::string> done_;
};

INSTANTIATE_TEST_SUITE_P(Engines, OperationStatesTest, testing::BothEngines(), testing::EngineName);

TEST_P(OperationStatesTest, AreStoredAsTheRowsSay) {
  const std::string without_steps = Insert(0), finished = Insert(2), failed = Insert(2);
  Do("FinishStep", finished);
  Do("FinishStep", finished);
  Do("EndOperation", failed);
  for (const std::string& ended : {without_steps, finished, failed}) {
    Do("FinishStep", ended);
    Do("EndOperation", ended);
  }
  EXPECT_EQ(done_, Rows());
}

}  // namespace
}  // namespace vivier::storage
