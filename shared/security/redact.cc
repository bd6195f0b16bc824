#include "shared/security/redact.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::security {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kLengthMax = 2048;
constexpr size_t kTextMax = 128;
constexpr int kDepthMax = 8;
constexpr absl::string_view kHidden = "…";

class Printer {
 public:
  std::string Print(const Message& message) {
    Append(message, 0);
    return std::move(out_);
  }

 private:
  void Append(const Message& message, int depth) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const int count =
          field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
      for (int i = 0; i < count; ++i) {
        if (out_.size() >= kLengthMax) return Cut();
        if (!out_.empty()) out_ += ' ';
        absl::StrAppend(&out_, field->name());
        AppendValue(message, *field, field->is_repeated() ? i : -1, depth);
      }
    }
  }

  void AppendValue(const Message& message, const FieldDescriptor& field, int index, int depth) {
    if (field.options().GetExtension(options::v1::pii)) {
      absl::StrAppend(&out_, ": ", kHidden);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AppendNested(message, field, index, depth);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      absl::StrAppend(&out_, ": ", TextOf(message, field, index));
    } else {
      std::string number;
      google::protobuf::TextFormat::PrintFieldValueToString(message, &field, index, &number);
      absl::StrAppend(&out_, ": ", number);
    }
  }

  void AppendNested(const Message& message, const FieldDescriptor& field, int index, int depth) {
    out_ += " {";
    if (depth + 1 >= kDepthMax) {
      absl::StrAppend(&out_, " ", kHidden);
    } else {
      const auto& reflection = *message.GetReflection();
      Append(index < 0 ? reflection.GetMessage(message, &field)
                       : reflection.GetRepeatedMessage(message, &field, index),
             depth + 1);
    }
    out_ += " }";
  }

  static std::string TextOf(const Message& message, const FieldDescriptor& field, int index) {
    std::string scratch;
    const auto& reflection = *message.GetReflection();
    const std::string& text =
        index < 0 ? reflection.GetStringReference(message, &field, &scratch)
                  : reflection.GetRepeatedStringReference(message, &field, index, &scratch);
    if (field.type() == FieldDescriptor::TYPE_BYTES)
      return absl::StrCat("<", text.size(), " bytes>");
    if (text.size() <= kTextMax) return absl::StrCat("\"", absl::CHexEscape(text), "\"");
    return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kTextMax)), "\"", kHidden);
  }

  void Cut() {
    if (!is_cut_) absl::StrAppend(&out_, " ", kHidden);
    is_cut_ = true;
  }

  std::string out_;
  bool is_cut_ = false;
};

}  // namespace

std::string Redacted(const Message& message) { return Printer().Print(message); }

}  // namespace vivier::security
