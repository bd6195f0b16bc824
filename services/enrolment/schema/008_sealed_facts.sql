-- Facts about persons that stood open are encrypted with the person's key. SQL cannot encrypt what
-- there is: no version was released yet that wrote it.
ALTER TABLE learners DROP COLUMN exit_cause;
ALTER TABLE learners ADD COLUMN exit_cause BYTEA;
ALTER TABLE presence_entries DROP COLUMN absence;
ALTER TABLE presence_entries ADD COLUMN absence BYTEA;
ALTER TABLE presence_corrections DROP COLUMN absence;
ALTER TABLE presence_corrections DROP COLUMN reason;
ALTER TABLE presence_corrections ADD COLUMN absence BYTEA;
ALTER TABLE presence_corrections ADD COLUMN reason BYTEA;
ALTER TABLE presence_corrections ADD COLUMN learner TEXT NOT NULL DEFAULT '';
