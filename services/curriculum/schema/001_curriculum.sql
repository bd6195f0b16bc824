-- Programmes and their immutable revisions, juries and certificates. Columns are the fields of the
-- messages in vivier/curriculum/v1/resources.proto.

CREATE TABLE programmes (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, objective TEXT NOT NULL, expected_results TEXT NOT NULL,
  content TEXT NOT NULL,
  formacodes TEXT, nsf_codes TEXT, rome_codes TEXT,
  certifying BIGINT NOT NULL, certifications TEXT, blocks TEXT,
  pathway TEXT NOT NULL, entry_level TEXT NOT NULL, exit_level TEXT NOT NULL,
  urls TEXT, contact TEXT, training_body TEXT, delivery TEXT, modules TEXT,
  state TEXT NOT NULL, latest_revision TEXT NOT NULL, revision_count BIGINT NOT NULL,
  findings TEXT, lheo_extras TEXT NOT NULL,
  mac BYTEA,
  CONSTRAINT published_programme_has_revision CHECK (state <> 'PUBLISHED' OR latest_revision <> ''),
  CONSTRAINT programme_revisions_count_up CHECK ((revision_count = 0) = (latest_revision = '')),
  PRIMARY KEY (school, name));
CREATE INDEX programmes_by_state ON programmes (school, state, name);

-- append-only: programme_revisions
CREATE TABLE programme_revisions (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, taught_minutes BIGINT NOT NULL, company_minutes BIGINT NOT NULL,
  modules TEXT, certifications TEXT, blocks TEXT, content TEXT,
  content_hash TEXT NOT NULL, publish_time BIGINT,
  mac BYTEA,
  CONSTRAINT revision_teaches CHECK (taught_minutes > 0),
  CONSTRAINT revision_is_hashed CHECK (LENGTH(content_hash) = 64),
  PRIMARY KEY (school, name));

CREATE TABLE jury_sessions (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, programme_revision TEXT NOT NULL, date TEXT,
  state TEXT NOT NULL, decisions TEXT,
  mac BYTEA,
  CONSTRAINT jury_decided_before_awarding CHECK (state = 'PLANNED' OR decisions IS NOT NULL),
  PRIMARY KEY (school, name));
CREATE INDEX jury_sessions_by_cohort ON jury_sessions (school, cohort, name);
CREATE INDEX jury_sessions_by_date ON jury_sessions (school, date, name);
CREATE INDEX jury_sessions_by_state ON jury_sessions (school, state, name);

-- append-only: certificates
CREATE TABLE certificates (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  learner TEXT NOT NULL, cohort TEXT NOT NULL, programme_revision TEXT NOT NULL,
  jury_session TEXT NOT NULL,
  result TEXT NOT NULL, block_codes TEXT, date TEXT,
  title TEXT NOT NULL, revision_hash TEXT NOT NULL, award_time BIGINT,
  signature TEXT NOT NULL, public_key TEXT NOT NULL,
  mac BYTEA,
  CONSTRAINT certificate_has_result CHECK (result IN ('FULL', 'PARTIAL', 'NONE')),
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX one_decision_a_learner_and_jury ON certificates (school, jury_session, learner);
CREATE UNIQUE INDEX one_full_title_a_learner ON certificates (school, learner, programme_revision)
  WHERE result = 'FULL';
CREATE INDEX certificates_by_cohort ON certificates (school, cohort, name);
CREATE INDEX certificates_by_learner ON certificates (school, learner, name);
CREATE INDEX certificates_by_jury_session ON certificates (school, jury_session, name);
CREATE INDEX certificates_by_date ON certificates (school, date, name);
