#include "services/enrolment/selection/line.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/enrolment/selection/states.h"
#include "shared/base/status.h"

namespace vivier::enrolment {

using rpc::Call;
using v1::Application;

namespace {

// $2 is the cohort. The rank is asked for by itself too, or the engines do not see that the index
// serves.
std::string InPlay() { return absl::StrCat("cohort = $2 AND rank > 0 AND ", InPlaySql()); }
std::string Awaits() {
  return absl::StrCat("cohort = $2 AND state = 'AWAITING_FUNDING' AND ", HasSeatSql());
}

bool IsBetter(const Application& a, const Application& b) { return a.rank() < b.rank(); }

}  // namespace

absl::StatusOr<Line::Before> Line::BeforeOf(Call& call, const Application& application,
                                            int32_t in_play_max) const {
  ASSIGN_OR_RETURN(
      const std::vector<int64_t> better,
      applications_.Count(
          call, {{InPlay() + " AND rank < $3", in_play_max}, {Awaits() + " AND rank < $3", 1}},
          {application.cohort(), int64_t{application.rank()}}));
  return Before{better[0], better[1] > 0};
}

absl::StatusOr<std::vector<Application>> Line::Waiting(Call& call, const v1::Cohort& cohort,
                                                       const Moved& moved) const {
  const std::string rank_of_last =
      absl::StrCat("(SELECT rank FROM applications WHERE school = $1 AND ", InPlay(),
                   " AND rank <> $3 ORDER BY rank LIMIT 1 OFFSET ", cohort.capacity() - 1, ")");
  return applications_.FirstOf(
      call, moved.free_seats,
      absl::StrCat(InPlay(), " AND rank <> $3 AND state = 'WAITLISTED' AND rank <= COALESCE(",
                   rank_of_last, ", ", std::numeric_limits<int32_t>::max(), ") ORDER BY rank"),
      {cohort.name(), int64_t{moved.left_rank}});
}

absl::StatusOr<std::vector<Application>> Line::Awaiting(Call& call, const v1::Cohort& cohort,
                                                        const Moved& moved) const {
  return applications_.FirstOf(call, moved.all_await ? cohort.capacity() : 1,
                               Awaits() + " AND rank <> $3 ORDER BY rank",
                               {cohort.name(), int64_t{moved.left_rank}});
}

absl::StatusOr<std::vector<Application>> Line::Movable(Call& call, const v1::Cohort& cohort,
                                                       const Moved& moved) const {
  std::vector<Application> waiting;
  if (moved.free_seats > 0 && cohort.state() == v1::Cohort::OPEN) {
    ASSIGN_OR_RETURN(waiting, Waiting(call, cohort, moved));
  }
  if (waiting.empty() && !moved.all_await) return waiting;
  ASSIGN_OR_RETURN(std::vector<Application> awaiting, Awaiting(call, cohort, moved));
  std::vector<Application> movable;
  std::merge(std::make_move_iterator(waiting.begin()), std::make_move_iterator(waiting.end()),
             std::make_move_iterator(awaiting.begin()), std::make_move_iterator(awaiting.end()),
             std::back_inserter(movable), IsBetter);
  return movable;
}

absl::StatusOr<std::vector<Application>> Line::Seated(Call& call, const std::string& cohort) const {
  return applications_.Select(
      call, absl::StrCat("cohort = $2 AND ", HasSeatSql(), " ORDER BY rank"), {cohort});
}

absl::StatusOr<std::vector<Application>> Line::Accepted(Call& call,
                                                        const std::string& cohort) const {
  return applications_.Select(
      call, absl::StrCat("cohort = $2 AND state = 'ACCEPTED' AND ", HasSeatSql()), {cohort});
}

absl::StatusOr<std::vector<Application>> Line::Unseated(Call& call, const std::string& cohort,
                                                        int count) const {
  return applications_.FirstOf(
      call, count, absl::StrCat(InPlay(), " AND NOT (", HasSeatSql(), ") ORDER BY rank"), {cohort});
}

absl::StatusOr<int> Line::LastRank(Call& call, const std::string& cohort,
                                   const std::vector<Application>& listed) const {
  absl::flat_hash_set<std::string> ranked;  // of those listed: the worst of the others is behind
  for (const Application& application : listed)
    if (application.rank() > 0) ranked.insert(application.name());
  ASSIGN_OR_RETURN(const std::vector<Application> worst,
                   applications_.FirstOf(call, static_cast<int>(ranked.size()) + 1,
                                         "cohort = $2 AND rank > 0 ORDER BY rank DESC", {cohort}));
  for (const Application& application : worst)
    if (!ranked.contains(application.name())) return application.rank();
  return 0;
}

}  // namespace vivier::enrolment
