-- Enrolment: schools, candidates, cohorts and their seats, applications, learners, attendance,
-- outcomes.
CREATE TABLE schools (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, legal_entity TEXT NOT NULL, declaration_number TEXT NOT NULL,
  siret TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE candidates (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  given_name BYTEA, family_name BYTEA, email BYTEA, phone BYTEA, birth_date BYTEA,
  postal_code BYTEA, gender BYTEA,
  jobseeker BYTEA, region_code BYTEA, education_level BYTEA, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE candidate_keys (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  candidate TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE cohorts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, programme_revision TEXT NOT NULL, capacity BIGINT NOT NULL, start_date TEXT,
  end_date TEXT,
  host_site TEXT NOT NULL, host_siret TEXT NOT NULL, training_body TEXT NOT NULL,
  training_body_siret TEXT NOT NULL,
  eligibility_rules TEXT, state TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT cohort_has_seats CHECK (capacity > 0),
  CONSTRAINT cohort_ends_after_start CHECK (end_date >= start_date));
CREATE INDEX cohorts_by_revision ON cohorts (school, programme_revision, name);
CREATE INDEX cohorts_by_start ON cohorts (school, start_date, name);
CREATE INDEX cohorts_by_end ON cohorts (school, end_date, name);
CREATE INDEX cohorts_by_state ON cohorts (school, state, name);

CREATE TABLE cohort_seats (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  capacity BIGINT NOT NULL, held BIGINT NOT NULL, taken BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT seats_within_capacity CHECK (held >= 0 AND taken >= 0 AND held + taken <= capacity));

CREATE TABLE applications (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, candidate TEXT NOT NULL, channel TEXT NOT NULL, answers BYTEA,
  state TEXT NOT NULL,
  rank BIGINT NOT NULL, scores BYTEA, findings BYTEA, assess_time BIGINT, hold TEXT NOT NULL,
  funding_by BIGINT,
  accept_by BIGINT, decision_reason BYTEA, decided_by TEXT NOT NULL, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT rank_is_no_negative CHECK (rank >= 0),
  CONSTRAINT seat_needs_rank CHECK (
    rank > 0 OR state NOT IN
      ('WAITLISTED', 'FUNDING_PENDING', 'AWAITING_FUNDING', 'ADMITTED', 'ACCEPTED')));
-- A person applies once to a cohort, for ever; so they have at most one seat in it.
CREATE UNIQUE INDEX applications_by_person ON applications (school, cohort, candidate);
CREATE INDEX applications_by_state ON applications (school, cohort, state, name);
CREATE INDEX applications_all_by_rank ON applications (school, cohort, rank, name);
-- With the state, so that an admission counts who stands before it without reading their rows.
CREATE INDEX applications_by_rank ON applications (school, cohort, rank, state) WHERE rank > 0;
CREATE INDEX applications_funding_by ON applications (school, funding_by, name)
  WHERE funding_by IS NOT NULL;
CREATE INDEX applications_accept_by ON applications (school, accept_by, name)
  WHERE accept_by IS NOT NULL;

CREATE TABLE learners (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, candidate TEXT NOT NULL, application TEXT NOT NULL, hold TEXT NOT NULL,
  state TEXT NOT NULL,
  certification TEXT NOT NULL, exit_date TEXT, exit_cause TEXT NOT NULL, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX learners_one_active ON learners (school, cohort, candidate)
  WHERE state IN ('ENROLLED', 'IN_TRAINING');
CREATE INDEX learners_by_cohort ON learners (school, cohort, state, name);

CREATE TABLE attendance_sheets (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, date TEXT, half TEXT NOT NULL, start_minute BIGINT NOT NULL,
  end_minute BIGINT NOT NULL, place TEXT NOT NULL, trainer TEXT NOT NULL, trainer_sign_time BIGINT,
  state TEXT NOT NULL, revision BIGINT NOT NULL, chain_number BIGINT NOT NULL,
  chain_hash TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT sheet_ends_after_start
      CHECK (start_minute >= 0 AND end_minute > start_minute AND end_minute <= 1440));
CREATE INDEX attendance_sheets_by_date ON attendance_sheets (school, cohort, date, name);
CREATE INDEX attendance_sheets_by_state ON attendance_sheets (school, cohort, state, name);
CREATE INDEX attendance_sheets_unsealed ON attendance_sheets (school, cohort)
  WHERE state <> 'SEALED';

-- append-only: attendance_seals
CREATE TABLE attendance_seals (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, number BIGINT NOT NULL, attendance_sheet TEXT NOT NULL,
  revision BIGINT NOT NULL,
  content TEXT NOT NULL, hash TEXT NOT NULL, seal_time BIGINT, sealed_by TEXT NOT NULL,
  signature TEXT NOT NULL, public_key TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX attendance_seals_chain ON attendance_seals (school, cohort, number);
CREATE UNIQUE INDEX attendance_seals_revision
  ON attendance_seals (school, attendance_sheet, revision);

CREATE TABLE presence_entries (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  attendance_sheet TEXT NOT NULL, learner TEXT NOT NULL, learner_sign_time BIGINT,
  minutes_due BIGINT NOT NULL,
  minutes_present BIGINT NOT NULL, absence TEXT NOT NULL, corrections BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT presence_within_due CHECK (minutes_present >= 0 AND minutes_present <= minutes_due));
CREATE UNIQUE INDEX presence_entries_by_sheet
  ON presence_entries (school, attendance_sheet, learner);
CREATE INDEX presence_entries_in_order ON presence_entries (school, attendance_sheet, name);

-- append-only: presence_corrections
CREATE TABLE presence_corrections (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  presence_entry TEXT NOT NULL, sheet_revision BIGINT NOT NULL, learner_sign_time BIGINT,
  minutes_present BIGINT NOT NULL, absence TEXT NOT NULL, reason TEXT NOT NULL,
  corrected_by TEXT NOT NULL,
  correct_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE outcomes (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  learner TEXT NOT NULL, candidate TEXT NOT NULL, situation BYTEA, months_after BIGINT NOT NULL,
  date TEXT,
  source TEXT NOT NULL, contract TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
