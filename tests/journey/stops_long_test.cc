#include "gtest/gtest.h"
#include "tests/journey/stops.h"

namespace vivier::testing {
namespace {

TEST(Stops, FiveHundredOfAWholeSchoolLoseNothing) { StopUnderLoad(Stopped::kWholeSchool, 500); }

TEST(Stops, AHundredOfSomeServiceLoseNothing) { StopUnderLoad(Stopped::kOneService, 100); }

}  // namespace
}  // namespace vivier::testing
