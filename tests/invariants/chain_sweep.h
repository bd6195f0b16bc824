// Chains of 10,000 records of the audit trail and of attendance, in which everything that somebody could touch is
// touched, one thing at a time: each bit of each `stride`-th record, its deletion, its exchange with another one, and
// the end cut off behind it. Functions without state; they fail the test for what is not found.
#pragma once

namespace vivier::testing {

void SweepAuditTrail(int stride);
void SweepAttendance(int stride);

}  // namespace vivier::testing
