-- What all schools of a node count together, by scope and year, kept as submissions are accepted.
CREATE TABLE totals (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  scope TEXT NOT NULL, year BIGINT NOT NULL, dictionary_version BIGINT NOT NULL,
  schools BIGINT NOT NULL, counts TEXT, table_schools TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT total_of_schools CHECK (schools > 0));
ALTER TABLE site_years ADD COLUMN scope TEXT NOT NULL DEFAULT '';
