#include "shared/cache/value.h"

#include "google/protobuf/struct.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace vivier::cache {
namespace {

TEST(ValueTest, ReadsWhatItWrote) {
  for (const std::string& payload : {std::string(), std::string("x"), std::string(5'000, '\0')}) {
    const auto value = DecodeValue("key", 7, EncodeValue("key", 7, 1ull << 60, payload));
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->version, 1ull << 60);
    EXPECT_EQ(value->payload, payload);
  }
}

TEST(ValueTest, WhatIsOddIsAMiss) {
  const std::string value = EncodeValue("key", 7, 3, "payload");
  EXPECT_FALSE(DecodeValue("other key", 7, value));
  EXPECT_FALSE(DecodeValue("key", 8, value));
  EXPECT_FALSE(DecodeValue("key", 7, value + "x"));
  for (size_t size = 0; size < value.size(); ++size)
    EXPECT_FALSE(DecodeValue("key", 7, value.substr(0, size)));
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string changed = value;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeValue("key", 7, changed)) << bit;
  }
}

TEST(ValueTest, FingerprintsTellSchemasApart) {
  const uint64_t structure = SchemaFingerprint(*google::protobuf::Struct::descriptor());
  EXPECT_EQ(structure, SchemaFingerprint(*google::protobuf::Struct::descriptor()));
  EXPECT_NE(structure, SchemaFingerprint(*google::protobuf::Value::descriptor()));
  EXPECT_NE(SchemaFingerprint(*google::rpc::BadRequest::descriptor()),
            SchemaFingerprint(*google::rpc::Help::descriptor()));
}

}  // namespace
}  // namespace vivier::cache
