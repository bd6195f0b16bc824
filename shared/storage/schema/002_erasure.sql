-- Erasure of persons, see shared/storage/log/erasure.h.

-- When the erasure was decided; only the log opens with the key since. The row stays with an empty
-- key, so that no other is ever made for that name.
ALTER TABLE person_keys ADD COLUMN erase_time BIGINT;

-- What was erased here: the event that said so, which holds no personal data. `number` is its place
-- in the service's own log, 0 where another service's log had it; `erase_time` is when the keys
-- were destroyed, `list_time` when the list outside the database had it.
CREATE TABLE erasures (
  school TEXT NOT NULL,
  subject TEXT NOT NULL,
  type TEXT NOT NULL,
  payload BYTEA NOT NULL,
  number BIGINT NOT NULL,
  erase_time BIGINT,
  list_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, subject));
CREATE INDEX erasures_pending ON erasures (school, number) WHERE erase_time IS NULL;
CREATE INDEX erasures_unlisted ON erasures (school) WHERE list_time IS NULL;

-- Who follows this service's log, and up to which event each had applied it when it last began to
-- read.
CREATE TABLE followers (
  school TEXT NOT NULL,
  follower TEXT NOT NULL,
  number BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, follower));
