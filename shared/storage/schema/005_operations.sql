-- Work that goes on after its rpc has answered, see shared/storage/log/operations.h.

-- `resource` is what the request named, `caller` what the token of the asker said, `position`
-- the number of the next step; `end_time` is NULL while it goes on, `error` empty unless it ended
-- with one. Nothing here is personal.
CREATE TABLE operations (
  school TEXT NOT NULL,
  name TEXT NOT NULL,
  method TEXT NOT NULL,
  resource TEXT NOT NULL,
  principal TEXT NOT NULL,
  caller BYTEA NOT NULL,
  traceparent TEXT NOT NULL,
  steps BIGINT NOT NULL,
  position BIGINT NOT NULL,
  metadata BYTEA NOT NULL,
  error BYTEA NOT NULL,
  create_time BIGINT NOT NULL,
  end_time BIGINT,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX operations_running ON operations (school, create_time, name)
  WHERE end_time IS NULL;
CREATE INDEX operations_ended ON operations (school, end_time) WHERE end_time IS NOT NULL;

-- What a step is to do, until it is done, and then its part of the response; both encrypted.
CREATE TABLE operation_steps (
  school TEXT NOT NULL,
  operation TEXT NOT NULL,
  number BIGINT NOT NULL,
  input BYTEA NOT NULL,
  output BYTEA NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, operation, number));
