#include "shared/security/redact.h"

#include <memory>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::security {
namespace {

// A person's file as the .proto files declare one, without a service of ours to depend on.
constexpr char kFile[] = R"pb(
  name: "person.proto"
  package: "test"
  syntax: "proto3"
  dependency: "vivier/options/v1/options.proto"
  message_type {
    name: "Person"
    field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field {
      name: "email"
      number: 2
      type: TYPE_STRING
      label: LABEL_OPTIONAL
      options {
        [vivier.options.v1.pii]: true
      }
    }
    field {
      name: "phones"
      number: 3
      type: TYPE_STRING
      label: LABEL_REPEATED
      options {
        [vivier.options.v1.pii]: true
      }
    }
    field {
      name: "address"
      number: 4
      type: TYPE_MESSAGE
      type_name: ".test.Person"
      label: LABEL_OPTIONAL
      options {
        [vivier.options.v1.pii]: true
      }
    }
    field {
      name: "tutor"
      number: 5
      type: TYPE_MESSAGE
      type_name: ".test.Person"
      label: LABEL_OPTIONAL
    }
    field {
      name: "age"
      number: 6
      type: TYPE_INT32
      label: LABEL_OPTIONAL
      options {
        [vivier.options.v1.pii]: true
      }
    }
    field { name: "seats" number: 7 type: TYPE_INT32 label: LABEL_REPEATED }
    field { name: "photo" number: 8 type: TYPE_BYTES label: LABEL_OPTIONAL }
    field {
      name: "notes"
      number: 9
      type: TYPE_MESSAGE
      type_name: ".test.Person.NotesEntry"
      label: LABEL_REPEATED
    }
    nested_type {
      name: "NotesEntry"
      options { map_entry: true }
      field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
      field {
        name: "value"
        number: 2
        type: TYPE_MESSAGE
        type_name: ".test.Person"
        label: LABEL_OPTIONAL
      }
    }
  }
)pb";

class RedactTest : public testing::Test {
 protected:
  RedactTest() : pool_(google::protobuf::DescriptorPool::generated_pool()), factory_(&pool_) {
    options::v1::Limits::descriptor();  // links the file that declares the options
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kFile, &file));
    type_ = pool_.BuildFile(file)->FindMessageTypeByName("Person");
  }

  std::string Shown(const std::string& text) {
    std::unique_ptr<google::protobuf::Message> person(factory_.GetPrototype(type_)->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, person.get())) << text;
    return Redacted(*person);
  }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  const google::protobuf::Descriptor* type_ = nullptr;
};

TEST_F(RedactTest, HidesPersonalDataAtEveryDepth) {
  const struct {
    std::string message, shown;
  } rows[] = {
      {"", ""},
      {R"(name: "schools/nancy" email: "a@b.fr")", R"(name: "schools/nancy" email: …)"},
      {R"(phones: "1" phones: "2" age: 31 seats: 4 seats: -5)",
       "phones: … phones: … age: … seats: 4 seats: -5"},
      {R"(address { name: "Nancy" })", "address: …"},
      {R"(tutor { name: "t" email: "a@b.fr" tutor { age: 7 } })",
       R"(tutor { name: "t" email: … tutor { age: … } })"},
      {R"(notes { key: "k" value { email: "a@b.fr" name: "n" } })",
       R"(notes { key: "k" value { name: "n" email: … } })"},
      {R"(photo: "secret")", "photo: <6 bytes>"},
      {R"(name: "a\"b\nc")", R"(name: "a\"b\nc")"},
  };
  for (const auto& row : rows) EXPECT_EQ(Shown(row.message), row.shown);
}

TEST_F(RedactTest, StopsAtItsDepthAndLength) {
  std::string nested = "name: 'canary'";
  for (int i = 0; i < 50; ++i) nested = "tutor { " + nested + " }";
  EXPECT_EQ(Shown(nested).find("canary"), std::string::npos);

  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "seats: 1234567 ";
  const std::string shown = Shown(many);
  EXPECT_LT(shown.size(), 2'100u);
  EXPECT_EQ(shown.substr(shown.size() - 4), " …");

  EXPECT_LT(Shown("name: '" + std::string(5'000, 'n') + "'").size(), 200u);
}

TEST_F(RedactTest, KeepsALogLineOneLine) {
  const std::string shown = Shown("name: 'a\\r\\nb\\033[31m\\000\\377'");
  for (char c : shown) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << shown;
}

}  // namespace
}  // namespace vivier::security
