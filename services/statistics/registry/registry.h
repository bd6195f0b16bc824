// The registry of a node: records of schools, with a member or declared by a list; what became of
// each; who is late. Stateless besides its table, hence thread-safe.
//
//   ImportSchoolRecords ──▶ record ◀── CreateSchoolRecord, UpdateSchoolRecord
//                              │
//          goes on ──RecordSuccession──▶ RENAMED, MERGED, SPLIT, CLOSED on a day
//                  ◀─WithdrawSuccession─
#pragma once

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/empty.pb.h"
#include "shared/service/service.h"
#include "vivier/statistics/v1/credentials.pb.h"
#include "vivier/statistics/v1/network.pb.h"
#include "vivier/statistics/v1/registry.pb.h"

namespace vivier::statistics {

class Registry {
 public:
  // Puts its rpcs and invariants into the service.
  void AddTo(rpc::Service& service);

 private:
  using ByName = std::map<std::string, v1::SchoolRecord>;

  absl::Status Complete(rpc::Call& call, const v1::SchoolRecord* before, v1::SchoolRecord& after);
  absl::StatusOr<google::protobuf::Empty> DeleteSchoolRecord(
      rpc::Call& call, const v1::DeleteSchoolRecordRequest& request);

  absl::StatusOr<v1::SchoolImportReport> ImportSchoolRecords(
      rpc::Call& call, const v1::ImportSchoolRecordsRequest& request);
  // The record of that SIRET, or the name that it will have.
  absl::StatusOr<std::string> NameOf(rpc::Call& call, const std::string& siret);
  absl::Status ImportOne(rpc::Call& call, v1::SchoolRecord declared, v1::SchoolImportRow& row);

  absl::StatusOr<v1::RecordSuccessionResponse> RecordSuccession(
      rpc::Call& call, const v1::RecordSuccessionRequest& request);
  absl::StatusOr<v1::SchoolRecord> WithdrawSuccession(rpc::Call& call,
                                                      const v1::WithdrawSuccessionRequest& request);
  absl::StatusOr<v1::ResolveSchoolRecordResponse> ResolveSchoolRecord(
      rpc::Call& call, const v1::ResolveSchoolRecordRequest& request);
  // The records of those names.
  template <class Names>
  absl::StatusOr<ByName> Fetch(rpc::Call& call, const Names& names);

  absl::StatusOr<v1::ListLateSchoolsResponse> ListLateSchools(
      rpc::Call& call, const v1::ListLateSchoolsRequest& request);
  absl::StatusOr<v1::LateSchool> ContactOf(rpc::Call& call, const v1::Member& member);

  storage::Table<v1::SchoolRecord> records_;
  storage::Rows<v1::Member> members_;
  storage::Rows<v1::MemberCredential> credentials_;
  storage::Rows<v1::Submission> submissions_;
  storage::Rows<v1::QuarantinedSubmission> quarantined_;
};

}  // namespace vivier::statistics
