#include "services/statistics/registry/rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/formats/codes.h"
#include "vivier/statistics/v1/reasons.pb.h"

namespace vivier::statistics {
namespace {

using v1::SchoolRecord;

absl::Status TakeCode(const char* field, formats::CodeCheck (*check)(absl::string_view),
                      std::string* code) {
  if (code->empty()) return absl::OkStatus();
  const formats::CodeCheck found = check(*code);
  if (!found.ok())
    return InvalidField(absl::StrCat("school_record.", field),
                        absl::StrCat("no such code can be: ", formats::ReasonName(found.reason)));
  *code = found.code;
  return absl::OkStatus();
}

struct Ends {
  SchoolRecord::Ending ending;
  int predecessors_min, predecessors_max, successors_min, successors_max;
};
constexpr int kMany = 20;  // as many as a request names
constexpr Ends kEnds[] = {{SchoolRecord::RENAMED, 1, 1, 1, 1},
                          {SchoolRecord::MERGED, 1, kMany, 1, 1},
                          {SchoolRecord::SPLIT, 1, 1, 2, kMany},
                          {SchoolRecord::CLOSED, 1, kMany, 0, 0}};

}  // namespace

absl::Status CompleteRecord(SchoolRecord& record) {
  RETURN_IF_ERROR(TakeCode("siret", &formats::CheckSiret, record.mutable_siret()));
  RETURN_IF_ERROR(TakeCode("uai", &formats::CheckUai, record.mutable_uai()));
  RETURN_IF_ERROR(
      TakeCode("activity_number", &formats::CheckNda, record.mutable_activity_number()));
  RETURN_IF_ERROR(TakeCode("legal_entity", &formats::CheckSiren, record.mutable_legal_entity()));
  if (!record.siret().empty()) {
    if (record.legal_entity().empty()) record.set_legal_entity(record.siret().substr(0, 9));
    if (!absl::StartsWith(record.siret(), record.legal_entity()))
      return InvalidField("school_record.legal_entity", "the SIRET is another legal entity's");
  }
  const std::set<std::string> networks(record.networks().begin(), record.networks().end());
  if (static_cast<int>(networks.size()) != record.networks_size())
    return InvalidField("school_record.networks", "a network is named twice");
  if (record.has_closing_date() && record.has_opening_date() &&
      ToCivil(record.closing_date()) <= ToCivil(record.opening_date()))
    return InvalidField("school_record.opening_date", "the school ended before that day");
  return absl::OkStatus();
}

absl::Status CheckSuccession(const v1::RecordSuccessionRequest& request) {
  const std::string ending = SchoolRecord::Ending_Name(request.ending());
  std::set<std::string> named(request.predecessors().begin(), request.predecessors().end());
  named.insert(request.successors().begin(), request.successors().end());
  if (static_cast<int>(named.size()) != request.predecessors_size() + request.successors_size())
    return Refused(v1::SUCCESSION_UNFIT, "a school is named twice", {{"ending", ending}});
  for (const Ends& ends : kEnds) {
    if (ends.ending != request.ending()) continue;
    if (request.predecessors_size() >= ends.predecessors_min &&
        request.predecessors_size() <= ends.predecessors_max &&
        request.successors_size() >= ends.successors_min &&
        request.successors_size() <= ends.successors_max)
      return absl::OkStatus();
  }
  return Refused(v1::SUCCESSION_UNFIT, "so many schools do not end so", {{"ending", ending}});
}

absl::Status CheckEnds(const SchoolRecord& record, absl::CivilDay day,
                       const std::vector<SchoolRecord>& predecessors) {
  if (record.has_closing_date())
    return Refused(v1::SCHOOL_HAS_ENDED, "the school has ended already",
                   {{"school_record", record.name()}});
  const bool opens_later = record.has_opening_date() && ToCivil(record.opening_date()) >= day;
  const bool follows_later =
      std::any_of(predecessors.begin(), predecessors.end(),
                  [day](const SchoolRecord& before) { return !HasEnded(before, day - 1); });
  if (!opens_later && !follows_later) return absl::OkStatus();
  return Refused(v1::SUCCESSION_OUT_OF_ORDER, "the school would end before it began",
                 {{"school_record", record.name()}});
}

absl::Status CheckGoesOn(const SchoolRecord& record, absl::CivilDay day) {
  if (!HasEnded(record, day)) return absl::OkStatus();
  return Refused(v1::SUCCESSION_OUT_OF_ORDER, "the school that goes on has ended by then",
                 {{"school_record", record.name()}});
}

bool HasEnded(const SchoolRecord& record, absl::CivilDay day) {
  return record.has_closing_date() && ToCivil(record.closing_date()) <= day;
}

std::vector<std::string> Fill(const SchoolRecord& declared, SchoolRecord& record) {
  for (const std::string& network : declared.networks())
    if (std::find(record.networks().begin(), record.networks().end(), network) ==
        record.networks().end())
      record.add_networks(network);
  std::vector<std::string> different;
  if (!record.member().empty()) return different;
  const google::protobuf::Reflection& reflection = *record.GetReflection();
  for (const char* name : {"title", "legal_name", "siret", "legal_entity", "uai", "activity_number",
                           "region_code", "address"}) {
    const auto* field = SchoolRecord::descriptor()->FindFieldByName(name);
    const std::string said = reflection.GetString(declared, field);
    const std::string known = reflection.GetString(record, field);
    if (said.empty() || said == known) continue;
    if (known.empty())
      reflection.SetString(&record, field, said);
    else
      different.push_back(name);
  }
  if (declared.declared_closed()) record.set_declared_closed(true);
  return different;
}

}  // namespace vivier::statistics
