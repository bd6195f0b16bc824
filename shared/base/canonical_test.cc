#include "shared/base/canonical.h"

#include <algorithm>
#include <random>
#include <vector>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace vivier {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::Message;
using google::protobuf::Struct;

using Random = std::mt19937_64;

std::string Word(Random& random) {
  std::string word(random() % 12, ' ');
  for (char& character : word) character = static_cast<char>('a' + random() % 26);
  return word;
}

// A message with numbers, booleans, enums, strings, nested and repeated fields, some of them unset.
google::protobuf::DescriptorProto RandomMessage(Random& random) {
  google::protobuf::DescriptorProto message;
  if (random() % 4) message.set_name(Word(random));
  for (size_t i = random() % 4; i > 0; --i) {
    FieldDescriptorProto& field = *message.add_field();
    field.set_name(Word(random));
    field.set_number(static_cast<int>(random()));
    field.set_type(FieldDescriptorProto::TYPE_STRING);
    if (random() % 2) field.mutable_options()->set_packed(random() % 2);
  }
  for (size_t i = random() % 3; i > 0; --i) message.add_reserved_name(Word(random));
  if (random() % 2) message.mutable_options()->set_deprecated(random() % 2);
  for (size_t i = random() % 3; i > 0; --i)
    message.add_extension_range()->set_start(static_cast<int>(random()));
  return message;
}

// Serializes each top-level field on its own and joins the pieces in any order that keeps repeated
// elements in theirs.
std::string ShuffledWire(const Message& message, Random& random) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::shuffle(fields.begin(), fields.end(), random);
  std::string wire;
  for (const FieldDescriptor* field : fields) {
    std::unique_ptr<Message> part(message.New());
    part->CopyFrom(message);
    for (const FieldDescriptor* other : fields) {
      if (other != field) part->GetReflection()->ClearField(part.get(), other);
    }
    wire += part->SerializePartialAsString();
  }
  return wire;
}

TEST(CanonicalTest, TheOrderOnTheWireDoesNotMatter) {
  Random random(20261122);
  for (int i = 0; i < 2'000; ++i) {
    const auto message = RandomMessage(random);
    google::protobuf::DescriptorProto other;
    ASSERT_TRUE(other.ParseFromString(ShuffledWire(message, random)));
    ASSERT_EQ(CanonicalHash(message), CanonicalHash(other)) << message.ShortDebugString();
  }
}

TEST(CanonicalTest, TheOrderOfAMapDoesNotMatterButItsContentDoes) {
  Random random(7);
  std::vector<std::string> keys;
  for (int i = 0; i < 50; ++i) keys.push_back("key" + std::to_string(i));
  Struct first;
  for (const auto& key : keys) (*first.mutable_fields())[key].set_string_value(key);
  std::shuffle(keys.begin(), keys.end(), random);
  Struct second;
  for (const auto& key : keys) (*second.mutable_fields())[key].set_string_value(key);
  EXPECT_EQ(CanonicalHash(first), CanonicalHash(second));

  Struct changed = first;
  (*changed.mutable_fields())["key7"].set_string_value("key8");
  EXPECT_NE(CanonicalHash(first), CanonicalHash(changed));
  changed = first;
  changed.mutable_fields()->erase("key7");
  EXPECT_NE(CanonicalHash(first), CanonicalHash(changed));
  changed = first;
  std::swap((*changed.mutable_fields())["key1"], (*changed.mutable_fields())["key2"]);
  EXPECT_NE(CanonicalHash(first), CanonicalHash(changed));
}

TEST(CanonicalTest, AnEntryOfAMapCountsWhenItsValueIsEmpty) {
  Struct none, empty;
  (*empty.mutable_fields())[""];
  EXPECT_NE(CanonicalHash(none), CanonicalHash(empty));
}

// Changes one field of the message to another value, or clears it.
void ChangeOneField(Message& message, Random& random) {
  const auto& type = *message.GetDescriptor();
  const FieldDescriptor& field =
      *type.field(static_cast<int>(random() % static_cast<size_t>(type.field_count())));
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    if (reflection.FieldSize(message, &field) > 0) return reflection.RemoveLast(&message, &field);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
      return reflection.AddString(&message, &field, "new");
    reflection.AddMessage(&message, &field);
    return;
  }
  if (reflection.HasField(message, &field)) return reflection.ClearField(&message, &field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    return reflection.SetString(&message, &field, "");
  reflection.MutableMessage(&message, &field);
}

TEST(CanonicalTest, EverySingleChangeGivesAnotherHash) {
  Random random(42);
  for (int i = 0; i < 2'000; ++i) {
    const auto message = RandomMessage(random);
    auto changed = message;
    ChangeOneField(changed, random);
    ASSERT_NE(CanonicalHash(message), CanonicalHash(changed)) << message.ShortDebugString();
  }
}

TEST(CanonicalTest, RepeatedElementsKeepTheirOrderAndTheirBorders) {
  google::protobuf::DescriptorProto first, second, third;
  for (const char* name : {"ab", "c"}) first.add_reserved_name(name);
  for (const char* name : {"c", "ab"}) second.add_reserved_name(name);
  for (const char* name : {"a", "bc"}) third.add_reserved_name(name);
  EXPECT_NE(CanonicalHash(first), CanonicalHash(second));
  EXPECT_NE(CanonicalHash(first), CanonicalHash(third));
}

TEST(CanonicalTest, DefaultsAndUnknownFieldsDoNotCount) {
  google::rpc::ErrorInfo plain, dressed;
  plain.set_domain("vivier");
  dressed.set_domain("vivier");
  dressed.set_reason("");
  dressed.GetReflection()->MutableUnknownFields(&dressed)->AddVarint(99, 7);
  EXPECT_EQ(CanonicalHash(plain), CanonicalHash(dressed));
}

TEST(CanonicalTest, OnlyTheTopLevelRequestIdIsLeftOut) {
  google::rpc::RequestInfo first, second;
  first.set_request_id("a");
  second.set_request_id("b");
  EXPECT_EQ(CanonicalHash(first), CanonicalHash(second));
  second.set_serving_data("c");
  EXPECT_NE(CanonicalHash(first), CanonicalHash(second));
}

TEST(CanonicalTest, AnotherTypeWithTheSameFieldsIsAnotherRequest) {
  google::protobuf::StringValue text;
  google::protobuf::BytesValue bytes;
  text.set_value("a");
  bytes.set_value("a");
  EXPECT_NE(CanonicalHash(text), CanonicalHash(bytes));
}

}  // namespace
}  // namespace vivier
