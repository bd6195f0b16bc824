-- The keys under which the school's rows are and were, without the keys themselves: the key's name,
-- the public half of its signatures, and since and until when, in microseconds; 0 for the first.
-- `signature` is that of the newest key on what this row says. While rows are brought under the
-- newest key, `position` says how far that is and `rows_seen` how many were looked at.
CREATE TABLE school_keys (
  school TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  key_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  begin_time BIGINT NOT NULL,
  end_time BIGINT,
  signature BYTEA NOT NULL,
  position BYTEA,
  rows_seen BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, number));
