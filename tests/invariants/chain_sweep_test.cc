#include "tests/invariants/chain_sweep.h"

#include "gtest/gtest.h"

TEST(ChainSweep, AuditTrail) { vivier::testing::SweepAuditTrail(40); }
TEST(ChainSweep, Attendance) { vivier::testing::SweepAttendance(40); }
