#include "gtest/gtest.h"
#include "tests/invariants/chain_sweep.h"

TEST(ChainSweep, EveryBitOfTheAuditTrail) { vivier::testing::SweepAuditTrail(1); }
TEST(ChainSweep, EveryBitOfAttendance) { vivier::testing::SweepAttendance(1); }
