// Posts one sealed sheet: what each half-day earned, split by the plan, and what a correction takes
// back. Works within the reaction's transaction; one object per sheet, used by one thread.
//
//   nothing stands ── presence ──▶ earned at revision 1
//                                        │
//                                        └── other presence at revision 2 ──▶ reversed, earned at 2
//
// An entry that a later revision leaves as it was keeps its earning: only what changed moves.
#pragma once

#include <map>
#include <string>

#include "services/funding/earnings/earnings.h"

namespace vivier::funding {

class Earnings::SheetPosting {
 public:
  SheetPosting(Earnings& earnings, rpc::Call& call,
               const enrolment::v1::AttendanceSheetSealed& event, Paying& paying)
      : earnings_(earnings), call_(call), event_(event), paying_(paying) {}

  absl::Status Run();

 private:
  using Entry = enrolment::v1::SealedPresence;

  absl::Status LoadStanding();
  absl::Status PrefetchHolders();
  absl::Status PostEntry(const Entry& entry);
  absl::Status Reverse(v1::PresencePosting& posting);
  absl::Status Earn(const Entry& entry, v1::PresencePosting& posting);
  const std::string& FunderOf(const std::string& agreement) const;
  absl::Status StoreEarning(v1::Earning& earning, const std::string& id, Transfers& transfers);
  absl::Status OpenFinding(const v1::Earning& earning, v1::Finding::Kind kind);
  absl::Status CloseFinding(const std::string& earning_id);

  Earnings& earnings_;
  rpc::Call& call_;
  const enrolment::v1::AttendanceSheetSealed& event_;
  Paying& paying_;
  std::map<std::string, v1::PresencePosting>
      standing_;              // by presence entry; what earlier revisions posted
  int64_t earned_cents_ = 0;  // what this revision adds
  bool came_free_ = false;    // money of a seat that was given back
};

}  // namespace vivier::funding
