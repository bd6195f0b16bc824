-- What erased learners add to the cells.
CREATE TABLE base_cells (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  counts BYTEA,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX learner_facts_by_candidate ON learner_facts (school, candidate);
