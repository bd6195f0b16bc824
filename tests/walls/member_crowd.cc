#include "tests/walls/member_crowd.h"

#include "services/statistics/network/submission.h"

namespace vivier::testing {

using namespace statistics::v1;  // NOLINT: the requests of one service, and little else

namespace {

template <class Response, class Request>
void Must(MemberCrowd& crowd, const Request& request) {
  const auto response = crowd.service().Ask<Response>(request);
  EXPECT_EQ(response.status(), absl::OkStatus()) << request.ShortDebugString();
}

template <class Response, class Request>
void ListAll(MemberCrowd& crowd) {
  Request request;
  request.set_parent("schools/nancy");
  Must<Response>(crowd, request);
}

void Submit(MemberCrowd& crowd) {
  SubmitCellsRequest request;
  request.set_parent("schools/nancy");
  request.set_site("s-1");
  request.set_revision(1);
  YearCell& cell = *request.add_cells();
  cell.set_table_id("seats");
  cell.set_year(2026);
  cell.add_dimension_values("opened");
  cell.set_count(24);
  request.set_content_hash(statistics::ContentHash(request.cells()));
  const auto submission = crowd.service().Ask<Submission>(request);
  ASSERT_EQ(submission.status(), absl::OkStatus());
  EXPECT_EQ(submission->state(), Submission::ACCEPTED) << submission->ShortDebugString();
}

}  // namespace

MemberCrowd::MemberCrowd(storage::Engine engine, int members)
    : service_(engine, statistics_.Rpc()) {
  service_.Fill("members (school, name, version, title, agreement_start_date)",
                "'nancy', 'schools/nancy/members/s-' || i, 1, 'School', '2020-01-01'", 1, members);
  service_.Fill(
      "submissions (school, name, version, revision, content_hash, cell_count, state, "
      "accept_time)",
      "'nancy', 'schools/nancy/submissions/s-' || i, 1, 7, 'x', 1, 'ACCEPTED', 1", 2, members);
  service_.Fill("site_years (school, name, version, site, year)",
                "'nancy', 'schools/nancy/siteYears/s-' || i || '.2026', 1, 's-' || i, 2026", 2,
                members);
  service_.Fill(
      "quarantined_submissions (school, name, version, revision, content_hash, "
      "receive_time)",
      "'nancy', 'schools/nancy/quarantinedSubmissions/s-' || (2 * i), 1, 8, 'y', 1", 1,
      members / 2);
}

std::vector<MemberCrowd::Act> MemberCrowd::Acts() {
  return {
      {"GetFreshness",
       [](MemberCrowd& crowd) {
         GetFreshnessRequest request;
         request.set_name("schools/nancy");
         Must<GetFreshnessResponse>(crowd, request);
       }},
      {"ListMembers", &ListAll<ListMembersResponse, ListMembersRequest>},
      {"ListSubmissions", &ListAll<ListSubmissionsResponse, ListSubmissionsRequest>},
      {"ListQuarantinedSubmissions",
       &ListAll<ListQuarantinedSubmissionsResponse, ListQuarantinedSubmissionsRequest>},
      {"SubmitCells", &Submit},
      {"ComputeSubmission",
       [](MemberCrowd& crowd) {
         ComputeSubmissionRequest request;
         request.set_parent("schools/nancy");
         request.set_site("s-9");
         Must<ComputeSubmissionResponse>(crowd, request);
       }},
      {"DeleteMember",
       [](MemberCrowd& crowd) {
         DeleteMemberRequest request;
         request.set_name("schools/nancy/members/s-1");
         Must<google::protobuf::Empty>(crowd, request);
       }},
  };
}

}  // namespace vivier::testing
