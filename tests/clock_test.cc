// A site whose clock was moved on: what a call's time is and what is due follow it; who is known,
// and which retry is known, do not.
#include "gtest/gtest.h"
#include "shared/base/date.h"
#include "tests/support/engines.h"
#include "tests/support/world.h"
#include "vivier/access/v1/access.pb.h"

namespace vivier {
namespace {

using access::v1::CreateInvitationRequest;
using access::v1::CreateInvitationResponse;
using testing::World;

const absl::Duration kDay = absl::Hours(24);
const absl::Duration kWeek = 7 * kDay, kYear = 365 * kDay;

class SetClockTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  absl::StatusOr<CreateInvitationResponse> Invite(const std::string& id,
                                                  const std::string& request_id = "") {
    CreateInvitationRequest request;
    request.set_parent("schools/nancy");
    request.set_invitation_id(id);
    request.set_request_id(request_id);
    request.mutable_invitation()->set_email("zoe@example.org");
    request.mutable_invitation()->set_display_name("Zoe Martin");
    request.mutable_invitation()->add_roles()->set_role("trainer");
    return world_.Write<CreateInvitationResponse>(request);
  }
  int Invitations() {
    access::v1::ListInvitationsRequest request;
    request.set_parent("schools/nancy");
    const auto found = world_.Call<access::v1::ListInvitationsResponse>(request);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->invitations_size() : -1;
  }
  void Move(absl::Duration by) {
    ASSERT_EQ(testing::ClockOf(world_)->MoveBy(by), absl::OkStatus());
    world_.site().RunTicks();
    world_.Settle();
  }

  World world_{GetParam()};
};

TEST_P(SetClockTest, StampsWhatIsWrittenAndRunsWhatIsDue) {
  Move(kYear);
  const auto invited = Invite("zoe");
  ASSERT_TRUE(invited.ok()) << invited.status();
  EXPECT_EQ(ToTime(invited->expire_time()), world_.now() + kYear + kWeek);
  EXPECT_EQ(Invitations(), 1);
  Move(6 * kDay);
  EXPECT_EQ(Invitations(), 1);
  Move(kDay);
  EXPECT_EQ(Invitations(), 0) << "an invitation ends after a week";
  world_.ExpectInvariants();
}

TEST_P(SetClockTest, ATokenAndARetryOfBeforeAreStillGood) {
  const std::string token = world_.Authorization(World::Person());
  const std::string request_id = world_.NewRequestId();
  const auto first = Invite("zoe", request_id);
  ASSERT_TRUE(first.ok()) << first.status();
  Move(kYear);
  const auto* list = rpc::MethodTaking(*access::v1::ListInvitationsRequest::descriptor());
  access::v1::ListInvitationsRequest request;
  request.set_parent("schools/nancy");
  EXPECT_EQ(world_.CallRaw(*list, request.SerializeAsString(), token).status(), absl::OkStatus());
  const auto again = Invite("zoe", request_id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
}

TEST_P(SetClockTest, ARestartKeepsIt) {
  Move(kYear);
  world_.Restart();
  const auto invited = Invite("zoe");
  ASSERT_TRUE(invited.ok()) << invited.status();
  EXPECT_EQ(ToTime(invited->expire_time()), world_.now() + kYear + kWeek);
}

INSTANTIATE_TEST_SUITE_P(Engines, SetClockTest, testing::BothEngines(), testing::EngineName);

}  // namespace
}  // namespace vivier
