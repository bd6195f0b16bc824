#include "shared/formats/json_error.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "re2/re2.h"

namespace vivier::formats {
namespace {

// "A, B or C"; without the value that stands for none, which is refused where one is needed.
std::string ValuesOf(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> values;
  for (int i = 0; i < type.value_count(); ++i)
    if (type.value(i)->number() != 0) values.push_back(std::string(type.value(i)->name()));
  if (values.empty()) return "";
  const std::string last = values.back();
  values.pop_back();
  return values.empty() ? last : absl::StrCat(absl::StrJoin(values, ", "), " or ", last);
}

// "TYPE_INT64" → "a number of type int64"; "" for what it does not know.
std::string ValuesOf(absl::string_view type) {
  if (absl::ConsumePrefix(&type, "type.googleapis.com/")) {
    const auto* values =
        google::protobuf::DescriptorPool::generated_pool()->FindEnumTypeByName(std::string(type));
    return values == nullptr ? absl::StrCat("a ", type) : ValuesOf(*values);
  }
  return absl::ConsumePrefix(&type, "TYPE_") ? "of type " + absl::AsciiStrToLower(type) : "";
}

}  // namespace

std::string JsonComplaint(absl::string_view said) {
  static const RE2& wrong_value = *new RE2(R"re(\(([^)]*)\): invalid value (.*) for type (\S+))re");
  static const RE2& unknown = *new RE2(R"re((?:\(([^)]*)\):? )?(\S+): Cannot find field)re");
  std::string field, value, type;
  if (RE2::FullMatch(re2::StringPiece(said.data(), said.size()), unknown, &field, &value))
    return absl::StrCat("there is no field ", field, field.empty() ? "" : ".", value);
  if (!RE2::FullMatch(re2::StringPiece(said.data(), said.size()), wrong_value, &field, &value,
                      &type))
    return std::string(said);
  const std::string values = ValuesOf(type);
  return values.empty() ? std::string(said)
                        : absl::StrCat(field, " is ", value, ", and is to be ", values);
}

std::string JsonFault(absl::string_view message) {
  const std::vector<absl::string_view> lines = absl::StrSplit(message, '\n');
  return absl::StrCat(JsonComplaint(absl::StripSuffix(lines[0], ".")),
                      lines.size() > 1 ? absl::StrCat(" at `", lines[1], "`") : std::string());
}

}  // namespace vivier::formats
