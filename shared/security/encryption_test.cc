#include "shared/security/encryption.h"

#include <chrono>
#include <iostream>
#include <set>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::security {
namespace {

TEST(SealTest, OpensWhatItSealed) {
  const Key key = Key::Random();
  for (size_t size : {0u, 1u, 15u, 16u, 17u, 100u, 100'000u}) {
    const std::string plaintext(size, 'p');
    const std::string encrypted = Encrypt(key, plaintext, "schools/nancy/people/1");
    EXPECT_EQ(encrypted.size(), size + 28);
    const auto opened = Decrypt(key, encrypted, "schools/nancy/people/1");
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, plaintext);
  }
}

TEST(SealTest, EveryChangedBitIsSeen) {
  const Key key = Key::Random();
  const std::string encrypted = Encrypt(key, "a name", "place");
  for (size_t bit = 0; bit < encrypted.size() * 8; ++bit) {
    std::string changed = encrypted;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_EQ(ReasonOf(Decrypt(key, changed, "place").status()), "DECRYPTION_FAILED") << bit;
  }
}

TEST(SealTest, RefusesAnotherKeyAnotherPlaceAndPieces) {
  const Key key = Key::Random();
  const std::string encrypted = Encrypt(key, "a name", "place");
  EXPECT_EQ(Decrypt(Key::Random(), encrypted, "place").status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Decrypt(key, encrypted, "plac").ok());
  EXPECT_FALSE(Decrypt(key, encrypted, "").ok());
  for (size_t size = 0; size < encrypted.size(); ++size)
    EXPECT_FALSE(Decrypt(key, encrypted.substr(0, size), "place").ok());
  EXPECT_FALSE(Decrypt(key, encrypted + '\0', "place").ok());
  EXPECT_TRUE(Decrypt(key, encrypted, "place").ok())
      << "a failure must not spoil the thread's context";
}

TEST(SealTest, NeverUsesANonceTwice) {
  const Key key = Key::Random();
  std::set<std::string> nonces;
  for (int i = 0; i < 20'000; ++i) nonces.insert(Encrypt(key, "", "").substr(0, 12));
  EXPECT_EQ(nonces.size(), 20'000u);
}

// The values of a published example (McGrew and Viega, test case 16) prove that this is
// AES-256-GCM.
TEST(SealTest, OpensAPublishedExample) {
  const auto bytes = [](absl::string_view hex) {
    std::string text;
    for (size_t i = 0; i < hex.size(); i += 2)
      text.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return text;
  };
  const auto key =
      Key::FromBytes(bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  ASSERT_TRUE(key.ok());
  const std::string encrypted = bytes(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = Decrypt(*key, encrypted, bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                           "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST(SealTest, AKeyHasThirtyTwoBytes) {
  EXPECT_FALSE(Key::FromBytes(std::string(31, 'k')).ok());
  EXPECT_FALSE(Key::FromBytes(std::string(33, 'k')).ok());
  EXPECT_NE(Key::Random().bytes(), Key::Random().bytes());
}

TEST(SealTest, ShortValuesTakeMicroseconds) {
  const Key key = Key::Random();
  const std::string plaintext(100, 'p');
  constexpr int kRounds = 100'000;
  size_t encrypted = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) encrypted += Encrypt(key, plaintext, "place").size();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  std::cout << "encryption of 100 bytes: " << spent.count() / kRounds << " ns\n";
  EXPECT_EQ(encrypted, 128u * kRounds);
  EXPECT_LT(spent.count() / kRounds, 50'000)
      << "a context or an algorithm is looked up at every call";
}

}  // namespace
}  // namespace vivier::security
