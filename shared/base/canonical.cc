#include "shared/base/canonical.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "shared/base/hash.h"

namespace vivier {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void Append(uint64_t number, size_t size, std::string& out) {
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

void AppendNumber(uint64_t number, std::string& out) { Append(number, 8, out); }

void AppendText(const std::string& text, std::string& out) {
  Append(text.size(), 4, out);
  out += text;
}

void AppendMessage(const Message& message, bool is_request, std::string& out);

void AppendNested(const Message& message, std::string& out) {
  const size_t start = out.size();
  Append(0, 4, out);
  AppendMessage(message, false, out);
  const size_t length = out.size() - start - 4;
  for (size_t i = 0; i < 4; ++i) out[start + i] = static_cast<char>(length >> (8 * i));
}

// `index` is -1 for a singular field.
void AppendValue(const Message& message, const FieldDescriptor& field, int index,
                 std::string& out) {
  const Reflection& reflection = *message.GetReflection();
  const bool one = index < 0;
  std::string scratch;
  switch (field.cpp_type()) {
#define NUMBER(CASE, GETTER, CONVERT)                                                          \
  case FieldDescriptor::CASE:                                                                  \
    return AppendNumber(CONVERT(one ? reflection.Get##GETTER(message, &field)                  \
                                    : reflection.GetRepeated##GETTER(message, &field, index)), \
                        out);
    NUMBER(CPPTYPE_INT32, Int32, static_cast<uint64_t>)
    NUMBER(CPPTYPE_INT64, Int64, static_cast<uint64_t>)
    NUMBER(CPPTYPE_UINT32, UInt32, uint64_t)
    NUMBER(CPPTYPE_UINT64, UInt64, uint64_t)
    NUMBER(CPPTYPE_BOOL, Bool, uint64_t)
    NUMBER(CPPTYPE_ENUM, EnumValue, static_cast<uint64_t>)
    NUMBER(CPPTYPE_DOUBLE, Double, std::bit_cast<uint64_t>)
    NUMBER(CPPTYPE_FLOAT, Float, std::bit_cast<uint32_t>)
#undef NUMBER
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendText(
          one ? reflection.GetStringReference(message, &field, &scratch)
              : reflection.GetRepeatedStringReference(message, &field, index, &scratch),
          out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendNested(one ? reflection.GetMessage(message, &field)
                              : reflection.GetRepeatedMessage(message, &field, index),
                          out);
  }
}

void AppendMap(const Message& message, const FieldDescriptor& field, int count, std::string& out) {
  const auto& entry_type = *field.message_type();
  std::vector<std::pair<std::string, std::string>> entries(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    auto& [key, value] = entries[static_cast<size_t>(i)];
    AppendValue(entry, *entry_type.map_key(), -1, key);
    AppendValue(entry, *entry_type.map_value(), -1, value);
  }
  std::sort(entries.begin(), entries.end());
  for (const auto& [key, value] : entries) out += key + value;
}

void AppendField(const Message& message, const FieldDescriptor& field, std::string& out) {
  const int count = field.is_repeated() ? message.GetReflection()->FieldSize(message, &field) : 1;
  Append(static_cast<uint64_t>(field.number()), 4, out);
  Append(static_cast<uint64_t>(count), 4, out);
  if (field.is_map()) return AppendMap(message, field, count, out);
  if (!field.is_repeated()) return AppendValue(message, field, -1, out);
  for (int i = 0; i < count; ++i) AppendValue(message, field, i, out);
}

void AppendMessage(const Message& message, bool is_request, std::string& out) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);  // in the order of their numbers
  for (const FieldDescriptor* field : set) {
    if (!is_request || field->name() != "request_id") AppendField(message, *field, out);
  }
}

}  // namespace

std::string CanonicalHash(const Message& message) {
  std::string form;
  AppendText(message.GetDescriptor()->full_name(), form);
  AppendMessage(message, true, form);
  return Sha256(form);
}

}  // namespace vivier
