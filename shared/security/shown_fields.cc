#include "shared/security/shown_fields.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/error.h"
#include "shared/base/status.h"

namespace vivier::security {

namespace pb = google::protobuf;
using pb::FieldDescriptor;

ShownFields ShownFields::All() {
  ShownFields all;
  all.all_ = true;
  return all;
}

absl::StatusOr<ShownFields> ShownFields::Parse(const pb::Descriptor& type, absl::string_view text) {
  if (text == "*") return All();
  ShownFields fields;
  for (absl::string_view path : absl::StrSplit(text, ' ', absl::SkipEmpty()))
    RETURN_IF_ERROR(fields.Add(type, path));
  return fields;
}

absl::Status ShownFields::Add(const pb::Descriptor& type, absl::string_view path) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(path, absl::MaxSplits('.', 1));
  const FieldDescriptor* field = type.FindFieldByName(parts.first);
  if (field == nullptr || (!parts.second.empty() && field->message_type() == nullptr))
    return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
                 absl::StrCat("a view of ", type.full_name(), " names the field \"", path,
                              "\", which it does not have"));
  ShownFields& below = some_[field];
  if (!parts.second.empty()) return below.Add(*field->message_type(), parts.second);
  below = All();
  return absl::OkStatus();
}

bool ShownFields::Has(const FieldDescriptor& field) const {
  return all_ || some_.count(&field) > 0;
}

bool ShownFields::HasAllOf(const FieldDescriptor& field) const {
  const auto found = some_.find(&field);
  return all_ || (found != some_.end() && found->second.all_);
}

void ShownFields::Join(const ShownFields& more) {
  if (all_) return;
  if (more.all_) *this = All();
  for (const auto& [field, below] : more.some_) some_[field].Join(below);
}

void ShownFields::Meet(const ShownFields& other) {
  if (other.all_) return;
  if (all_) {
    *this = other;
    return;
  }
  for (auto each = some_.begin(); each != some_.end();) {
    const auto same = other.some_.find(each->first);
    if (same != other.some_.end()) each->second.Meet(same->second);
    each = same == other.some_.end() ? some_.erase(each) : std::next(each);
  }
}

void ShownFields::ClearOthers(pb::Message& message) const {
  if (all_) return;
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const auto shown = some_.find(field);
    if (shown == some_.end()) {
      reflection.ClearField(&message, field);
    } else if (shown->second.all_) {
      continue;
    } else if (!field->is_repeated()) {
      shown->second.ClearOthers(*reflection.MutableMessage(&message, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        shown->second.ClearOthers(*reflection.MutableRepeatedMessage(&message, field, i));
    }
  }
}

std::vector<std::string> ShownFields::Paths(const pb::Descriptor& type) const {
  if (all_) return {"*"};
  std::vector<std::string> paths;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const auto shown = some_.find(field);
    if (shown == some_.end()) continue;
    if (shown->second.all_) paths.push_back(field->name());
    if (shown->second.all_ || field->message_type() == nullptr) continue;
    for (const std::string& path : shown->second.Paths(*field->message_type()))
      paths.push_back(absl::StrCat(field->name(), ".", path));
  }
  return paths;
}

}  // namespace vivier::security
