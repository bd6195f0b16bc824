-- Proposals that are still to be withdrawn, a step at a time, and what finds them.
CREATE TABLE proposal_sweeps (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  job_offer TEXT NOT NULL, learner TEXT NOT NULL, due_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX proposal_sweeps_due ON proposal_sweeps (school, due_time) WHERE due_time IS NOT NULL;
CREATE INDEX hirings_proposed_to ON hirings (school, learner, name) WHERE state = 'PROPOSED';
CREATE INDEX hirings_proposed_for ON hirings (school, job_offer, name) WHERE state = 'PROPOSED';
