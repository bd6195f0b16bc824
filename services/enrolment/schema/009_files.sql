-- Files of persons, their bytes in pieces of 64 KiB, and how much a school has of them.
CREATE TABLE files (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  candidate TEXT NOT NULL, kind BYTEA, format BYTEA, display_name BYTEA, size BIGINT NOT NULL,
  sha256 BYTEA, state TEXT NOT NULL, committed_size BIGINT NOT NULL, refusal BYTEA,
  create_time BIGINT, delete_time BIGINT, expire_time BIGINT, announced_by TEXT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT file_has_its_bytes CHECK (
    size > 0 AND committed_size >= 0 AND committed_size <= size));
CREATE INDEX files_by_candidate ON files (school, candidate, name);
CREATE INDEX files_uploading_by_caller ON files (school, announced_by, name)
  WHERE state = 'UPLOADING';
CREATE INDEX files_expire_time ON files (school, expire_time, name)
  WHERE expire_time IS NOT NULL;

CREATE TABLE file_chunks (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  candidate TEXT NOT NULL, file TEXT NOT NULL, data BYTEA,
  mac BYTEA,
  PRIMARY KEY (school, name));
CREATE INDEX file_chunks_by_file ON file_chunks (school, file, name);

CREATE TABLE file_usages (
  school TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
  files BIGINT NOT NULL, bytes BIGINT NOT NULL, uploading_bytes BIGINT NOT NULL,
  mac BYTEA,
  PRIMARY KEY (school, name),
  CONSTRAINT usage_is_no_negative CHECK (
    files >= 0 AND uploading_bytes >= 0 AND bytes >= uploading_bytes));
