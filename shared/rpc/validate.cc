#include "shared/rpc/validate.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "google/api/field_info.pb.h"
#include "google/api/resource.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/type/date.pb.h"
#include "re2/re2.h"
#include "shared/base/date.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/status.h"
#include "shared/base/unicode.h"
#include "shared/base/uuid.h"
#include "shared/service/method.h"
#include "shared/service/standard.h"
#include "shared/storage/rows/filter.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;
using pb::FieldDescriptor;

constexpr int kViolationsMax = 100;

struct FieldRule {
  const FieldDescriptor* field;
  bool required = false;
  bool output_only = false;
  bool uuid = false;
  options::v1::Limits limits;
  std::unique_ptr<RE2> pattern;
  Written written = Written::kLine;
  std::vector<std::string> name_pattern;  // segments of a resource name, "{}" for a variable one
};

using Rules = std::vector<FieldRule>;

std::vector<std::string> NamePattern(const FieldDescriptor* field) {
  const auto& reference = field->options().GetExtension(google::api::resource_reference);
  const bool of_parent = reference.type().empty() && !reference.child_type().empty();
  std::string type = of_parent ? reference.child_type() : reference.type();
  if (type.empty() && field->name() == "name")
    type = field->containing_type()->options().GetExtension(google::api::resource).type();
  const pb::Descriptor* resource = ResourceType(type);
  if (resource == nullptr) return {};
  const google::api::ResourceDescriptor& option =
      resource->options().GetExtension(google::api::resource);
  if (option.pattern_size() != 1) return {};  // several shapes: the handler tells which it knows
  std::vector<std::string> segments = absl::StrSplit(option.pattern(0), '/');
  if (of_parent) segments.resize(segments.size() - (segments.back().front() == '{' ? 2 : 1));
  for (std::string& segment : segments)
    if (segment.front() == '{') segment = "{}";
  return segments;
}

FieldRule RuleOf(const FieldDescriptor* field) {
  FieldRule rule;
  rule.field = field;
  rule.required = Behaves(*field, google::api::REQUIRED);
  // An IDENTIFIER is the server's to give at a creation and the caller's to repeat at an update;
  // both check it there.
  rule.output_only = Behaves(*field, google::api::OUTPUT_ONLY);
  rule.uuid = field->options().GetExtension(google::api::field_info).format() ==
              google::api::FieldInfo::UUID4;
  rule.limits = field->options().GetExtension(options::v1::limits);
  rule.name_pattern = NamePattern(field);
  if (rule.limits.max_length() == 0) {
    const std::string& name = field->name();
    const bool names_resource = name == "name" || name == "parent" ||
                                field->options().HasExtension(google::api::resource_reference);
    if (names_resource) rule.limits.set_max_length(kNameLengthMax);
    if (name == "filter") rule.limits.set_max_length(storage::kFilterLengthMax);
    if (name == "order_by") rule.limits.set_max_length(storage::kOrderLengthMax);
    if (name == "page_token" || name == "etag") rule.limits.set_max_length(kPageTokenLengthMax);
  }
  if (rule.limits.max_length() == 0 || rule.limits.max_length() > kLineLengthMax)
    rule.written = Written::kText;
  if (!rule.limits.pattern().empty()) rule.pattern = std::make_unique<RE2>(rule.limits.pattern());
  return rule;
}

const Rules& RulesOf(const pb::Descriptor* type) {
  static std::mutex& mutex = *new std::mutex;
  static auto& all = *new std::map<const pb::Descriptor*, std::unique_ptr<Rules>>;
  thread_local std::map<const pb::Descriptor*, const Rules*> known;
  const Rules*& mine = known[type];
  if (mine != nullptr) return *mine;
  std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Rules>& rules = all[type];
  if (rules == nullptr) {
    rules = std::make_unique<Rules>();
    for (int i = 0; i < type->field_count(); ++i) rules->push_back(RuleOf(type->field(i)));
  }
  return *(mine = rules.get());
}

int Characters(const std::string& text) {
  int count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// An id is [a-z0-9][a-z0-9._-]*; by hand, because every request names something.
bool IsId(absl::string_view text) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || !is_plain(text.front())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_plain(c) || c == '.' || c == '_' || c == '-'; });
}

bool FitsName(const std::string& name, const std::vector<std::string>& pattern) {
  auto expected = pattern.begin();
  for (absl::string_view segment : absl::StrSplit(name, '/')) {
    if (expected == pattern.end()) return false;
    if (*expected == "{}" ? !IsId(segment) : segment != *expected) return false;
    ++expected;
  }
  return expected == pattern.end();
}

bool IsRealDate(const google::type::Date& date) {
  return date.year() >= 1900 && date.year() <= 2200 && IsDate(date);
}

// A resource of which its update changes some fields only: the others need not be complete.
struct Masked {
  const pb::Message* resource = nullptr;  // null where there is none
  std::set<const FieldDescriptor*> fields = {};
};

class Validator {
 public:
  Validator(const Masked& masked, const FieldDescriptor* items) : masked_(masked), items_(items) {}

  void Check(pb::Message& message, const std::string& prefix) {
    const pb::Reflection& reflection = *message.GetReflection();
    const bool partial = &message == masked_.resource;
    for (const FieldRule& rule : RulesOf(message.GetDescriptor())) {
      const FieldDescriptor* field = rule.field;
      if (rule.output_only) {
        reflection.ClearField(&message, field);
        continue;
      }
      const std::string path = absl::StrCat(prefix, field->name());
      if (rule.required && !IsSet(message, *field) && (!partial || masked_.fields.count(field) > 0))
        Wrong(path, "is required");
      if (field->is_repeated()) {
        CheckRepeated(message, rule, path);
      } else if (IsSet(message, *field)) {
        CheckOne(message, rule, path);
      }
    }
    reflection.MutableUnknownFields(&message)->Clear();
  }

  absl::Status Result() const {
    if (!violations_.has_value()) return absl::OkStatus();
    const auto& first = violations_->field_violations(0);
    absl::Status status = InvalidField(first.field(), first.description());
    status.SetPayload(
        absl::StrCat("type.googleapis.com/", violations_->GetDescriptor()->full_name()),
        absl::Cord(violations_->SerializeAsString()));
    return status;
  }

 private:
  void CheckRepeated(pb::Message& message, const FieldRule& rule, const std::string& path) {
    const pb::Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, rule.field);
    if (rule.limits.max_items() > 0 && size > rule.limits.max_items())
      return Wrong(path, absl::StrCat("has more than ", rule.limits.max_items(), " elements"));
    if (rule.field == items_) return;
    for (int i = 0; i < size; ++i) {
      const std::string element = absl::StrCat(path, "[", i, "]");
      if (rule.field->message_type() != nullptr) {
        CheckMessage(*reflection.MutableRepeatedMessage(&message, rule.field, i), element);
      } else if (rule.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        CheckText(reflection.GetRepeatedString(message, rule.field, i), rule, element);
      } else if (rule.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        CheckEnum(reflection.GetRepeatedEnumValue(message, rule.field, i), rule, element);
      }
    }
  }

  void CheckOne(pb::Message& message, const FieldRule& rule, const std::string& path) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (rule.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return CheckMessage(*reflection.MutableMessage(&message, rule.field), path);
      case FieldDescriptor::CPPTYPE_STRING:
        return CheckText(reflection.GetString(message, rule.field), rule, path);
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(reflection.GetEnumValue(message, rule.field), rule, path);
      case FieldDescriptor::CPPTYPE_INT32:
        return CheckNumber(reflection.GetInt32(message, rule.field), rule, path);
      case FieldDescriptor::CPPTYPE_INT64:
        return CheckNumber(reflection.GetInt64(message, rule.field), rule, path);
      case FieldDescriptor::CPPTYPE_UINT32:
        return CheckNumber(reflection.GetUInt32(message, rule.field), rule, path);
      default:
        return;
    }
  }

  void CheckMessage(pb::Message& message, const std::string& path) {
    if (message.GetDescriptor()->full_name() == "google.type.Date") {
      if (!IsRealDate(static_cast<const google::type::Date&>(message)))
        Wrong(path, "is no date of the calendar");
      return;
    }
    Check(message, path + ".");
  }

  void CheckText(const std::string& text, const FieldRule& rule, const std::string& path) {
    const bool bytes = rule.field->type() == FieldDescriptor::TYPE_BYTES;
    const int length = bytes ? static_cast<int>(text.size()) : Characters(text);
    if (rule.limits.max_length() > 0 && length > rule.limits.max_length())
      return Wrong(path, absl::StrCat("is longer than ", rule.limits.max_length(),
                                      bytes ? " bytes" : " characters"));
    if (bytes) return;
    if (rule.required && IsBlank(text)) return Wrong(path, "is blank");
    if (const auto forbidden = FindForbidden(text, rule.written); forbidden.has_value())
      return Wrong(path, Describe(*forbidden));
    if (rule.uuid && !IsUuid(text)) return Wrong(path, "is no UUID");
    if (rule.pattern != nullptr && !RE2::FullMatch(text, *rule.pattern))
      return Wrong(path, absl::StrCat("does not match ", rule.limits.pattern()));
    if (!rule.name_pattern.empty() && !FitsName(text, rule.name_pattern))
      Wrong(path, absl::StrCat("is no name of the form ", absl::StrJoin(rule.name_pattern, "/")));
  }

  void CheckEnum(int value, const FieldRule& rule, const std::string& path) {
    if (rule.field->enum_type()->FindValueByNumber(value) == nullptr)
      Wrong(path, absl::StrCat(value, " is no value of ", rule.field->enum_type()->name()));
  }

  void CheckNumber(int64_t value, const FieldRule& rule, const std::string& path) {
    if (rule.limits.min() == 0 && rule.limits.max() == 0) return;
    if (value < rule.limits.min() || value > rule.limits.max())
      Wrong(path, absl::StrCat("must be from ", rule.limits.min(), " to ", rule.limits.max()));
  }

  void Wrong(const std::string& path, absl::string_view why) {
    if (!violations_.has_value()) violations_.emplace();
    if (violations_->field_violations_size() >= kViolationsMax) return;
    auto& violation = *violations_->add_field_violations();
    violation.set_field(path);
    violation.set_description(std::string(why));
  }

  const Masked& masked_;
  const FieldDescriptor* const items_;
  std::optional<google::rpc::BadRequest> violations_;
};

// Whether the update may create what is missing, which takes a whole resource.
bool MayCreate(const pb::Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("allow_missing");
  return field != nullptr && request.GetReflection()->GetBool(request, field);
}

// What an update changes; nothing of it where it is none, or may create what is missing.
absl::StatusOr<Masked> MaskedOf(const pb::Message& request) {
  if (request.GetDescriptor()->FindFieldByName("update_mask") == nullptr) return Masked();
  for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = request.GetDescriptor()->field(i);
    if (field->message_type() == nullptr || field->is_repeated() ||
        !field->message_type()->options().HasExtension(google::api::resource))
      continue;
    const pb::Message& resource = request.GetReflection()->GetMessage(request, field);
    ASSIGN_OR_RETURN(const std::vector<const FieldDescriptor*> fields,
                     UpdatedFields(UpdateMaskOf(request), resource));
    if (MayCreate(request)) break;
    return Masked{&resource, {fields.begin(), fields.end()}};
  }
  return Masked();
}

}  // namespace

absl::Status Validate(pb::Message& request, const FieldDescriptor* items) {
  ASSIGN_OR_RETURN(const Masked masked, MaskedOf(request));
  Validator validator(masked, items);
  validator.Check(request, "");
  return validator.Result();
}

}  // namespace vivier::rpc
