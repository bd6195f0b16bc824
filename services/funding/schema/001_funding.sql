-- Funding: who pays, what is reserved, what was earned, invoiced and paid. Amounts are euro cents.
CREATE TABLE funders (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, kind TEXT NOT NULL, siret TEXT NOT NULL, lheo_code BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE funding_agreements (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  funder TEXT NOT NULL, title TEXT NOT NULL, currency_code TEXT NOT NULL,
  ceiling_cents BIGINT NOT NULL,
  valid_from TEXT, valid_until TEXT, eligibility_rule TEXT, state TEXT NOT NULL,
  amendment_count BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT ceiling_positive CHECK (ceiling_cents > 0));
CREATE INDEX funding_agreements_by_end ON funding_agreements (school, valid_until, name);
CREATE INDEX funding_agreements_by_state ON funding_agreements (school, state, name);

CREATE TABLE agreement_balances (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  ceiling_cents BIGINT NOT NULL, reserved_cents BIGINT NOT NULL, earned_cents BIGINT NOT NULL,
  invoiced_cents BIGINT NOT NULL, paid_cents BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT reserved_not_negative CHECK (reserved_cents >= 0),
  CONSTRAINT earned_not_negative CHECK (earned_cents >= 0),
  CONSTRAINT committed_within_ceiling CHECK (reserved_cents + earned_cents <= ceiling_cents),
  CONSTRAINT paid_within_invoiced CHECK (paid_cents >= 0 AND paid_cents <= invoiced_cents));

CREATE TABLE funding_plans (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  cohort TEXT NOT NULL, seats BIGINT NOT NULL, planned_minutes BIGINT NOT NULL,
  planned_half_days BIGINT NOT NULL,
  shares TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT plan_positive CHECK (seats > 0 AND planned_minutes > 0 AND planned_half_days > 0));
CREATE UNIQUE INDEX one_plan_per_cohort ON funding_plans (school, cohort);

-- Which plans an agreement pays for: a search table (shared/storage/rows/search_table.h).
CREATE TABLE funding_plan_shares (
  school TEXT NOT NULL, funding_agreement TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (school, funding_agreement, name));

CREATE TABLE seat_uses (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  opened_seats BIGINT NOT NULL CONSTRAINT opened_not_negative CHECK (opened_seats >= 0),
  free_seats TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE funded_seats (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  seat BIGINT NOT NULL, minutes BIGINT NOT NULL, half_days BIGINT NOT NULL, shares TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT delivered_not_negative CHECK (minutes >= 0 AND half_days >= 0));

CREATE TABLE reservations (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  application TEXT NOT NULL, cohort TEXT NOT NULL, candidate TEXT NOT NULL,
  funding_plan TEXT NOT NULL,
  seat BIGINT NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL, refused_by TEXT NOT NULL,
  shares TEXT,
  reserved_cents BIGINT NOT NULL, earned_cents BIGINT NOT NULL, learner TEXT NOT NULL,
  eligibility_findings BYTEA,
  create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT reservation_not_negative CHECK (reserved_cents >= 0 AND earned_cents >= 0),
  CONSTRAINT ended_holds_nothing CHECK (state IN ('RESERVED', 'CONFIRMED') OR reserved_cents = 0));
CREATE INDEX reservations_by_cohort ON reservations (school, cohort, name);
CREATE INDEX reservations_by_learner ON reservations (school, learner, name);
CREATE INDEX reservations_by_state ON reservations (school, state, name);
CREATE UNIQUE INDEX one_holder_per_seat ON reservations (school, funding_plan, seat)
  WHERE state IN ('RESERVED', 'CONFIRMED');

-- Which reservations an agreement has a share in.
CREATE TABLE reservation_shares (
  school TEXT NOT NULL, funding_agreement TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (school, funding_agreement, name));

-- append-only: journal_entries
CREATE TABLE journal_entries (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  kind TEXT NOT NULL, debit_account TEXT NOT NULL, credit_account TEXT NOT NULL,
  amount_cents BIGINT NOT NULL,
  subject TEXT NOT NULL, date TEXT, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT amount_positive CHECK (amount_cents > 0),
  CONSTRAINT accounts_differ CHECK (debit_account <> credit_account));
CREATE INDEX journal_entries_by_subject ON journal_entries (school, subject, name);
CREATE INDEX journal_entries_by_date ON journal_entries (school, date, name);

CREATE TABLE earnings (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  presence_entry TEXT NOT NULL, share BIGINT NOT NULL, revision BIGINT NOT NULL,
  reversal BIGINT NOT NULL,
  funding_agreement TEXT NOT NULL, reservation TEXT NOT NULL, date TEXT, minutes BIGINT NOT NULL,
  price_cents BIGINT NOT NULL, earned_cents BIGINT NOT NULL, own_cents BIGINT NOT NULL,
  invoice TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT parts_make_the_price CHECK (earned_cents + own_cents = price_cents));
CREATE UNIQUE INDEX earned_once ON earnings (school, presence_entry, share, revision, reversal);
CREATE INDEX earnings_to_invoice ON earnings (school, funding_agreement, date, name)
  WHERE invoice = '' AND earned_cents <> 0;
CREATE INDEX earnings_by_invoice ON earnings (school, invoice, name);
CREATE INDEX earnings_by_agreement ON earnings (school, funding_agreement, name);
CREATE INDEX earnings_by_date ON earnings (school, date, name);

CREATE TABLE presence_postings (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  attendance_sheet TEXT NOT NULL, presence_entry TEXT NOT NULL, revision BIGINT NOT NULL,
  minutes BIGINT NOT NULL,
  reservation TEXT NOT NULL, shares TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX presence_postings_by_sheet ON presence_postings (school, attendance_sheet, name);

CREATE TABLE findings (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  kind TEXT NOT NULL, state TEXT NOT NULL, subject TEXT NOT NULL, funding_agreement TEXT NOT NULL,
  amount_cents BIGINT NOT NULL, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX findings_by_agreement ON findings (school, funding_agreement, name);
CREATE INDEX findings_by_state ON findings (school, state, name);

CREATE TABLE invoices (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  funding_agreement TEXT NOT NULL, until_date TEXT, state TEXT NOT NULL, number BIGINT NOT NULL,
  issue_date TEXT,
  total_cents BIGINT NOT NULL, paid_cents BIGINT NOT NULL, line_count BIGINT NOT NULL,
  complete BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT invoice_paid_within_total
      CHECK (paid_cents >= 0 AND (paid_cents = 0 OR paid_cents <= total_cents)),
  CONSTRAINT issued_has_number
      CHECK ((state = 'DRAFT' AND number = 0) OR (state <> 'DRAFT' AND number > 0)));
CREATE INDEX invoices_by_agreement ON invoices (school, funding_agreement, name);
CREATE INDEX invoices_by_date ON invoices (school, issue_date, name);
CREATE INDEX invoices_by_state ON invoices (school, state, name);
CREATE UNIQUE INDEX one_number_per_year ON invoices (school, substr(issue_date, 1, 4), number)
  WHERE number > 0;

CREATE TABLE invoice_sequences (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  last_number BIGINT NOT NULL, last_issue_date TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE payments (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  amount_cents BIGINT NOT NULL CONSTRAINT payment_positive CHECK (amount_cents > 0),
  value_date TEXT,
  reference TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name));
