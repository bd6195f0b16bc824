#include "services/enrolment/selection/states.h"

#include "absl/strings/str_cat.h"

namespace vivier::enrolment {

using v1::Application;

bool IsHeld(Application::State state) {
  return state == Application::FUNDING_PENDING || state == Application::AWAITING_FUNDING;
}

bool IsTaken(Application::State state) {
  return state == Application::ADMITTED || state == Application::ACCEPTED;
}

bool HasSeat(Application::State state) { return IsHeld(state) || IsTaken(state); }

bool IsInPlay(Application::State state) {
  return state == Application::SHORTLISTED || state == Application::WAITLISTED || HasSeat(state);
}

bool HasEnded(Application::State state) {
  return state != Application::SUBMITTED && !IsInPlay(state);
}

bool IsUndecided(Application::State state) {
  return !HasEnded(state) && state != Application::ACCEPTED;
}

std::string WhereState(bool (*is)(Application::State), const std::string& column) {
  std::string condition = absl::StrCat("CASE ", column);
  const google::protobuf::EnumDescriptor& states = *Application::State_descriptor();
  for (int i = 1; i < states.value_count(); ++i)  // 0 is no state
    if (is(static_cast<Application::State>(states.value(i)->number())))
      absl::StrAppend(&condition, " WHEN '", states.value(i)->name(), "' THEN 1");
  return absl::StrCat(condition, " ELSE 0 END = 1");
}

const std::string& InPlaySql() {
  static const auto& condition = *new std::string(WhereState(IsInPlay));
  return condition;
}

const std::string& HasSeatSql() {
  static const auto& condition = *new std::string(WhereState(HasSeat));
  return condition;
}

}  // namespace vivier::enrolment
