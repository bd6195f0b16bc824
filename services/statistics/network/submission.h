// What a site sends to its parents: its cells by year, and how a parent judges it. Pure functions;
// thread-safe.
//
// The content hash is the SHA-256, in hexadecimal, of one line for each cell in ascending order of
// (table, year, values): table, year, values and count separated by tabs, closed by a line feed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "services/statistics/cells/tables.h"
#include "vivier/statistics/v1/facts.pb.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

using YearCells = google::protobuf::RepeatedPtrField<v1::YearCell>;

// The cells of `counts` that are not 0, in ascending order.
YearCells ToCells(const ByYear& counts);
ByYear FromCells(const YearCells& cells);

std::string ContentHash(const YearCells& cells);

// What is wrong with it, one sentence each; empty when it can be accepted.
std::vector<std::string> Findings(const YearCells& cells, const std::string& content_hash);

// What becomes of a submission beside the one that counts (null: there is none). A later epoch is
// newer whatever its revision.
enum class Fate { kAccept, kAlreadyThere, kReused, kEpochOver };
Fate Compare(const v1::Submission* accepted, const v1::SubmitCellsRequest& request);

// What counts of a school, and since when in its own counting.
struct Counting {
  const v1::Submission* accepted = nullptr;  // null: nothing counts
  ByYear years;
  int this_year = 0;
};

// What a parent answers to cells beside what counts, which is of no later epoch: what does not hold
// together is set aside, and what R-plausible says so of.
struct Judgement {
  v1::Submission::State state = v1::Submission::ACCEPTED;
  bool counts_already = false;  // what is accepted is the answer, and nothing changes
  bool can_count = true;        // once somebody accepts it
  // Why they are set aside, or what they are flagged with, one sentence each.
  std::vector<std::string> findings;
};
Judgement Judge(const Counting& counting, const v1::SubmitCellsRequest& request);

// The stored form of one year, and back.
void Store(const Counts& counts, v1::SiteYear& row);
Counts Read(const v1::SiteYear& row);

}  // namespace vivier::statistics
