// What callers are told of a refusal: who may see erasures that somebody was erased, others
// nothing.
#include "shared/rpc/with_reason.h"

#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "shared/storage/log/person_keys.h"

namespace vivier::rpc {
namespace {

constexpr char kZoe[] = "schools/nancy/candidates/zoe";

security::Caller With(const std::string& role,
                      security::Caller::Kind kind = security::Caller::Kind::kPerson) {
  return {"somebody", kind, {role}, {"nancy"}, ""};
}

TEST(AsTold, AnErasedPersonIsKnownToWhoMaySeeErasures) {
  for (const bool create : {false, true}) {
    const absl::Status erased = storage::PersonErased(kZoe, create);
    for (const char* role : {"school_director", "admissions_officer", "data_protection_officer"})
      EXPECT_EQ(AsTold(erased, With(role), "nancy"), erased) << role;
    for (const char* role : {"trainer", "assessor", "finance_officer", "partner_manager", "auditor",
                             "session:own_data"})
      EXPECT_EQ(AsTold(erased, With(role), "nancy"), NotFound(kZoe)) << role;
    EXPECT_EQ(AsTold(erased, With("school_director"), "paris"), NotFound(kZoe));
    EXPECT_EQ(AsTold(erased, With("partner", security::Caller::Kind::kPartner), "nancy"),
              NotAllowed(kZoe));
  }
}

TEST(AsTold, OtherRefusalsAreToldAsTheyAre) {
  for (const absl::Status& status : {absl::OkStatus(), NotFound(kZoe), Unavailable("x")})
    EXPECT_EQ(AsTold(status, With("trainer"), "nancy"), status);
}

}  // namespace
}  // namespace vivier::rpc
