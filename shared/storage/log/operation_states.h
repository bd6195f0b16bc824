// The states of an operation, and the function of operations.h that moves it: FinishStep with a
// step, EndOperation with a refusal, a step that went wrong or CancelOperation. What has ended
// stays as it is until it is deleted. Thread-safe; operation_states_test.cc compares the rows with
// the diagram and with what the functions store.
//
//   Operation  new ─InsertOperation▶ RUNNING, DONE
//              RUNNING ─FinishStep▶ RUNNING, DONE
//              RUNNING ─EndOperation▶ FAILED
#pragma once

#include "shared/base/transition.h"
#include "shared/storage/log/operations.h"

namespace vivier::storage {

enum class OperationState { kNone, kRunning, kDone, kFailed };

inline constexpr Transition<OperationState> kOperationTransitions[] = {
    {OperationState::kNone, "InsertOperation", OperationState::kRunning},
    {OperationState::kNone, "InsertOperation", OperationState::kDone},
    {OperationState::kRunning, "FinishStep", OperationState::kRunning},
    {OperationState::kRunning, "FinishStep", OperationState::kDone},
    {OperationState::kRunning, "EndOperation", OperationState::kFailed},
};

inline OperationState StateOf(const Operation& operation) {
  if (!operation.done) return OperationState::kRunning;
  return operation.error.empty() ? OperationState::kDone : OperationState::kFailed;
}

}  // namespace vivier::storage
