-- One-time links, invitations and partners' programs. What their secrets stand for is in `rights`,
-- by hash.
CREATE TABLE access_links (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  purpose TEXT NOT NULL, resource TEXT NOT NULL, candidate TEXT NOT NULL, create_time BIGINT,
  expire_time BIGINT,
  redeem_time BIGINT,
  PRIMARY KEY (school, name));
CREATE INDEX access_links_by_candidate ON access_links (school, candidate);
CREATE INDEX access_links_expire_time ON access_links (school, expire_time);

CREATE TABLE invitations (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  email BYTEA, display_name BYTEA, roles TEXT, create_time BIGINT, expire_time BIGINT,
  PRIMARY KEY (school, name));
CREATE INDEX invitations_expire_time ON invitations (school, expire_time);

CREATE TABLE partner_clients (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, company TEXT NOT NULL, secrets BIGINT NOT NULL, rotate_time BIGINT,
  old_secret_end_time BIGINT, sessions BIGINT NOT NULL, last_use_time BIGINT, create_time BIGINT,
  PRIMARY KEY (school, name));
