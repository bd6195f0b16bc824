// A valid request of any rpc, filled from its descriptor: every field that a caller may set, within
// its limits, with names of resources of the school nancy. What only the domain knows (a SIRET with
// its check digits, a date after another) is in two tables. Stateless.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/field_info.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/type/date.pb.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "shared/base/message.h"
#include "shared/base/uuid.h"
#include "shared/service/method.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::testing {

namespace pb = google::protobuf;

inline bool Behaves(const pb::FieldDescriptor& field, google::api::FieldBehavior behavior) {
  for (int i = 0; i < field.options().ExtensionSize(google::api::field_behavior); ++i)
    if (field.options().GetExtension(google::api::field_behavior, i) == behavior) return true;
  return false;
}

inline const options::v1::Limits& LimitsOf(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::limits);
}

inline bool IsUuidField(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(google::api::field_info).format() ==
         google::api::FieldInfo::UUID4;
}

inline bool IsDate(const pb::FieldDescriptor& field) {
  return field.message_type() != nullptr && field.message_type()->full_name() == "google.type.Date";
}

// The one pattern of the names that a field holds; "" when it holds none, or names of several
// shapes.
inline std::string NamePatternOf(const pb::FieldDescriptor& field) {
  const auto& reference = field.options().GetExtension(google::api::resource_reference);
  std::string type = reference.type().empty() ? reference.child_type() : reference.type();
  if (type.empty() && field.name() == "name")
    type = field.containing_type()->options().GetExtension(google::api::resource).type();
  const pb::Descriptor* resource = rpc::ResourceType(type);
  if (resource == nullptr) return "";
  const google::api::ResourceDescriptor& option =
      resource->options().GetExtension(google::api::resource);
  if (option.pattern_size() != 1) return "";
  std::vector<std::string> segments = absl::StrSplit(option.pattern(0), '/');
  if (reference.type().empty() && !reference.child_type().empty())
    segments.resize(segments.size() - (segments.back().front() == '{' ? 2 : 1));
  return absl::StrJoin(segments, "/");
}

class BaseRequest {
 public:
  static std::unique_ptr<pb::Message> Of(const pb::Descriptor& request) {
    std::unique_ptr<pb::Message> message = NewMessage(&request);
    Fill(*message, {});
    return message;
  }

  // The name of a resource, "schools/{school}/cohorts/{cohort}" with every variable replaced.
  static std::string Name(const std::string& pattern) {
    std::vector<std::string> segments = absl::StrSplit(pattern, '/');
    for (std::string& segment : segments)
      if (segment.front() == '{') segment = Id(segment.substr(1, segment.size() - 2));
    return absl::StrJoin(segments, "/");
  }

  static std::string Id(const std::string& resource) {
    static const auto& ids = *new std::map<std::string, std::string>{
        {"school", "nancy"}, {"company", "73282932000074"},  // a SIRET
        {"revision", "1"},   {"attendance_sheet", "2026-10-05-am"},
        {"outcome", "3"},    {"year", "2026"},
    };
    const auto known = ids.find(resource);
    return known == ids.end() ? "x1" : known->second;
  }

 private:
  // Not a part of what is asked, and so not a part of the base.
  static bool IsOptionOfTheCall(const std::string& name) {
    static const auto& options = *new std::set<std::string>{
        "etag",          "page_token",        "filter", "order_by", "update_mask",
        "validate_only", "confirmed_distinct"};
    return options.count(name) > 0;
  }

  static void Fill(pb::Message& message, std::vector<const pb::Descriptor*> holders) {
    const pb::Descriptor* type = message.GetDescriptor();
    if (std::find(holders.begin(), holders.end(), type) != holders.end()) return;
    holders.push_back(type);
    for (int i = 0; i < type->field_count(); ++i) {
      const pb::FieldDescriptor& field = *type->field(i);
      if (Behaves(field, google::api::OUTPUT_ONLY) || IsOptionOfTheCall(field.name()) ||
          IsLeftOut(field))
        continue;
      FillField(message, field, holders);
    }
  }

  static void FillField(pb::Message& message, const pb::FieldDescriptor& field,
                        const std::vector<const pb::Descriptor*>& holders) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        pb::Message& inner = field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                                 : *reflection.MutableMessage(&message, &field);
        if (IsDate(field))
          return static_cast<google::type::Date&>(inner).CopyFrom(Date(field.name()));
        return Fill(inner, holders);
      }
      case pb::FieldDescriptor::CPPTYPE_STRING:
        if (field.is_repeated()) return reflection.AddString(&message, &field, Text(field));
        return reflection.SetString(&message, &field, Text(field));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        if (field.is_repeated())
          return reflection.AddEnum(&message, &field, field.enum_type()->value(1));
        return reflection.SetEnum(&message, &field, field.enum_type()->value(1));
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field, static_cast<int32_t>(Number(field)));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, Number(field));
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        if (field.name() == "allow_missing") reflection.SetBool(&message, &field, true);
        return;
      default:
        ADD_FAILURE() << field.full_name() << " is of a type that no request had before";
    }
  }

  static google::type::Date Date(const std::string& name) {
    google::type::Date date;
    const bool begins = absl::StrContains(name, "start") || absl::StrContains(name, "from");
    const bool ends = absl::StrContains(name, "end") || absl::StrContains(name, "until");
    date.set_year(name == "birth_date" ? 2000 : ends ? 2027 : 2026);
    date.set_month(begins ? 1 : 10);  // the day of a sheet lies in between, and so does the world's
    date.set_day(5);
    return date;
  }

  static int64_t Number(const pb::FieldDescriptor& field) {
    static const auto& numbers = *new std::map<std::string, int64_t>{
        {"vivier.enrolment.v1.AttendanceSheet.start_minute", 540},
        {"vivier.enrolment.v1.AttendanceSheet.end_minute", 720},
        {"vivier.enrolment.v1.Outcome.months_after", 3},
        {"vivier.funding.v1.FundingAgreement.ceiling_cents", 100'000},
        {"vivier.enrolment.v1.File.size", 4},  // as long as a text of these requests
    };
    if (const auto known = numbers.find(field.full_name()); known != numbers.end())
      return known->second;
    return std::max<int64_t>(1, LimitsOf(field).min());
  }

  // Optional fields that would make the rest untrue.
  static bool IsLeftOut(const pb::FieldDescriptor& field) {
    static const auto& names = *new std::set<std::string>{
        "vivier.log.v1.FollowEventsRequest.after_number",
        "vivier.log.v1.FollowEventsRequest.after_hash",
        "vivier.access.v1.AnnounceTimeZoneRequest.start_date",  // today or later
        "vivier.log.v1.FollowEventsRequest.others",  // each is asked for as by a request of its own
        "vivier.site.v1.RetryParkedEventsRequest.event",
        "vivier.enrolment.v1.UploadFileChunkRequest.offset",  // a file begins with its first byte
        "vivier.enrolment.v1.Cohort.eligibility_rules",
        "vivier.security.v1.RoleAssignment.company",  // of partners
        "vivier.security.v1.RoleAssignment.scope",
        "vivier.security.v1.RoleAssignment.start_time",
        "vivier.security.v1.RoleAssignment.end_time",
        "vivier.statistics.v1.ComputeOwnIndicatorsRequest.cohorts",  // or a year
    };
    return names.count(field.full_name()) > 0;
  }

  static std::string Text(const pb::FieldDescriptor& field) {
    static const auto& texts = *new std::map<std::string, std::string>{
        {"vivier.log.v1.FollowEventsRequest.service", "enrolment"},
        {"vivier.enrolment.v1.File.display_name", "cv.pdf"},
        {"vivier.site.v1.VerifyInvariantsRequest.parent", "schools/nancy"},
        {"vivier.site.v1.SearchPersonReadsRequest.name", "schools/nancy/candidates/x1"},
        {"vivier.site.v1.SearchAuditRecordsRequest.name", "schools/nancy"},
        {"vivier.site.v1.ExplainAccessRequest.name", "schools/nancy"},
        {"vivier.site.v1.ExplainAccessRequest.method",
         "vivier.enrolment.v1.SchoolService.GetSchool"},
        {"vivier.security.v1.RoleAssignment.role", "trainer"},
        {"vivier.enrolment.v1.AccessLink.resource", "schools/nancy/candidates/x1"},
        {"vivier.access.v1.Role.permissions", "cohorts.get"},
        {"vivier.site.v1.ExportPersonRequest.name", "schools/nancy/candidates/x1"},
        {"vivier.site.v1.GetErasureRequest.name", "schools/nancy/candidates/x1"},
        {"vivier.site.v1.ExportKeptProofRequest.name", "schools/nancy/candidates/x1"},
        {"vivier.site.v1.GetChecklistRequest.name", "schools/nancy"},
        {"vivier.site.v1.GetStatusRequest.name", "schools/nancy"},
        {"vivier.site.v1.SearchParkedEventsRequest.parent", "schools/nancy"},
        {"vivier.site.v1.RetryParkedEventsRequest.parent", "schools/nancy"},
        {"vivier.site.v1.RotateKeysRequest.parent", "schools/nancy"},
        {"vivier.site.v1.GetSchoolKeysRequest.name", "schools/nancy"},
        {"vivier.operations.v1.GetOperationRequest.name",
         "schools/nancy/cohorts/x1/operations/enrolment-x1"},
        {"vivier.operations.v1.ListOperationsRequest.parent", "schools/nancy"},
        {"vivier.operations.v1.ListOperationsRequest.service", "enrolment"},
        {"vivier.operations.v1.WaitOperationRequest.name",
         "schools/nancy/cohorts/x1/operations/enrolment-x1"},
        {"vivier.operations.v1.CancelOperationRequest.name",
         "schools/nancy/cohorts/x1/operations/enrolment-x1"},
        {"vivier.log.v1.GetLoggedEventRequest.service", "enrolment"},
        {"vivier.log.v1.GetLoggedEventRequest.parent", "schools/nancy"},
        {"vivier.log.v1.FollowEventsRequest.parent", "schools/nancy"},
        {"vivier.access.v1.AnnounceTimeZoneRequest.time_zone", "Europe/Paris"},
        {"vivier.enrolment.v1.BatchAdmitApplicationsRequest.parent", "schools/nancy"},
        {"vivier.enrolment.v1.BatchSignPresenceRequest.parent", "schools/nancy"},
    };
    // Codes with check digits or a table of their own, by the name of the field wherever it is.
    static const auto& codes = *new std::map<std::string, std::string>{
        {"formacodes", "31054"},   {"public_codes", "31054"},          {"nsf_codes", "326"},
        {"rome_codes", "M1805"},   {"rncp_code", "RNCP37827"},         {"rs_code", "RS5695"},
        {"code", "RNCP37827BC01"}, {"block_codes", "RNCP37827BC01"},   {"postal_code", "54000"},
        {"commune_code", "54395"}, {"activity_number", "44540400054"}, {"siret", "73282932000074"},
        {"uai", "0572998Z"},       {"email", "zoe@example.org"},
    };
    if (const auto known = texts.find(field.full_name()); known != texts.end())
      return known->second;
    if (const auto known = codes.find(field.name()); known != codes.end()) return known->second;
    if (IsUuidField(field)) return RandomUuid();
    if (const std::string pattern = NamePatternOf(field); !pattern.empty()) return Name(pattern);
    if (absl::EndsWith(field.name(), "_id") &&
        absl::StartsWith(LimitsOf(field).pattern(), "[a-z0-9]"))
      return Id(field.name().substr(0, field.name().size() - 3));
    if (!LimitsOf(field).pattern().empty()) return Matching(field);
    std::string text = "text";
    if (LimitsOf(field).max_length() > 0)
      text.resize(std::min<size_t>(text.size(), static_cast<size_t>(LimitsOf(field).max_length())));
    return text;
  }

  // A text that matches the field's pattern, among those that this school might write.
  static std::string Matching(const pb::FieldDescriptor& field) {
    const RE2 pattern(LimitsOf(field).pattern());
    for (const char* text :
         {"x1", "EUR", "41", "44", "73282932000074", "54000", "732829320", "12345678901", "6201Z",
          "M1805", "5710", "zoe@example.org", "+33 3 83 00 00 00", "Europe/Paris", "abc",
          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"})
      if (RE2::FullMatch(text, pattern)) return text;
    ADD_FAILURE() << field.full_name() << ": give a text that matches " << pattern.pattern();
    return "";
  }
};

}  // namespace vivier::testing
