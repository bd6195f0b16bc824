-- What every service keeps beside its own tables. Every key begins with the school, so schools
-- never wait for each other and a table can be distributed by school.

-- Where the school's log and its two trails stand. A writer locks this row first.
CREATE TABLE heads (
  school TEXT NOT NULL,
  event_number BIGINT NOT NULL,
  event_hash BYTEA NOT NULL,
  audit_number BIGINT NOT NULL,
  audit_hash BYTEA NOT NULL,
  reading_number BIGINT NOT NULL,
  reading_hash BYTEA NOT NULL,
  sums BYTEA NOT NULL,
  mac BYTEA NOT NULL,
  PRIMARY KEY (school));

-- The log: numbered without gaps in commit order, each event with the hash of the one before.
-- `person` names whose key opens the payload; empty where it holds no personal data.
-- append-only: events
CREATE TABLE events (
  school TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  hash BYTEA NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  payload BYTEA NOT NULL,
  create_time BIGINT NOT NULL,
  traceparent TEXT NOT NULL,
  PRIMARY KEY (school, number));

-- Answers to writes, by request_id, for 30 days. `person` as in events.
CREATE TABLE answers (
  school TEXT NOT NULL,
  request_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  method TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  person TEXT NOT NULL,
  answer BYTEA NOT NULL,
  create_time BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, request_id));
CREATE INDEX answers_by_time ON answers (school, create_time);

-- One record per write, chained. `reason` is what the caller gave where the law of the house wants
-- one, `changes` which rows it changed (shared/storage/log/audit_trail.h).
-- append-only: audit_records
CREATE TABLE audit_records (
  school TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  hash BYTEA NOT NULL,
  principal TEXT NOT NULL,
  method TEXT NOT NULL,
  resource TEXT NOT NULL,
  request_id TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  reason TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  changes TEXT NOT NULL,
  PRIMARY KEY (school, number));

-- One record per answer that showed persons and wrote nothing, chained for itself: by whom, by
-- which call, how many. The oldest end after a time, and their chain then begins where
-- `ended_readings` says.
CREATE TABLE reading_records (
  school TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  hash BYTEA NOT NULL,
  principal TEXT NOT NULL,
  method TEXT NOT NULL,
  resource TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  reason TEXT NOT NULL,
  persons BIGINT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (school, number));

-- Which readings have ended, a row for each step: the numbers of the first and the last, and the
-- last one's hash. An act of the same time says the same.
CREATE TABLE ended_readings (
  school TEXT NOT NULL,
  last_number BIGINT NOT NULL,
  first_number BIGINT NOT NULL,
  last_hash BYTEA NOT NULL,
  end_time BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, last_number));

-- What is left of them: how many there were in a month ("2026-11", UTC) by each rpc, and how many
-- persons they showed.
CREATE TABLE reading_counts (
  school TEXT NOT NULL,
  month TEXT NOT NULL,
  method TEXT NOT NULL,
  readings BIGINT NOT NULL,
  persons BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, month, method));

-- Whose personal data each principal was shown on each day, in days since 1970 UTC.
CREATE TABLE person_reads (
  school TEXT NOT NULL,
  principal TEXT NOT NULL,
  day BIGINT NOT NULL,
  person TEXT NOT NULL,
  reads BIGINT NOT NULL,
  first_method TEXT NOT NULL,
  first_time BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, principal, day, person));
CREATE INDEX person_reads_by_person ON person_reads (school, person, day);

-- What each principal may do at the school, as the services that give rights say; times are NULL
-- where there is no bound.
CREATE TABLE rights (
  school TEXT NOT NULL,
  membership TEXT NOT NULL,
  position BIGINT NOT NULL,
  subject TEXT NOT NULL,
  role TEXT NOT NULL,
  company TEXT NOT NULL,
  start_time BIGINT,
  end_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, membership, position));
CREATE INDEX rights_by_subject ON rights (school, subject, membership, position);

-- How far this service has applied the log of another one.
CREATE TABLE cursors (
  school TEXT NOT NULL,
  producer TEXT NOT NULL,
  number BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, producer));

-- Events set aside with their reason, and those of the same subject that came after them. Their
-- payloads, which may hold personal data, stay in the producer's log and are read there again by
-- number.
CREATE TABLE parked_events (
  school TEXT NOT NULL,
  producer TEXT NOT NULL,
  number BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  park_time BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, producer, number));
CREATE INDEX parked_events_by_subject ON parked_events (school, producer, subject);

-- The keys of persons, wrapped by the school's key. A row that is gone erased what its key
-- encrypted.
CREATE TABLE person_keys (
  school TEXT NOT NULL,
  person TEXT NOT NULL,
  wrapped BYTEA NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, person));

-- How far a delivery has taken the service's own events to a target outside, and how the last one
-- ended.
CREATE TABLE deliveries (
  school TEXT NOT NULL,
  target TEXT NOT NULL,
  type TEXT NOT NULL,
  number BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  deliver_time BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, target, type));
