-- Counts of declared tables, what is remembered to keep them true, and at a parent the submissions
-- of its members.

CREATE TABLE cells (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  table_id TEXT NOT NULL, cohort TEXT NOT NULL, dimension_values TEXT, count BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX cells_by_cohort ON cells (school, cohort, name);
CREATE INDEX cells_by_table ON cells (school, table_id, name);

CREATE TABLE cohort_facts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  start_date TEXT, end_date TEXT, year BIGINT NOT NULL, capacity BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX cohort_facts_by_year ON cohort_facts (school, year);

CREATE TABLE learner_facts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  candidate TEXT NOT NULL, cohort TEXT NOT NULL, learner_state TEXT NOT NULL, classes BYTEA,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE learner_results (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, result TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE seat_facts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, funded BIGINT NOT NULL, released BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE sheet_facts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  revision BIGINT NOT NULL, entries BIGINT NOT NULL, minutes_due BIGINT NOT NULL,
  minutes_present BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE submission_clocks (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  revision BIGINT NOT NULL, due_time BIGINT, change_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX submission_clocks_due ON submission_clocks (school, due_time, name)
  WHERE due_time IS NOT NULL;

CREATE TABLE members (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, agreement_start_date TEXT, agreement_end_date TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT agreement_in_order
      CHECK (agreement_end_date IS NULL OR agreement_start_date <= agreement_end_date));

-- What members are known by; the hashes of their secrets are in `rights`.
CREATE TABLE member_credentials (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  state TEXT NOT NULL, life_seconds BIGINT NOT NULL, code_expire_time BIGINT,
  secrets BIGINT NOT NULL, renew_time BIGINT, expire_time BIGINT, revoke_time BIGINT,
  revoke_reason TEXT NOT NULL, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT credential_revoked
      CHECK ((state = 'REVOKED') = (revoke_time IS NOT NULL)));

-- One row per school: a school is counted once, by whatever path its figures came.
CREATE TABLE submissions (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  revision BIGINT NOT NULL, content_hash TEXT NOT NULL, cell_count BIGINT NOT NULL,
  state TEXT NOT NULL,
  findings TEXT, accept_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT submission_accepted CHECK (state = 'ACCEPTED'));

CREATE TABLE quarantined_submissions (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  revision BIGINT NOT NULL, content_hash TEXT NOT NULL, findings TEXT, receive_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE site_years (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  site TEXT NOT NULL, year BIGINT NOT NULL, cells TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX site_years_by_site ON site_years (school, site, year);
CREATE INDEX site_years_by_year ON site_years (school, year, name);
