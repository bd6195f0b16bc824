#include "demo/steps.h"

namespace vivier::demo {
namespace {

// What happens before the first day, and how many days before it. Those who are admitted have a
// week to accept their seats.
constexpr struct {
  int days_before;
  absl::Status (*step)(Stage&);
} kBefore[] = {
    {119, &PublishProgramme}, {110, &OpenCohort}, {98, &ConcludeFunding}, {60, &ImportApplications},
    {49, &AssessEligibility}, {40, &Score},       {31, &PublishRanking},  {28, &Admit},
    {26, &RaiseCeilings},     {25, &Withdraw},    {24, &AcceptSeats},
};

}  // namespace

absl::Status TellStory(Stage& stage) {
  for (const auto& [days_before, step] : kBefore) {
    RETURN_IF_ERROR(stage.LiveUntilDaysBefore(days_before));
    RETURN_IF_ERROR(step(stage));
  }
  for (auto* step : {&Teach, &Bill, &FinishAndCertify, &OfferJobs, &SignContracts})
    RETURN_IF_ERROR(step(stage));
  return absl::OkStatus();
}

}  // namespace vivier::demo
