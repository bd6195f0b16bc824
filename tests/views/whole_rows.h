// Rows of the messages with views in which every field is set, personal data among them, so that
// whatever an answer may show is there to be shown. Stateless.
#pragma once

#include <memory>
#include <string>

#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "tests/rpc/base_request.h"
#include "tests/rpc/filled_rows.h"

namespace vivier::testing {

class WholeRow {
 public:
  static Row Of(const pb::Descriptor& resource) {
    Row row = FilledRow::Of(
        resource, [](const pb::Descriptor& type) { return BaseRequest::Name(PatternOf(type)); },
        "schools/nancy/candidates/x1");
    if (resource.options().ExtensionSize(options::v1::view) > 0) Complete(*row);
    return row;
  }

 private:
  static void Complete(pb::Message& message) {
    const pb::Reflection& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const pb::FieldDescriptor& field = *message.GetDescriptor()->field(i);
      if (field.name() == "etag") continue;
      if (field.is_repeated()) {
        CompleteList(message, field);
      } else if (field.message_type() != nullptr) {
        CompleteMessage(*reflection.MutableMessage(&message, &field));
      } else if (!reflection.HasField(message, &field)) {
        Set(message, field);
      }
    }
  }

  static void CompleteList(pb::Message& message, const pb::FieldDescriptor& field) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (field.message_type() == nullptr) {
      if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
        reflection.AddString(&message, &field, "text");
      return;
    }
    if (reflection.FieldSize(message, &field) == 0) reflection.AddMessage(&message, &field);
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
      CompleteMessage(*reflection.MutableRepeatedMessage(&message, &field, i));
  }

  // Times lie far ahead, so that nothing is due.
  static void CompleteMessage(pb::Message& message) {
    if (auto* time = dynamic_cast<pb::Timestamp*>(&message)) {
      time->set_seconds(2'200'000'000);
    } else if (auto* date = dynamic_cast<google::type::Date*>(&message)) {
      date->set_year(2039);
      date->set_month(10);
      date->set_day(5);
    } else {
      Complete(message);
    }
  }

  // A price is the sum of its two parts.
  static void Set(pb::Message& message, const pb::FieldDescriptor& field) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnum(&message, &field, field.enum_type()->value(1));
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, &field, "text");
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, &field, 1);
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, &field, field.name() == "price_cents" ? 2 : 1);
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, &field, true);
      default:
        return;
    }
  }
};

}  // namespace vivier::testing
