-- Roles of the school's own.
CREATE TABLE roles (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, permissions TEXT,
  PRIMARY KEY (school, name));
