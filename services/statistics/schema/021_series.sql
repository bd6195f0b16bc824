-- Series of figures that others publish.

CREATE TABLE external_series (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, source TEXT NOT NULL, year BIGINT NOT NULL, definition TEXT NOT NULL,
  column_titles TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX external_series_by_year ON external_series (school, year, name);

CREATE TABLE external_figures (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  external_series TEXT NOT NULL, uai TEXT NOT NULL, title TEXT NOT NULL, region_code TEXT NOT NULL,
  figures TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX external_figures_by_external_series
    ON external_figures (school, external_series, name);
CREATE INDEX external_figures_by_uai ON external_figures (school, uai, name);
