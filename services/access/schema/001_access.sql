-- Who may do what: memberships, roles of the school's own, invitations, partners' programs,
-- sessions of the portal; and in which time zone the school lives. What secrets stand for is in
-- `rights`, by hash.
CREATE TABLE memberships (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  subject TEXT NOT NULL, display_name BYTEA, roles TEXT, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE UNIQUE INDEX memberships_by_subject ON memberships (school, subject);

-- Which memberships name a role: a search table (shared/storage/rows/search_table.h).
CREATE TABLE membership_roles (
  school TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (school, role, name));

CREATE TABLE roles (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, permissions TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));

CREATE TABLE invitations (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  email BYTEA, display_name BYTEA, roles TEXT, create_time BIGINT, expire_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX invitations_expire_time ON invitations (school, expire_time, name);

-- Which invitations name a role.
CREATE TABLE invitation_roles (
  school TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (school, role, name));

CREATE TABLE partner_clients (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, company TEXT NOT NULL, secrets BIGINT NOT NULL, rotate_time BIGINT,
  old_secret_end_time BIGINT, sessions BIGINT NOT NULL, last_use_time BIGINT, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX partner_clients_by_company ON partner_clients (school, company, name);

CREATE TABLE portal_sessions (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  subject TEXT NOT NULL, device TEXT NOT NULL, network TEXT NOT NULL, create_time BIGINT,
  last_use_time BIGINT, expire_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX portal_sessions_subject ON portal_sessions (school, subject, name);
CREATE INDEX portal_sessions_expire_time ON portal_sessions (school, expire_time, name);

CREATE TABLE dated_time_zones (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  time_zone TEXT NOT NULL, start_date TEXT, create_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
