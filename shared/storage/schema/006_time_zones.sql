-- In which IANA time zone the school lives, from which civil day on, as the service that keeps the
-- rights announced it.
CREATE TABLE time_zones (
  school TEXT NOT NULL,
  since TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, since));
