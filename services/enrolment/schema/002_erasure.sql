-- What erasure and retention look for.
ALTER TABLE candidates ADD COLUMN erase_by BIGINT;
CREATE INDEX candidates_erase_by ON candidates (school, erase_by, name) WHERE erase_by IS NOT NULL;
CREATE INDEX candidate_keys_by_candidate ON candidate_keys (school, candidate);
ALTER TABLE learners ADD COLUMN contract_end_date TEXT;
CREATE INDEX applications_by_candidate ON applications (school, candidate, name);
CREATE INDEX learners_by_candidate ON learners (school, candidate, name);

-- Proof of erased persons, until the day that their last period ends.
CREATE TABLE kept_proofs (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  candidate TEXT NOT NULL, end_date TEXT, end_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX kept_proofs_end_time ON kept_proofs (school, end_time, name)
  WHERE end_time IS NOT NULL;
