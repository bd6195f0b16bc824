#include "services/funding/earnings/posting.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/funding/earnings/states.h"
#include "shared/base/date.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"

namespace vivier::funding {
namespace {

using enrolment::v1::AttendanceSheetSealed;
using v1::Finding;
using v1::Reservation;

// "ai-1.2026-11-22-am.marie" of
// ".../cohorts/ai-1/attendanceSheets/2026-11-22-am/presenceEntries/marie". Ids hold no dot, so two
// entries never meet.
std::string PostingId(const std::string& presence_entry) {
  const std::string sheet = ParentOf(presence_entry);
  return absl::StrCat(IdOf(ParentOf(sheet)), ".", IdOf(sheet), ".", IdOf(presence_entry));
}

// To OPEN what is new, to CLOSED what is open.
void MoveFinding(Finding& finding) {
  finding.set_state(StateAfter(kFindingTransitions, finding.state(), "AttendanceSheetSealed")
                        .value_or(finding.state()));
}

std::string EarningId(const std::string& presence_entry, int share, int revision) {
  return absl::StrCat(PostingId(presence_entry), ".", share, ".", revision);
}

}  // namespace

absl::Status Earnings::OnAttendanceSheetSealed(rpc::Call& call,
                                               const AttendanceSheetSealed& event) {
  ASSIGN_OR_RETURN(std::optional<Paying> paying, plans_.FindPaying(call, event.cohort()));
  if (!paying.has_value()) return PostWithoutPlan(call, event);
  return SheetPosting(*this, call, event, *paying).Run();
}

absl::Status Earnings::PostWithoutPlan(rpc::Call& call, const AttendanceSheetSealed& event) {
  const bool delivered = std::any_of(event.entries().begin(), event.entries().end(),
                                     [](const auto& entry) { return entry.minutes_present() > 0; });
  if (delivered) {
    Finding finding;
    finding.set_name(NameIn(call.school(), "findings",
                            absl::StrCat(IdOf(event.cohort()), ".", IdOf(event.attendance_sheet()),
                                         ".", event.revision())));
    finding.set_kind(Finding::NO_FUNDING_PLAN);
    MoveFinding(finding);
    finding.set_subject(event.attendance_sheet());
    *finding.mutable_create_time() = ToTimestamp(call.time());
    RETURN_IF_ERROR(findings_.Insert(call, finding));
  }
  v1::AttendanceSheetPosted posted;
  posted.set_attendance_sheet(event.attendance_sheet());
  posted.set_cohort(event.cohort());
  posted.set_revision(event.revision());
  return call.Emit(posted);
}

absl::Status Earnings::SheetPosting::Run() {
  RETURN_IF_ERROR(LoadStanding());
  RETURN_IF_ERROR(PrefetchHolders());
  for (const Entry& entry : event_.entries()) RETURN_IF_ERROR(PostEntry(entry));
  for (auto& [presence_entry, posting] :
       standing_) {  // entries that the new revision no longer has
    RETURN_IF_ERROR(Reverse(posting));
    posting.set_revision(event_.revision());
    RETURN_IF_ERROR(earnings_.postings_.Update(call_, posting));
  }
  RETURN_IF_ERROR(earnings_.plans_.StoreBalances(call_, paying_));
  if (came_free_) RETURN_IF_ERROR(earnings_.plans_.TellMoneyCameFree(call_, AgreementsOf(paying_)));
  v1::AttendanceSheetPosted posted;
  posted.set_attendance_sheet(event_.attendance_sheet());
  posted.set_cohort(event_.cohort());
  posted.set_revision(event_.revision());
  posted.set_earned_cents(earned_cents_);
  return call_.Emit(posted);
}

absl::Status Earnings::SheetPosting::LoadStanding() {
  if (event_.revision() == 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<v1::PresencePosting> postings,
                   earnings_.postings_.Select(call_, "attendance_sheet = $2 ORDER BY name",
                                              {event_.attendance_sheet()}));
  for (v1::PresencePosting& posting : postings)
    standing_[posting.presence_entry()] = std::move(posting);
  return absl::OkStatus();
}

absl::Status Earnings::SheetPosting::PrefetchHolders() {
  std::vector<std::string> reservations;
  for (const Entry& entry : event_.entries())
    reservations.push_back(NameIn(call_.school(), "reservations", entry.hold()));
  for (const auto& [presence_entry, posting] : standing_)
    reservations.push_back(posting.reservation());
  return earnings_.plans_.PrefetchHolders(call_, paying_.plan, reservations);
}

absl::Status Earnings::SheetPosting::PostEntry(const Entry& entry) {
  auto stored = standing_.extract(entry.presence_entry());
  v1::PresencePosting posting;
  if (!stored.empty()) posting = std::move(stored.mapped());
  if (stored.empty() && entry.minutes_present() == 0) return absl::OkStatus();

  ASSIGN_OR_RETURN(Holder holder,
                   earnings_.plans_.LoadHolder(
                       call_, paying_.plan, NameIn(call_.school(), "reservations", entry.hold())));
  const std::string reservation = holder.reservation.has_value() ? holder.reservation->name() : "";
  const bool unchanged =
      posting.minutes() == entry.minutes_present() && posting.reservation() == reservation;
  if (!stored.empty() && unchanged) return absl::OkStatus();

  RETURN_IF_ERROR(Reverse(posting));
  posting.set_reservation(reservation);
  posting.set_revision(event_.revision());
  if (entry.minutes_present() > 0) RETURN_IF_ERROR(Earn(entry, posting));
  if (!stored.empty()) return earnings_.postings_.Update(call_, posting);
  posting.set_name(NameIn(call_.school(), "presencePostings", PostingId(entry.presence_entry())));
  posting.set_attendance_sheet(event_.attendance_sheet());
  posting.set_presence_entry(entry.presence_entry());
  return earnings_.postings_.Insert(call_, posting);
}

absl::Status Earnings::SheetPosting::Reverse(v1::PresencePosting& posting) {
  if (posting.minutes() == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(Holder holder,
                   earnings_.plans_.LoadHolder(call_, paying_.plan, posting.reservation()));
  std::vector<Transfers> transfers = TakeBack(paying_, posting, holder);
  for (int i = 0; i < posting.shares_size(); ++i) {
    const v1::PostedShare& posted = posting.shares(i);
    v1::Earning reversal;
    reversal.set_presence_entry(posting.presence_entry());
    reversal.set_share(i + 1);
    reversal.set_revision(posted.revision());
    reversal.set_reversal(true);
    reversal.set_funding_agreement(posted.funding_agreement());
    reversal.set_reservation(posting.reservation());
    reversal.set_minutes(-posting.minutes());
    reversal.set_earned_cents(-posted.earned_cents());
    reversal.set_own_cents(-posted.own_cents());
    const std::string earning_id = EarningId(posting.presence_entry(), i + 1, posted.revision());
    RETURN_IF_ERROR(
        StoreEarning(reversal, earning_id + ".reversal", transfers[static_cast<size_t>(i)]));
    if (posted.own_cents() > 0) RETURN_IF_ERROR(CloseFinding(earning_id));
  }
  came_free_ = came_free_ || (holder.reservation.has_value() &&
                              holder.reservation->state() == Reservation::RELEASED);
  posting.set_minutes(0);
  posting.clear_shares();
  return earnings_.plans_.StoreHolder(call_, holder);
}

absl::Status Earnings::SheetPosting::Earn(const Entry& entry, v1::PresencePosting& posting) {
  ASSIGN_OR_RETURN(Holder holder,
                   earnings_.plans_.LoadHolder(call_, paying_.plan, posting.reservation()));
  std::vector<Delivered> delivered =
      Deliver(paying_, event_.date(), entry.minutes_present(), holder);
  for (int i = 0; i < paying_.plan.shares_size(); ++i) {
    Delivered& share = delivered[static_cast<size_t>(i)];
    v1::Earning earning;
    earning.set_presence_entry(entry.presence_entry());
    earning.set_share(i + 1);
    earning.set_revision(event_.revision());
    earning.set_funding_agreement(paying_.plan.shares(i).funding_agreement());
    earning.set_reservation(posting.reservation());
    earning.set_minutes(entry.minutes_present());
    earning.set_earned_cents(share.earned_cents);
    earning.set_own_cents(share.own_cents);
    const std::string id = EarningId(entry.presence_entry(), i + 1, event_.revision());
    RETURN_IF_ERROR(StoreEarning(earning, id, share.transfers));
    if (earning.own_cents() > 0) RETURN_IF_ERROR(OpenFinding(earning, share.shortfall));
    v1::PostedShare& posted = *posting.add_shares();
    posted.set_revision(event_.revision());
    posted.set_funding_agreement(earning.funding_agreement());
    posted.set_earned_cents(earning.earned_cents());
    posted.set_own_cents(earning.own_cents());
  }
  posting.set_minutes(entry.minutes_present());
  return earnings_.plans_.StoreHolder(call_, holder);
}

// A plan's shares never change, so what an earlier revision posted is of the same agreements.
const std::string& Earnings::SheetPosting::FunderOf(const std::string& agreement) const {
  static const std::string& nobody = *new std::string();
  for (const PlannedShare& share : paying_.shares)
    if (share.agreement.name() == agreement) return share.agreement.funder();
  return nobody;
}

absl::Status Earnings::SheetPosting::StoreEarning(v1::Earning& earning, const std::string& id,
                                                  Transfers& transfers) {
  earning.set_name(NameIn(call_.school(), "earnings", id));
  earning.set_funder(FunderOf(earning.funding_agreement()));
  *earning.mutable_date() = event_.date();
  earning.set_price_cents(earning.earned_cents() + earning.own_cents());
  earned_cents_ += earning.earned_cents();
  RETURN_IF_ERROR(earnings_.earnings_.Insert(call_, earning));
  return earnings_.journal_.Post(call_, {absl::StrCat("e.", id), earning.name(), event_.date()},
                                 transfers);
}

absl::Status Earnings::SheetPosting::OpenFinding(const v1::Earning& earning, Finding::Kind kind) {
  Finding finding;
  finding.set_name(NameIn(call_.school(), "findings", IdOf(earning.name())));
  finding.set_kind(kind);
  MoveFinding(finding);
  finding.set_subject(earning.name());
  finding.set_funding_agreement(earning.funding_agreement());
  finding.set_amount_cents(earning.own_cents());
  *finding.mutable_create_time() = ToTimestamp(call_.time());
  return earnings_.findings_.Insert(call_, finding);
}

absl::Status Earnings::SheetPosting::CloseFinding(const std::string& earning_id) {
  ASSIGN_OR_RETURN(Finding finding,
                   earnings_.findings_.Get(call_, NameIn(call_.school(), "findings", earning_id)));
  MoveFinding(finding);
  return earnings_.findings_.Update(call_, finding);
}

}  // namespace vivier::funding
