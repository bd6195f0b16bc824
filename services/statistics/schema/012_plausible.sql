-- What was set aside is kept whole, so that somebody can look at it and accept it.
ALTER TABLE quarantined_submissions ADD COLUMN cells TEXT;
ALTER TABLE quarantined_submissions ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE quarantined_submissions ADD COLUMN dictionary_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE quarantined_submissions ADD COLUMN signature TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantined_submissions ADD COLUMN public_key TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantined_submissions ADD COLUMN can_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE quarantined_submissions ADD COLUMN mend_reason TEXT NOT NULL DEFAULT '';
