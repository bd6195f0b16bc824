#include "gtest/gtest.h"
#include "tests/journey/rolling.h"

TEST(Rolling, LosesNothing) { vivier::testing::RollUnderLoad(6); }
