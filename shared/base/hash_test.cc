#include "shared/base/hash.h"

#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace vivier {
namespace {

TEST(HashTest, GivesTheValuesOfThePublishedExamples) {
  const struct {
    std::string data, hash;
  } rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(Hex(Sha256(row.data)), row.hash) << row.data.size() << " bytes";
}

// RFC 4231, cases 1, 2, 3 and 6.
TEST(HashTest, HmacGivesTheValuesOfThePublishedExamples) {
  const struct {
    std::string key, text, code;
  } rows[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Hex(HmacSha256(row.key, {row.text})), row.code) << row.text;
    EXPECT_EQ(Hex(HmacSha256(row.key, {row.text})), row.code) << "by a key that is kept";
    EXPECT_EQ(Hex(HmacSha256(row.key, {row.text.substr(0, 3), "", row.text.substr(3)})), row.code);
  }
}

TEST(HashTest, ChainTellsEverySplitOfTheSameBytesApart) {
  const std::vector<std::vector<absl::string_view>> records = {
      {}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a", "", "b"}};
  std::set<std::string> hashes;
  for (const auto& fields : records) {
    hashes.insert(ChainHash("", fields));
    hashes.insert(ChainHash("ab", fields));
  }
  EXPECT_EQ(hashes.size(), 2 * records.size());
}

TEST(HashTest, ChainHashesTheBytesThatItsFormatDraws) {
  const std::string form =
      std::string("\x02\0\0\0\0\0\0\0", 8) + "ab" + std::string("\x01\0\0\0\0\0\0\0", 8) + "c";
  EXPECT_EQ(ChainHash("ab", {"c"}), Sha256(form));
}

TEST(HashTest, ThreadsDoNotDisturbEachOther) {
  const std::string expected = Sha256("abc");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (auto& count : wrong) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 10'000; ++i) count += Sha256("abc") != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace vivier
