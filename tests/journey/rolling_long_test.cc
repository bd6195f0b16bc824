#include "gtest/gtest.h"
#include "tests/journey/rolling.h"

TEST(Rolling, LosesNothingInFiftyTerminations) { vivier::testing::RollUnderLoad(50); }
