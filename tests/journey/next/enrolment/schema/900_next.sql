-- What a next version adds: an old one neither reads nor writes it.
ALTER TABLE candidates ADD COLUMN preferred_language TEXT;
CREATE INDEX candidates_by_language ON candidates (school, preferred_language);
