-- One-time links. What their secrets stand for is in `rights`, by hash.
CREATE TABLE access_links (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  purpose TEXT NOT NULL, resource TEXT NOT NULL, candidate TEXT NOT NULL,
  create_time BIGINT, expire_time BIGINT,
  redeem_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX access_links_by_candidate ON access_links (school, candidate, name);
CREATE INDEX access_links_by_resource ON access_links (school, resource, name);
CREATE INDEX access_links_expire_time ON access_links (school, expire_time, name);
