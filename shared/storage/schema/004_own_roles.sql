-- What a role of the school's own gives, with commas between.
ALTER TABLE rights ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
-- The funder whom a "funder" acts for.
ALTER TABLE rights ADD COLUMN funder TEXT NOT NULL DEFAULT '';
