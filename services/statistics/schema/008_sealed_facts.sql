-- Facts about persons that stood open are encrypted with the person's key. SQL cannot encrypt what
-- there is: no version was released yet that wrote it.
ALTER TABLE learner_facts DROP COLUMN learner_state;
ALTER TABLE learner_facts ADD COLUMN learner_state BYTEA;
ALTER TABLE learner_results DROP COLUMN result;
ALTER TABLE learner_results ADD COLUMN result BYTEA;
ALTER TABLE learner_results ADD COLUMN learner TEXT NOT NULL DEFAULT '';
