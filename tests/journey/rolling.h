// A school on PostgreSQL with two replicas of each service, under load, to which everything happens
// that an operator or a cluster does to it: a replica is killed, all are rolled to the next version
// and back, told to end, the database and Redis are restarted. Ends with a check that nothing was
// lost and nothing done twice. Not thread-safe.
#pragma once

namespace vivier::testing {

// `terminations` times some process is told to end while it serves. Reports what it saw, and fails
// the test.
void RollUnderLoad(int terminations);

}  // namespace vivier::testing
