#include "shared/rotation/place.h"

#include "gtest/gtest.h"

namespace vivier::rotation {
namespace {

TEST(Place, IsReadAsItWasWritten) {
  const Place places[] = {{},
                          {"cohorts", true, {}},
                          {"cohorts", false, {storage::Value("schools/nancy/cohorts/a b")}},
                          {"answers", false, {storage::Value("t"), storage::Value(int64_t{-7})}},
                          {"answers", false, {storage::Value("")}}};
  for (const Place& place : places) {
    const auto read = Place::Decode(place.Encode());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->table, place.table);
    EXPECT_EQ(read->ended, place.ended);
    EXPECT_EQ(read->after, place.after);
  }
}

TEST(Place, IsNothingElse) {
  using namespace std::string_literals;  // NOLINT: the only way to a NUL in a text
  for (const std::string& bytes : {""s, "cohorts"s, "cohorts\0\0x1"s, "cohorts\0\0i"s,
                                   "cohorts\0\0ione"s, "cohorts\0\0"s + "\0"s})
    EXPECT_FALSE(Place::Decode(bytes).ok()) << bytes;
}

}  // namespace
}  // namespace vivier::rotation
