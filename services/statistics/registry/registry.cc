#include "services/statistics/registry/registry.h"

#include <utility>

#include "services/statistics/registry/imports.h"
#include "services/statistics/registry/invariants.h"
#include "services/statistics/registry/rules.h"
#include "shared/base/error.h"
#include "shared/base/resource_name.h"
#include "shared/base/status.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {

using rpc::Call;
using v1::ReadSchoolRow;
using v1::SchoolImportRow;
using v1::SchoolRecord;

void Registry::AddTo(rpc::Service& service) {
  service
      .Standard(records_, rpc::BeforeStore<SchoolRecord>(
                              [this](Call& call, const SchoolRecord* before, SchoolRecord& after) {
                                return Complete(call, before, after);
                              }))
      .On(*this, &Registry::DeleteSchoolRecord)
      .On(*this, &Registry::RecordSuccession)
      .On(*this, &Registry::WithdrawSuccession)
      .On(*this, &Registry::ResolveSchoolRecord)
      .On(*this, &Registry::ListLateSchools)
      .On(*this, &Registry::ImportSchoolRecords);
  AddRegistryInvariants(service);
}

absl::Status Registry::Complete(Call&, const SchoolRecord*, SchoolRecord& after) {
  return CompleteRecord(after);
}

absl::StatusOr<google::protobuf::Empty> Registry::DeleteSchoolRecord(
    Call& call, const v1::DeleteSchoolRecordRequest& request) {
  ASSIGN_OR_RETURN(const SchoolRecord record, records_.Get(call, request.name(), request.etag()));
  if (record.has_closing_date() || record.predecessors_size() > 0)
    return Refused(v1::SCHOOL_HAS_SUCCESSION, "others name the record: withdraw that first",
                   {{"school_record", record.name()}});
  RETURN_IF_ERROR(records_.Delete(call, record.name()));
  return google::protobuf::Empty();
}

absl::StatusOr<v1::SchoolImportReport> Registry::ImportSchoolRecords(
    Call& call, const v1::ImportSchoolRecordsRequest& request) {
  ASSIGN_OR_RETURN(std::vector<ReadSchoolRow> rows,
                   ReadSchools(request.content(), request.network()));
  std::map<std::string, std::string> names;  // by SIRET, before anything is stored
  for (const ReadSchoolRow& row : rows) {
    const std::string& siret = row.school_record().siret();
    if (siret.empty() || names.contains(siret)) continue;
    ASSIGN_OR_RETURN(names[siret], NameOf(call, siret));
  }
  v1::SchoolImportReport report;
  for (ReadSchoolRow& row : rows) {
    SchoolImportRow& of_row = *row.mutable_report();
    if (of_row.result() != SchoolImportRow::REFUSED) {
      row.mutable_school_record()->set_name(names.at(row.school_record().siret()));
      RETURN_IF_ERROR(ImportOne(call, row.school_record(), of_row));
    }
    AddRow(std::move(of_row), report);
  }
  return report;
}

// A declared school is named after its SIRET, so that the same row of a later list finds it; one
// that a person recorded under another name is found by the SIRET in it.
absl::StatusOr<std::string> Registry::NameOf(Call& call, const std::string& siret) {
  ASSIGN_OR_RETURN(const std::optional<SchoolRecord> known,
                   records_.First(call, "siret = $2 ORDER BY name", {storage::Value(siret)}));
  return known.has_value() ? known->name() : NameIn(call.school(), "schoolRecords", siret);
}

absl::Status Registry::ImportOne(Call& call, SchoolRecord declared, SchoolImportRow& row) {
  row.set_school_record(declared.name());
  ASSIGN_OR_RETURN(const std::optional<SchoolRecord> known, records_.Find(call, declared.name()));
  if (!known.has_value()) {
    row.set_result(SchoolImportRow::CREATED);
    return records_.Insert(call, declared);
  }
  SchoolRecord record = *known;
  for (const std::string& field : Fill(declared, record))
    AddFinding(v1::CELL_DIFFERS, field, "the record says something else, which stays", row);
  const bool changed = record.SerializeAsString() != known->SerializeAsString();
  row.set_result(changed ? SchoolImportRow::CHANGED : SchoolImportRow::UNCHANGED);
  return changed ? records_.Update(call, record) : absl::OkStatus();
}

}  // namespace vivier::statistics
