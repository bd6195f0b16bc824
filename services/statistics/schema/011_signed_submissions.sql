-- What schools sign of their figures, and the keys by which a node knows them.
ALTER TABLE submissions ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN dictionary_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN public_key TEXT NOT NULL DEFAULT '';
ALTER TABLE submission_clocks ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN public_keys TEXT;
