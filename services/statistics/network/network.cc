#include "services/statistics/network/network.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/statistics/cells/find_or_make.h"
#include "services/statistics/network/joining.h"
#include "services/statistics/network/sound.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

using rpc::Call;

// Events come in bursts (a morning's signatures): a submission waits for them.
constexpr absl::Duration kRest = absl::Minutes(15);

std::string SubmissionName(const v1::SubmitCellsRequest& request) {
  return absl::StrCat(request.parent(), "/submissions/", request.site());
}

std::string QuarantineName(const v1::SubmitCellsRequest& request) {
  return absl::StrCat(request.parent(), "/quarantinedSubmissions/", request.site());
}

// How far the clock of a school may be ahead of the node's.
constexpr absl::Duration kAhead = absl::Hours(24);

// How many versions of the dictionary before its own a node reads.
constexpr int kVersionsBack = 2;

absl::Status CheckVersions(const Call& call, const v1::SubmitCellsRequest& request) {
  if (request.epoch() > absl::ToUnixMicros(call.time() + kAhead))
    return InvalidField("epoch", "is in the future");
  const int version = std::max(1, request.dictionary_version());
  if (version <= kDictionaryVersion && version >= kDictionaryVersion - kVersionsBack)
    return absl::OkStatus();
  return Refused(
      v1::DICTIONARY_NOT_KNOWN, "the school counts by a dictionary of another time",
      {{"version", absl::StrCat(version)}, {"newest", absl::StrCat(kDictionaryVersion)}});
}

}  // namespace

void Network::AddTo(rpc::Service& service) {
  service.Standard(submissions_)
      .Standard(quarantined_)
      .Standard(members_, rpc::BeforeStore<v1::Member>(
                              [this](Call& call, const v1::Member* before, v1::Member& after) {
                                return CheckMember(call, before, after);
                              }))
      .Keeps(clocks_)
      .On(*this, &Network::ComputeSubmission)
      .On(*this, &Network::RequestSubmission)
      .On(*this, &Network::SubmitCells)
      .On(*this, &Network::GetFreshness)
      .On(*this, &Network::DeleteMember)
      .Tick(*this, &Network::TellOfChange, clocks_, "due_time")
      .On(*this, &Network::BeginEpoch)
      .On(*this, &Network::AcceptQuarantinedSubmission)
      .On(*this, &Network::AskToMend)
      .Deliver(sending_, &Sending::SendOwn, {&JoinParent, &RenewAtParent, &StandsAtParent})
      .Deliver(sending_, &Sending::PassOn, {&JoinParent, &RenewAtParent, &StandsAtParent})
      .Follows("I11", "submissions: content_hash, cell_count; site_years: cells", CheckSubmissions);
}

absl::StatusOr<v1::ComputeSubmissionResponse> Network::ComputeSubmission(
    Call& call, const v1::ComputeSubmissionRequest& request) {
  v1::ComputeSubmissionResponse response;
  ByYear years;
  if (request.site().empty()) {
    ASSIGN_OR_RETURN(std::optional<v1::SubmissionClock> clock,
                     clocks_.Find(call, NameIn(call.school(), "submissionClocks", "cells")));
    ASSIGN_OR_RETURN(years, cells_.AllYears(call));
    response.set_site(call.school());
    response.set_revision(clock.has_value() ? clock->revision() : 0);
    response.set_epoch(clock.has_value() ? clock->epoch() : 0);
    response.set_dictionary_version(kDictionaryVersion);
  } else {
    const std::string name = NameIn(call.school(), "submissions", request.site());
    ASSIGN_OR_RETURN(v1::Submission submission, submissions_.Get(call, name));
    ASSIGN_OR_RETURN(years, totals_.Of(call, request.site()));
    response.set_site(request.site());
    response.set_revision(submission.revision());
    response.set_epoch(submission.epoch());
    response.set_dictionary_version(submission.dictionary_version());
    response.set_signature(submission.signature());
    response.set_public_key(submission.public_key());
  }
  *response.mutable_cells() = ToCells(years);
  response.set_content_hash(ContentHash(response.cells()));
  if (request.site().empty())
    RETURN_IF_ERROR(SignSubmission(call.unit().transaction().school_key(), response));
  return response;
}

absl::StatusOr<v1::RequestSubmissionResponse> Network::RequestSubmission(
    Call& call, const v1::RequestSubmissionRequest& request) {
  ASSIGN_OR_RETURN(std::optional<v1::SubmissionClock> clock,
                   clocks_.Find(call, absl::StrCat(request.parent(), "/submissionClocks/cells")));
  v1::RequestSubmissionResponse response;
  if (!clock.has_value()) return response;
  response.set_revision(clock->revision());
  RETURN_IF_ERROR(EmitSubmissionDue(call, *std::move(clock)));
  return response;
}

absl::StatusOr<v1::BeginEpochResponse> Network::BeginEpoch(Call& call,
                                                           const v1::BeginEpochRequest& request) {
  ASSIGN_OR_RETURN(v1::SubmissionClock clock,
                   FindOrMake(call, clocks_, NameIn(call.school(), "submissionClocks", "cells")));
  v1::BeginEpochResponse response;
  if (clock.epoch() <= request.epoch()) {
    clock.set_epoch(std::max(request.epoch() + 1, absl::ToUnixMicros(call.time())));
    clock.set_revision(clock.revision() + 1);
    RETURN_IF_ERROR(Put(call, clocks_, clock));
  }
  response.set_epoch(clock.epoch());
  return response;
}

absl::Status Network::TellOfChange(Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(v1::SubmissionClock clock, clocks_.Get(call, name));
  if (!clock.has_due_time()) return absl::OkStatus();
  return EmitSubmissionDue(call, std::move(clock));
}

absl::Status Network::EmitSubmissionDue(Call& call, v1::SubmissionClock clock) {
  clock.clear_due_time();
  RETURN_IF_ERROR(clocks_.Update(call, clock));
  v1::SubmissionDue event;
  event.set_submission_clock(clock.name());
  event.set_revision(clock.revision());
  return call.Emit(event);
}

absl::Status Network::SetClock(Call& call) {
  ASSIGN_OR_RETURN(v1::SubmissionClock clock,
                   FindOrMake(call, clocks_, NameIn(call.school(), "submissionClocks", "cells")));
  clock.set_revision(clock.revision() + 1);
  *clock.mutable_change_time() = ToTimestamp(call.time());
  if (!clock.has_due_time()) *clock.mutable_due_time() = ToTimestamp(call.time() + kRest);
  return Put(call, clocks_, clock);
}

absl::StatusOr<v1::Submission> Network::SubmitCells(Call& call,
                                                    const v1::SubmitCellsRequest& request) {
  ASSIGN_OR_RETURN(const Carrier carrier, credentials_.CarrierOf(call, request.site()));
  ASSIGN_OR_RETURN(v1::Member member, AgreedWith(call, request.site(), carrier));
  RETURN_IF_ERROR(CheckVersions(call, request));
  ASSIGN_OR_RETURN(const bool learned, CheckSigned(request, carrier, member));
  if (learned) RETURN_IF_ERROR(members_.Update(call, member));
  ASSIGN_OR_RETURN(std::optional<v1::Submission> known,
                   submissions_.Find(call, SubmissionName(request)));
  const v1::Submission* before = known.has_value() ? &*known : nullptr;
  if (Compare(before, request) == Fate::kEpochOver)
    return Refused(v1::EPOCH_OVER, "figures of a later epoch of the school count",
                   {{"site", request.site()}, {"epoch", absl::StrCat(known->epoch())}});
  Counting counting{before, {}, 0};
  ASSIGN_OR_RETURN(counting.years, totals_.Of(call, request.site()));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  counting.this_year = static_cast<int>(today.year());
  const Judgement judgement = Judge(counting, request);
  if (judgement.counts_already) return *known;
  if (judgement.state == v1::Submission::QUARANTINED) return SetAside(call, request, judgement);
  return Accept(call, request, judgement.findings);
}

// A member that carries another's figures is not told whether that school is one.
absl::StatusOr<v1::Member> Network::AgreedWith(Call& call, const std::string& site,
                                               Carrier carrier) {
  ASSIGN_OR_RETURN(std::optional<v1::Member> member,
                   members_.Find(call, NameIn(call.school(), "members", site)));
  ASSIGN_OR_RETURN(const absl::CivilDay today, call.Today());
  const bool agreed =
      member.has_value() && ToCivil(member->agreement_start_date()) <= today &&
      (!member->has_agreement_end_date() || today <= ToCivil(member->agreement_end_date()));
  if (agreed) return *std::move(member);
  if (carrier == Carrier::kMember)
    return Refused(v1::FIGURES_OF_ANOTHER, "these figures are taken from no other school",
                   {{"site", site}, {"sender", call.caller().subject}});
  return Refused(v1::NOT_A_MEMBER, "the school has no agreement with this node today",
                 {{"site", site}});
}

absl::StatusOr<v1::Submission> Network::SetAside(Call& call, const v1::SubmitCellsRequest& request,
                                                 const Judgement& judgement) {
  ASSIGN_OR_RETURN(std::optional<v1::QuarantinedSubmission> before,
                   quarantined_.Find(call, QuarantineName(request)));
  v1::QuarantinedSubmission aside;
  if (before.has_value()) {
    aside.set_etag(before->etag());
    // The same that was asked to be mended still is.
    if (before->content_hash() == request.content_hash())
      aside.set_mend_reason(before->mend_reason());
  }
  aside.set_name(QuarantineName(request));
  aside.set_revision(request.revision());
  aside.set_content_hash(request.content_hash());
  aside.set_epoch(request.epoch());
  aside.set_dictionary_version(request.dictionary_version());
  aside.set_signature(request.signature());
  aside.set_public_key(request.public_key());
  aside.set_can_count(judgement.can_count);
  *aside.mutable_cells() = request.cells();
  aside.mutable_findings()->Assign(judgement.findings.begin(), judgement.findings.end());
  *aside.mutable_receive_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(Put(call, quarantined_, aside));
  v1::Submission answer;
  answer.set_name(SubmissionName(request));
  answer.set_revision(request.revision());
  answer.set_content_hash(request.content_hash());
  answer.set_cell_count(request.cells_size());
  answer.set_state(v1::Submission::QUARANTINED);
  *answer.mutable_findings() = aside.findings();
  if (!aside.mend_reason().empty()) answer.add_findings(aside.mend_reason());
  return answer;
}

absl::StatusOr<v1::Submission> Network::Accept(Call& call, const v1::SubmitCellsRequest& request,
                                               const std::vector<std::string>& findings) {
  ASSIGN_OR_RETURN(std::optional<v1::QuarantinedSubmission> aside,
                   quarantined_.Find(call, QuarantineName(request)));
  RETURN_IF_ERROR(totals_.Replace(call, request.site(), FromCells(request.cells())));
  if (aside.has_value() &&
      (aside->epoch() < request.epoch() ||
       (aside->epoch() == request.epoch() && aside->revision() <= request.revision())))
    RETURN_IF_ERROR(quarantined_.Delete(call, aside->name()));
  ASSIGN_OR_RETURN(v1::Submission submission,
                   FindOrMake(call, submissions_, SubmissionName(request)));
  submission.set_revision(request.revision());
  submission.set_content_hash(request.content_hash());
  submission.set_cell_count(request.cells_size());
  submission.set_state(v1::Submission::ACCEPTED);
  submission.set_epoch(request.epoch());
  submission.set_dictionary_version(request.dictionary_version());
  submission.set_signature(request.signature());
  submission.set_public_key(request.public_key());
  submission.mutable_findings()->Assign(findings.begin(), findings.end());
  *submission.mutable_accept_time() = ToTimestamp(call.time());
  RETURN_IF_ERROR(Put(call, submissions_, submission));
  v1::SubmissionAccepted event;
  event.set_submission(submission.name());
  event.set_revision(submission.revision());
  RETURN_IF_ERROR(call.Emit(event));
  return submission;
}

absl::StatusOr<v1::Submission> Network::AcceptQuarantinedSubmission(
    Call& call, const v1::AcceptQuarantinedSubmissionRequest& request) {
  ASSIGN_OR_RETURN(const v1::QuarantinedSubmission aside,
                   quarantined_.Get(call, request.name(), request.etag()));
  if (!aside.can_count())
    return Refused(v1::CANNOT_COUNT, "the figures do not hold together: the school sends others",
                   {{"submission", request.name()}});
  v1::SubmitCellsRequest sent;
  sent.set_parent(absl::StrCat("schools/", call.school()));
  sent.set_site(IdInSchool(aside.name()));
  ASSIGN_OR_RETURN(const std::optional<v1::Submission> counts,
                   submissions_.Find(call, SubmissionName(sent)));
  sent.set_revision(aside.revision());
  sent.set_content_hash(aside.content_hash());
  sent.set_epoch(aside.epoch());
  if (Compare(counts.has_value() ? &*counts : nullptr, sent) != Fate::kAccept)
    return Refused(v1::CANNOT_COUNT, "newer figures of the school count already",
                   {{"submission", request.name()}});
  sent.set_dictionary_version(aside.dictionary_version());
  sent.set_signature(aside.signature());
  sent.set_public_key(aside.public_key());
  *sent.mutable_cells() = aside.cells();
  std::vector<std::string> findings(aside.findings().begin(), aside.findings().end());
  findings.push_back(absl::StrCat("accepted: ", request.reason()));
  return Accept(call, sent, findings);
}

absl::StatusOr<v1::QuarantinedSubmission> Network::AskToMend(Call& call,
                                                             const v1::AskToMendRequest& request) {
  ASSIGN_OR_RETURN(v1::QuarantinedSubmission aside,
                   quarantined_.Get(call, request.name(), request.etag()));
  aside.set_mend_reason(request.reason());
  RETURN_IF_ERROR(quarantined_.Update(call, aside));
  return aside;
}

absl::StatusOr<v1::GetFreshnessResponse> Network::GetFreshness(
    Call& call, const v1::GetFreshnessRequest& request) {
  ASSIGN_OR_RETURN(
      const storage::Page<v1::Member> page,
      members_.List(call, request.name(), request.page_size(), request.page_token(), ""));
  std::vector<std::string> submissions, quarantined;
  for (const v1::Member& member : page.items) {
    const std::string site = IdInSchool(member.name());
    submissions.push_back(absl::StrCat(request.name(), "/submissions/", site));
    quarantined.push_back(absl::StrCat(request.name(), "/quarantinedSubmissions/", site));
  }
  RETURN_IF_ERROR(submissions_.Prefetch(call, submissions));
  RETURN_IF_ERROR(quarantined_.Prefetch(call, quarantined));
  v1::GetFreshnessResponse response;
  for (size_t i = 0; i < page.items.size(); ++i) {
    ASSIGN_OR_RETURN(std::optional<v1::Submission> submission,
                     submissions_.Find(call, submissions[i]));
    ASSIGN_OR_RETURN(std::optional<v1::QuarantinedSubmission> aside,
                     quarantined_.Find(call, quarantined[i]));
    v1::SiteFreshness& freshness = *response.add_sites();
    freshness.set_member(page.items[i].name());
    freshness.set_quarantined(aside.has_value());
    if (!submission.has_value()) continue;
    freshness.set_revision(submission->revision());
    *freshness.mutable_accept_time() = submission->accept_time();
  }
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<google::protobuf::Empty> Network::DeleteMember(
    Call& call, const v1::DeleteMemberRequest& request) {
  RETURN_IF_ERROR(members_.Get(call, request.name(), request.etag()).status());
  ASSIGN_OR_RETURN(const bool submitted, HasSubmitted(call, IdInSchool(request.name())));
  if (submitted) {
    return Refused(v1::MEMBER_HAS_SUBMITTED,
                   "the member's figures are counted: give its agreement an end date",
                   {{"member", request.name()}});
  }
  RETURN_IF_ERROR(credentials_.Forget(call, request.name()));
  RETURN_IF_ERROR(members_.Delete(call, request.name()));
  return google::protobuf::Empty();
}

absl::Status Network::CheckMember(Call&, const v1::Member*, v1::Member& after) {
  if (after.has_agreement_end_date() &&
      ToCivil(after.agreement_end_date()) < ToCivil(after.agreement_start_date()))
    return InvalidField("member.agreement_end_date", "is before agreement_start_date");
  return absl::OkStatus();
}

absl::StatusOr<bool> Network::HasSubmitted(Call& call, const std::string& site) {
  ASSIGN_OR_RETURN(const std::optional<v1::Submission> submission,
                   submissions_.Find(call, NameIn(call.school(), "submissions", site)));
  return submission.has_value();
}

absl::StatusOr<int64_t> Network::CountMembers(Call& call) {
  return members_.Count(call, "name > $2", {storage::Value("")});
}

}  // namespace vivier::statistics
