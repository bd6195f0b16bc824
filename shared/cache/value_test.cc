#include "shared/cache/value.h"

#include "google/protobuf/struct.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace vivier::cache {
namespace {

constexpr absl::Time kThen = absl::FromUnixMillis(1'800'000'000'123);

TEST(ValueTest, ReadsWhatItWrote) {
  const security::Key mac_key = security::Key::Random();
  for (const std::string& payload : {std::string(), std::string("x"), std::string(5'000, '\0')}) {
    const auto decoded =
        DecodeValue(mac_key, "key", EncodeValue(mac_key, "key", 7, {1ull << 60, payload, kThen}));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->fingerprint, 7u);
    EXPECT_EQ(decoded->value.version, 1ull << 60);
    EXPECT_EQ(decoded->value.payload, payload);
    EXPECT_EQ(decoded->value.loaded_at, kThen);
  }
}

TEST(ValueTest, WhatIsOddIsRefused) {
  const security::Key mac_key = security::Key::Random();
  const std::string value = EncodeValue(mac_key, "key", 7, {3, "payload", kThen});
  ASSERT_TRUE(DecodeValue(mac_key, "key", value));
  EXPECT_FALSE(DecodeValue(security::Key::Random(), "key", value));
  EXPECT_FALSE(DecodeValue(mac_key, "other key", value));
  EXPECT_FALSE(DecodeValue(mac_key, "keyp", value));
  EXPECT_FALSE(DecodeValue(mac_key, "key", value + "x"));
  for (size_t size = 0; size < value.size(); ++size)
    EXPECT_FALSE(DecodeValue(mac_key, "key", value.substr(0, size)));
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string changed = value;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeValue(mac_key, "key", changed)) << bit;
  }
}

// A byte that moves from the key to the payload is another value.
TEST(ValueTest, KeyAndPayloadAreApart) {
  const security::Key mac_key = security::Key::Random();
  const std::string value = EncodeValue(mac_key, "ab", 7, {3, "c", kThen});
  std::string moved = value.substr(0, value.size() - 1) + "bc";
  EXPECT_FALSE(DecodeValue(mac_key, "a", moved));
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
