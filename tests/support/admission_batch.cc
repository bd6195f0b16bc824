#include "tests/support/admission_batch.h"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/base/rpc_status.h"

namespace vivier::testing {
namespace {

using enrolment::v1::AdmitApplicationRequest;
using enrolment::v1::Application;

constexpr uint32_t kSeed = 20261130;
constexpr char kMethod[] = "vivier.enrolment.v1.AdmissionService.AdmitApplication";

using Item = std::pair<AdmitApplicationRequest, std::string>;

AdmitApplicationRequest Named(const std::string& name) {
  AdmitApplicationRequest request;
  request.set_name(name);
  return request;
}

// Thirty that are refused whatever else is in the batch.
void AddRefused(const std::vector<AdmitApplicationRequest>& admissions, std::vector<Item>& items) {
  for (int i = 0; i < 11; ++i)
    items.emplace_back(Named(absl::StrCat(kSchool, "/cohorts/c0/applications/nobody-", i)),
                       "NOT_FOUND");
  for (int i = 0; i < 8; ++i)
    items.emplace_back(Named(absl::StrCat("schools/metz/cohorts/c0/applications/c0-", i)),
                       "INVALID_FIELD");
  for (size_t i = 0; i < 5; ++i) {
    items.emplace_back(Named(admissions[i].name()), "ETAG_MISMATCH");
    items.back().first.set_etag("4711");
  }
  items.emplace_back(Named(""), "INVALID_FIELD");
  items.emplace_back(Named("schools/nancy/cohorts/c0"), "INVALID_FIELD");
  items.emplace_back(Named(admissions[6].name()), "REQUEST_TOO_LARGE");
  items.back().first.set_etag(std::string(70 * 1024, '1'));
}

int64_t Number(storage::Connection& connection, const std::string& sql) {
  const absl::StatusOr<storage::Result> result = connection.Query(sql);
  EXPECT_TRUE(result.ok()) << sql << ": " << result.status();
  return result.ok() ? std::get<int64_t>(result->rows[0][0]) : -1;
}

}  // namespace

std::vector<RankedCohort> CohortsOfBatch() {
  return {
      {"c0", 243, 243, 243}, {"c1", 243, 243, 243}, {"c2", 242, 242, 242}, {"c3", 242, 242, 242}};
}

AdmissionBatch MakeAdmissionBatch(const std::vector<AdmitApplicationRequest>& admissions,
                                  const std::string& request_id) {
  std::vector<Item> items;
  for (const AdmitApplicationRequest& admission : admissions)
    items.emplace_back(Named(admission.name()), "");
  AddRefused(admissions, items);
  for (size_t i = 10; i < 13; ++i) items.emplace_back(Named(admissions[i].name()), "");  // twice
  std::shuffle(items.begin(), items.end(), std::mt19937(kSeed));
  AdmissionBatch batch;
  batch.request.set_parent(kSchool);
  batch.request.set_request_id(request_id);
  std::set<std::string> admitted;
  for (auto& [item, reason] : items) {
    if (reason.empty() && !admitted.insert(item.name()).second) reason = "NOT_ADMISSIBLE";
    batch.done += reason.empty() ? 1 : 0;
    batch.reasons.push_back(reason);
    *batch.request.add_requests() = std::move(item);
  }
  EXPECT_EQ(batch.reasons.size(), 1000u);
  EXPECT_EQ(batch.done, 970);
  return batch;
}

void ExpectAsMade(const AdmissionBatch& batch,
                  const enrolment::v1::BatchAdmitApplicationsResponse& response) {
  ASSERT_EQ(response.results_size(), batch.request.requests_size());
  for (int i = 0; i < response.results_size(); ++i) {
    const auto& result = response.results(i);
    const std::string& reason = batch.reasons[static_cast<size_t>(i)];
    if (reason.empty()) {
      EXPECT_EQ(result.application().name(), batch.request.requests(i).name())
          << i << ": " << result.error().ShortDebugString();
      EXPECT_EQ(result.application().state(), Application::FUNDING_PENDING) << i;
      continue;
    }
    const absl::Status error = FromMessage(result.error());
    EXPECT_EQ(ReasonOf(error), reason) << i << ": " << error;
    if (reason != "INVALID_FIELD") continue;
    google::rpc::BadRequest request;
    const auto payload = error.GetPayload("type.googleapis.com/google.rpc.BadRequest");
    EXPECT_TRUE(payload && request.ParseFromString(std::string(*payload))) << error;
    EXPECT_EQ(request.field_violations(0).field(), absl::StrCat("requests[", i, "].name"));
  }
}

AdmissionTally TallyAdmissions(const std::string& database_url) {
  const std::unique_ptr<storage::Database> database = *storage::Database::Open(database_url);
  const std::unique_ptr<storage::Connection> connection =
      *database->Connect(storage::Access::kRead);
  EXPECT_EQ(connection->Begin(storage::Access::kRead), absl::OkStatus());
  const std::string audited = absl::StrCat(" FROM audit_records WHERE method = '", kMethod, "'");
  const std::string held = " FROM events WHERE type = 'vivier.enrolment.v1.SeatHeld'";
  AdmissionTally tally;
  tally.audited = Number(*connection, "SELECT COUNT(*)" + audited);
  tally.request_ids = Number(*connection, "SELECT COUNT(DISTINCT request_id)" + audited);
  tally.answers = Number(
      *connection, absl::StrCat("SELECT COUNT(*) FROM answers WHERE method = '", kMethod, "'"));
  tally.held = Number(*connection, "SELECT COUNT(*)" + held);
  tally.subjects = Number(*connection, "SELECT COUNT(DISTINCT subject)" + held);
  tally.admitted =
      Number(*connection, "SELECT COUNT(*) FROM applications WHERE state <> 'SHORTLISTED'");
  connection->Rollback();
  return tally;
}

void ExpectEachOnce(const AdmissionTally& tally, int done) {
  EXPECT_EQ(tally.audited, done);
  EXPECT_EQ(tally.request_ids, done);
  EXPECT_EQ(tally.answers, done);
  EXPECT_EQ(tally.held, done);
  EXPECT_EQ(tally.subjects, done);
  EXPECT_EQ(tally.admitted, done);
}

}  // namespace vivier::testing
