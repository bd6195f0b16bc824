// What became of schools: who ended, and who goes on in their place.
#include <set>
#include <utility>

#include "services/statistics/registry/registry.h"
#include "services/statistics/registry/rules.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {

using rpc::Call;
using v1::SchoolRecord;

namespace {

// As many as one answer has: a school that was split twice has rarely ten in its place.
constexpr size_t kStandingMax = 200;

void Remove(const std::string& name, google::protobuf::RepeatedPtrField<std::string>& names) {
  google::protobuf::RepeatedPtrField<std::string> others;
  for (const std::string& other : names)
    if (other != name) *others.Add() = other;
  names.Swap(&others);
}

}  // namespace

template <class Names>
absl::StatusOr<Registry::ByName> Registry::Fetch(Call& call, const Names& names) {
  const std::vector<std::string> wanted(names.begin(), names.end());
  RETURN_IF_ERROR(records_.Prefetch(call, wanted));
  ByName records;
  for (const std::string& name : wanted) {
    ASSIGN_OR_RETURN(records[name], records_.Get(call, name));
  }
  return records;
}

absl::StatusOr<v1::RecordSuccessionResponse> Registry::RecordSuccession(
    Call& call, const v1::RecordSuccessionRequest& request) {
  RETURN_IF_ERROR(CheckSuccession(request));
  const absl::CivilDay day = ToCivil(request.effective_date());
  ASSIGN_OR_RETURN(ByName ending, Fetch(call, request.predecessors()));
  ASSIGN_OR_RETURN(ByName going_on, Fetch(call, request.successors()));
  for (const auto& [name, record] : ending) {
    ASSIGN_OR_RETURN(const ByName before, Fetch(call, record.predecessors()));
    std::vector<SchoolRecord> predecessors;
    for (const auto& named : before) predecessors.push_back(named.second);
    RETURN_IF_ERROR(CheckEnds(record, day, predecessors));
  }
  for (auto& [name, record] : going_on) {
    RETURN_IF_ERROR(CheckGoesOn(record, day));
    record.mutable_predecessors()->MergeFrom(request.predecessors());
    RETURN_IF_ERROR(records_.Update(call, record));
  }
  v1::RecordSuccessionResponse response;
  for (const std::string& name : request.predecessors()) {
    SchoolRecord& record = ending.at(name);
    record.set_ending(request.ending());
    *record.mutable_closing_date() = request.effective_date();
    *record.mutable_successors() = request.successors();
    RETURN_IF_ERROR(records_.Update(call, record));
    *response.add_predecessors() = record;
  }
  return response;
}

absl::StatusOr<SchoolRecord> Registry::WithdrawSuccession(
    Call& call, const v1::WithdrawSuccessionRequest& request) {
  ASSIGN_OR_RETURN(SchoolRecord record, records_.Get(call, request.name(), request.etag()));
  if (!record.has_closing_date())
    return Refused(v1::SCHOOL_HAS_NOT_ENDED, "the school goes on",
                   {{"school_record", record.name()}});
  ASSIGN_OR_RETURN(ByName going_on, Fetch(call, record.successors()));
  for (auto& [name, successor] : going_on) {
    Remove(record.name(), *successor.mutable_predecessors());
    RETURN_IF_ERROR(records_.Update(call, successor));
  }
  record.clear_ending();
  record.clear_closing_date();
  record.clear_successors();
  RETURN_IF_ERROR(records_.Update(call, record));
  return record;
}

absl::StatusOr<v1::ResolveSchoolRecordResponse> Registry::ResolveSchoolRecord(
    Call& call, const v1::ResolveSchoolRecordRequest& request) {
  ASSIGN_OR_RETURN(absl::CivilDay day, call.Today());
  if (request.has_date()) day = ToCivil(request.date());
  v1::ResolveSchoolRecordResponse response;
  std::vector<std::string> names = {request.name()};
  std::set<std::string> seen = {request.name()};
  for (size_t i = 0; i < names.size(); ++i) {  // `names` grows by the successors of who ended
    if (i >= kStandingMax)
      return Refused(v1::SUCCESSION_TOO_WIDE, "ask for one of its successors",
                     {{"school_record", request.name()}});
    ASSIGN_OR_RETURN(SchoolRecord record, records_.Get(call, names[i]));
    if (HasEnded(record, day)) {
      for (const std::string& successor : record.successors())
        if (seen.insert(successor).second) names.push_back(successor);
      continue;
    }
    *response.add_school_records() = std::move(record);
  }
  return response;
}

}  // namespace vivier::statistics
