-- Companies, what binds them to the school, and what they do with its learners.

CREATE TABLE companies (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, legal_category TEXT NOT NULL, naf_code TEXT NOT NULL,
  size_band TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE partnerships (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  company TEXT NOT NULL, kind TEXT NOT NULL, start_date TEXT, end_date TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT partnership_in_order CHECK (end_date IS NULL OR start_date <= end_date));
CREATE INDEX partnerships_by_company ON partnerships (school, company, name);

CREATE TABLE tutors (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  company TEXT NOT NULL, full_name BYTEA, email BYTEA, experience_years BIGINT NOT NULL,
  employer BIGINT NOT NULL, volunteer BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX tutors_by_company ON tutors (school, company, name);

CREATE TABLE job_offers (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  company TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, rome_code TEXT NOT NULL,
  positions BIGINT NOT NULL, contract_kind TEXT NOT NULL, state TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT some_positions CHECK (positions > 0));
CREATE INDEX job_offers_by_company ON job_offers (school, company, name);
CREATE INDEX job_offers_by_state ON job_offers (school, state, name);

-- Beside the offer, so that a hiring does not change the etag of an offer that somebody is editing.
CREATE TABLE position_counts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  positions BIGINT NOT NULL, taken BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT taken_within_positions CHECK (taken >= 0 AND taken <= positions));

CREATE TABLE learners_put_forward (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  learner TEXT NOT NULL, cohort TEXT NOT NULL, state TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX learners_put_forward_once ON learners_put_forward (school, learner);
CREATE INDEX learners_put_forward_by_cohort ON learners_put_forward (school, cohort, name);
CREATE INDEX learners_put_forward_by_state ON learners_put_forward (school, state, name);

CREATE TABLE hirings (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  learner TEXT NOT NULL, cohort TEXT NOT NULL, job_offer TEXT NOT NULL, company TEXT NOT NULL,
  state TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX hirings_one_accepted ON hirings (school, learner) WHERE state = 'ACCEPTED';
CREATE UNIQUE INDEX hirings_one_in_play ON hirings (school, learner, job_offer)
  WHERE state IN ('PROPOSED', 'ACCEPTED');
CREATE INDEX hirings_by_job_offer ON hirings (school, job_offer, name);
CREATE INDEX hirings_by_learner ON hirings (school, learner, name);
CREATE INDEX hirings_by_cohort ON hirings (school, cohort, name);
CREATE INDEX hirings_by_company ON hirings (school, company, name);
CREATE INDEX hirings_by_state ON hirings (school, state, name);

CREATE TABLE contracts (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  hiring TEXT NOT NULL, learner TEXT NOT NULL, cohort TEXT NOT NULL, company TEXT NOT NULL,
  kind TEXT NOT NULL,
  start_date TEXT, end_date TEXT, action_end_date TEXT,
  working_minutes BIGINT NOT NULL, training_minutes BIGINT NOT NULL, weekly_minutes BIGINT NOT NULL,
  gross_monthly_pay_cents BYTEA, branch_minimum_cents BIGINT NOT NULL,
  birth_date BYTEA, vocational_level_4 BIGINT NOT NULL, beneficiary BYTEA, ground TEXT NOT NULL,
  tutor TEXT NOT NULL, state TEXT NOT NULL, file_receipt_date TEXT, broken_date TEXT,
  term_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT contract_in_order CHECK (end_date IS NULL OR start_date <= end_date));
CREATE UNIQUE INDEX contracts_one_signed ON contracts (school, learner) WHERE state = 'SIGNED';
CREATE INDEX contracts_by_tutor ON contracts (school, tutor, name);
CREATE INDEX contracts_by_learner ON contracts (school, learner, name);
CREATE INDEX contracts_by_cohort ON contracts (school, cohort, name);
CREATE INDEX contracts_by_company ON contracts (school, company, name);
CREATE INDEX contracts_by_end ON contracts (school, end_date, name);
CREATE INDEX contracts_by_state ON contracts (school, state, name);
CREATE INDEX contracts_due ON contracts (school, term_time, name) WHERE term_time IS NOT NULL;
