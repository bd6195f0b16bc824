#include "shared/relations/claims.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace vivier::relations {
namespace {

using rpc::Breaches;
using rpc::Claims;
using rpc::Knows;

// What one service says of learners.
struct Said {
  std::string service;
  Knows knows;
  Claims claims;
  Detail detail = Detail::kEveryClaim;
};

Breaches CompareSaid(const std::vector<Said>& all) {
  site::v1::VerifyInvariantsResponse response;
  for (const Said& said : all)
    AddClaims({"I17", "learners", said.knows, nullptr}, said.claims, said.service, said.detail,
              response);
  return Compare(response.claims())["I17"];
}

Claims Many(int count) {
  Claims claims;
  for (int i = 0; i < count; ++i) claims[absl::StrCat("learners/l", i)] = "in-training";
  return claims;
}

TEST(Claims, AgreeWhereAllSayTheSame) {
  const Breaches same = CompareSaid({{"enrolment", Knows::kAll, {{"l1", "a"}, {"l2", "b"}}},
                                     {"statistics", Knows::kAll, {{"l1", "a"}, {"l2", "b"}}}});
  EXPECT_EQ(same.violations, 0);
  EXPECT_EQ(same.checked, 2);
}

TEST(Claims, NameWhatDiffers) {
  const struct {
    std::vector<Said> said;
    const char* row;
    const char* why;
  } rows[] = {
      {{{"enrolment", Knows::kAll, {{"l1", "a"}}}, {"statistics", Knows::kAll, {{"l1", "b"}}}},
       "l1",
       "enrolment says a, statistics says b"},
      {{{"enrolment", Knows::kAll, {{"l1", "a"}}}, {"statistics", Knows::kAll, {}}},
       "l1",
       "only enrolment knows it, as a"},
      {{{"enrolment", Knows::kAll, {}}, {"partners", Knows::kSome, {{"l1", "a"}}}},
       "l1",
       "enrolment does not know it, partners says a"},
  };
  for (const auto& row : rows) {
    const Breaches breaches = CompareSaid(row.said);
    EXPECT_EQ(breaches.violations, 1);
    EXPECT_EQ(breaches.first_row, row.row);
    EXPECT_EQ(breaches.explanation, row.why);
  }
}

TEST(Claims, MayBeOfSomeOnly) {
  const Breaches breaches = CompareSaid({{"enrolment", Knows::kAll, {{"l1", "a"}, {"l2", "b"}}},
                                         {"partners", Knows::kSome, {{"l1", "a"}}}});
  EXPECT_EQ(breaches.violations, 0);
}

TEST(Claims, AreSummedUpWhereThereAreMany) {
  Claims others = Many(1000);
  const auto compare = [&others](Detail detail) {
    return CompareSaid({{"enrolment", Knows::kAll, Many(1000), Detail::kFitsAnAnswer},
                        {"partners", Knows::kSome, {{"nobody", "a"}}},
                        {"statistics", Knows::kAll, others, detail}});
  };
  EXPECT_EQ(compare(Detail::kFitsAnAnswer).violations, 0);
  EXPECT_EQ(compare(Detail::kEveryClaim).violations, 0) << "one sums up, the other does not";
  others["learners/l7"] = "finished";
  EXPECT_EQ(compare(Detail::kFitsAnAnswer).violations, 1);
  EXPECT_EQ(compare(Detail::kEveryClaim).violations, 1);
  EXPECT_EQ(compare(Detail::kFitsAnAnswer).first_row.substr(0, 10), "learners/#");
}

}  // namespace
}  // namespace vivier::relations
