-- How many of the reads opened the person's file; the others showed them in a row of a list.
ALTER TABLE person_reads ADD COLUMN opened BIGINT NOT NULL DEFAULT 0;
