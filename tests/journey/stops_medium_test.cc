#include "gtest/gtest.h"
#include "tests/journey/stops.h"

namespace vivier::testing {
namespace {

TEST(Stops, TenOfAWholeSchoolLoseNothing) { StopUnderLoad(Stopped::kWholeSchool, 10); }

TEST(Stops, TenOfSomeServiceLoseNothing) { StopUnderLoad(Stopped::kOneService, 10); }

}  // namespace
}  // namespace vivier::testing
