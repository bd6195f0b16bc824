-- The resource for which a right holds, with those below it; the whole school where it is empty.
ALTER TABLE rights ADD COLUMN scope TEXT NOT NULL DEFAULT '';
