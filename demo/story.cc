#include "demo/story.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::demo {
namespace {

using funding::v1::PlanShare;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidField("story", path + " cannot be read");
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

bool IsSeated(const v1::Story& story, int rank) {
  const std::vector<int> seated = SeatedRanks(story);
  return std::find(seated.begin(), seated.end(), rank) != seated.end();
}

absl::Status CheckFunding(const v1::Story& story) {
  bool billed = false;
  for (const v1::FundingShare& share : story.funding()) {
    if (share.basis() == PlanShare::LUMP_SUM && share.amount_cents() % story.seats() != 0)
      return InvalidField("funding.amount_cents", share.id() + " is no multiple of the seats");
    billed = billed || share.id() == story.billing().funder_id();
  }
  return billed ? absl::OkStatus() : InvalidField("billing.funder_id", "is no funder of the story");
}

absl::Status CheckPresence(const v1::Story& story) {
  for (const v1::Absence& absence : story.teaching().absences())
    if (!IsSeated(story, absence.rank()))
      return InvalidField("teaching.absences.rank", "has no seat");
  if (!IsSeated(story, story.teaching().correction().rank()))
    return InvalidField("teaching.correction.rank", "has no seat");
  return IsSeated(story, story.exit().rank()) ? absl::OkStatus()
                                              : InvalidField("exit.rank", "has no seat");
}

}  // namespace

absl::StatusOr<Folder> ReadFolder(const std::string& path) {
  Folder folder;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path + "/story.textproto"));
  if (!google::protobuf::TextFormat::ParseFromString(text, &folder.story))
    return InvalidField("story", path + "/story.textproto is no vivier.demo.v1.Story");
  ASSIGN_OR_RETURN(folder.programme, ReadFile(path + "/programme.xml"));
  ASSIGN_OR_RETURN(folder.applications, ReadFile(path + "/applications.csv"));
  RETURN_IF_ERROR(CheckStory(folder.story));
  return folder;
}

absl::Status CheckStory(const v1::Story& story) {
  const int finishers = story.seats() - 1;
  int positions = 0;
  for (const v1::Employer& employer : story.employers()) positions += employer.positions();
  if (story.seats() < 1 || story.ranked() < story.seats() + story.withdrawals_size())
    return InvalidField("ranked", "must fill the seats, those of who withdraws included");
  for (int rank : story.withdrawals())
    if (rank < 1 || rank > story.seats())
      return InvalidField("withdrawals", "must name ranks that are admitted");
  if (story.contracts().count() > std::min(finishers, positions))
    return InvalidField("contracts.count", "is more than those who finish, or than the positions");
  if (story.jury().partial() + story.jury().none() > finishers)
    return InvalidField("jury", "decides on more than those who finish");
  RETURN_IF_ERROR(CheckFunding(story));
  return CheckPresence(story);
}

int64_t SeatCents(const v1::Story& story, const v1::FundingShare& share) {
  constexpr int64_t kMinutesPerHour = 60;
  switch (share.basis()) {
    case PlanShare::HOURLY:  // rounded half up, as funding does
      return (2 * share.amount_cents() * story.planned_minutes() + kMinutesPerHour) /
             (2 * kMinutesPerHour);
    case PlanShare::LUMP_SUM:
      return share.amount_cents() / story.seats();
    default:
      return share.amount_cents();
  }
}

std::vector<int> SeatedRanks(const v1::Story& story) {
  std::vector<int> ranks;
  const auto& gone = story.withdrawals();
  for (int rank = 1; static_cast<int>(ranks.size()) < story.seats() && rank <= story.ranked();
       ++rank)
    if (std::find(gone.begin(), gone.end(), rank) == gone.end()) ranks.push_back(rank);
  return ranks;
}

std::vector<int> FinishedRanks(const v1::Story& story) {
  std::vector<int> ranks = SeatedRanks(story);
  ranks.erase(std::remove(ranks.begin(), ranks.end(), story.exit().rank()), ranks.end());
  return ranks;
}

}  // namespace vivier::demo
