// A story as it lies in its folder: story.textproto with the numbers, programme.xml and
// applications.csv. A plain value.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "vivier/demo/v1/story.pb.h"

namespace vivier::demo {

struct Folder {
  v1::Story story;
  std::string programme;     // LHÉO
  std::string applications;  // CSV
};

// INVALID_ARGUMENT names what cannot be read, or what in the story does not hold together.
absl::StatusOr<Folder> ReadFolder(const std::string& path);

// Whether the numbers can be told: every rank that is spoken of has a seat by then, positions are
// enough, and so on.
absl::Status CheckStory(const v1::Story& story);

// What one seat costs the funder, in euro cents.
int64_t SeatCents(const v1::Story& story, const v1::FundingShare& share);

// The ranks that have a seat on the first day, best first.
std::vector<int> SeatedRanks(const v1::Story& story);
// Those of them who reach the end.
std::vector<int> FinishedRanks(const v1::Story& story);

}  // namespace vivier::demo
