// The tree of nodes: what a school sends to its parents, and at a parent members, their submissions
// and how old they are. Stateless besides its tables, hence thread-safe.
//
//   a cell moved ──▶ the clock is set ── 15 minutes ──▶ SubmissionDue ── sent ──▶ at each parent:
//   ACCEPTED (a newer revision replaces the whole) or QUARANTINED (unsound, or a reused revision);
//   states.h draws it
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/empty.pb.h"
#include "services/statistics/cells/cells.h"
#include "services/statistics/network/credentials.h"
#include "services/statistics/network/sending.h"
#include "services/statistics/network/submission.h"
#include "services/statistics/network/totals.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/events.pb.h"
#include "vivier/statistics/v1/facts.pb.h"
#include "vivier/statistics/v1/network.pb.h"

namespace vivier::statistics {

class Network {
 public:
  Network(Cells& cells, MemberCredentials& credentials, Totals& totals)
      : cells_(cells), credentials_(credentials), totals_(totals) {}

  // Puts its rpcs, ticks, deliveries and invariants into the service.
  void AddTo(rpc::Service& service);

  // Whether figures of that school were accepted here.
  absl::StatusOr<bool> HasSubmitted(rpc::Call& call, const std::string& site);
  absl::StatusOr<int64_t> CountMembers(rpc::Call& call);

  // Answers a hook: a cell moved, so the next submission has its time.
  absl::Status SetClock(rpc::Call& call);

 private:
  absl::StatusOr<v1::ComputeSubmissionResponse> ComputeSubmission(
      rpc::Call& call, const v1::ComputeSubmissionRequest& request);
  absl::StatusOr<v1::RequestSubmissionResponse> RequestSubmission(
      rpc::Call& call, const v1::RequestSubmissionRequest& request);
  absl::StatusOr<v1::BeginEpochResponse> BeginEpoch(rpc::Call& call,
                                                    const v1::BeginEpochRequest& request);
  absl::Status TellOfChange(rpc::Call& call, const std::string& clock);
  absl::Status EmitSubmissionDue(rpc::Call& call, v1::SubmissionClock clock);

  absl::StatusOr<v1::Submission> SubmitCells(rpc::Call& call,
                                             const v1::SubmitCellsRequest& request);
  // The member, where figures of that day may be added under its agreement.
  absl::StatusOr<v1::Member> AgreedWith(rpc::Call& call, const std::string& site, Carrier carrier);
  absl::StatusOr<v1::Submission> SetAside(rpc::Call& call, const v1::SubmitCellsRequest& request,
                                          const Judgement& judgement);
  absl::StatusOr<v1::Submission> Accept(rpc::Call& call, const v1::SubmitCellsRequest& request,
                                        const std::vector<std::string>& findings);
  absl::StatusOr<v1::Submission> AcceptQuarantinedSubmission(
      rpc::Call& call, const v1::AcceptQuarantinedSubmissionRequest& request);
  absl::StatusOr<v1::QuarantinedSubmission> AskToMend(rpc::Call& call,
                                                      const v1::AskToMendRequest& request);
  absl::StatusOr<v1::GetFreshnessResponse> GetFreshness(rpc::Call& call,
                                                        const v1::GetFreshnessRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteMember(rpc::Call& call,
                                                       const v1::DeleteMemberRequest& request);
  absl::Status CheckMember(rpc::Call& call, const v1::Member* before, v1::Member& after);

  Sending sending_;
  Cells& cells_;
  MemberCredentials& credentials_;
  Totals& totals_;
  storage::Table<v1::SubmissionClock> clocks_;
  storage::Table<v1::Member> members_;
  storage::Table<v1::Submission> submissions_;
  storage::Table<v1::QuarantinedSubmission> quarantined_;
};

}  // namespace vivier::statistics
