-- The schools of a node's networks, and what became of each.

CREATE TABLE school_records (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  title TEXT NOT NULL, legal_name TEXT NOT NULL, siret TEXT NOT NULL, legal_entity TEXT NOT NULL,
  uai TEXT NOT NULL, activity_number TEXT NOT NULL, region_code TEXT NOT NULL,
  address TEXT NOT NULL, networks TEXT, member TEXT NOT NULL, program_version TEXT NOT NULL,
  opening_date TEXT, declared_closed BIGINT NOT NULL, closing_date TEXT, ending TEXT NOT NULL,
  successors TEXT, predecessors TEXT,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT ended_on_a_day
      CHECK ((ending = 'ENDING_UNSPECIFIED') = (closing_date IS NULL)),
  CONSTRAINT opened_before_it_ended
      CHECK (closing_date IS NULL OR opening_date IS NULL OR opening_date < closing_date));
CREATE INDEX school_records_by_title ON school_records (school, title, name);
CREATE INDEX school_records_by_siret ON school_records (school, siret, name);
CREATE INDEX school_records_by_legal_entity ON school_records (school, legal_entity, name);
CREATE INDEX school_records_by_uai ON school_records (school, uai, name);
CREATE INDEX school_records_by_region_code ON school_records (school, region_code, name);
CREATE INDEX school_records_by_member ON school_records (school, member, name);
