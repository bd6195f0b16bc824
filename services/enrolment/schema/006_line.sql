-- Who is next: asked of an index, however many are ranked. The conditions are those of
-- services/enrolment/selection/states.cc, word by word; line_test.cc compares them.
DROP INDEX applications_by_rank;
CREATE INDEX applications_ranked ON applications (school, cohort, rank) WHERE rank > 0;
-- With the state, so that an admission counts who stands before it without reading their rows.
CREATE INDEX applications_in_play ON applications (school, cohort, rank, state)
  WHERE rank > 0 AND CASE state WHEN 'SHORTLISTED' THEN 1 WHEN 'WAITLISTED' THEN 1
    WHEN 'FUNDING_PENDING' THEN 1 WHEN 'AWAITING_FUNDING' THEN 1
    WHEN 'ADMITTED' THEN 1 WHEN 'ACCEPTED' THEN 1 ELSE 0 END = 1;
CREATE INDEX applications_seated ON applications (school, cohort, state, rank)
  WHERE CASE state WHEN 'FUNDING_PENDING' THEN 1 WHEN 'AWAITING_FUNDING' THEN 1
    WHEN 'ADMITTED' THEN 1 WHEN 'ACCEPTED' THEN 1 ELSE 0 END = 1;
CREATE INDEX applications_submitted ON applications (school, cohort, create_time, name)
  WHERE state = 'SUBMITTED';

-- What is still to be ended of a cohort's applications, a step at a time.
CREATE TABLE sweeps (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, kind TEXT NOT NULL, submitted_after BIGINT, submitted_until BIGINT,
  decision_reason TEXT NOT NULL, decided_by TEXT NOT NULL, due_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX sweeps_by_cohort ON sweeps (school, cohort, submitted_until);
CREATE INDEX sweeps_due ON sweeps (school, due_time, name) WHERE due_time IS NOT NULL;
