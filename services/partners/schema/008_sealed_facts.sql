-- Facts about persons that stood open are encrypted with the person's key. SQL cannot encrypt what
-- there is: no version was released yet that wrote it.
ALTER TABLE contracts DROP COLUMN vocational_level_4;
ALTER TABLE contracts DROP COLUMN ground;
ALTER TABLE contracts ADD COLUMN vocational_level_4 BYTEA;
ALTER TABLE contracts ADD COLUMN ground BYTEA;
ALTER TABLE tutors DROP COLUMN experience_years;
ALTER TABLE tutors DROP COLUMN employer;
ALTER TABLE tutors DROP COLUMN volunteer;
ALTER TABLE tutors ADD COLUMN experience_years BYTEA;
ALTER TABLE tutors ADD COLUMN employer BYTEA;
ALTER TABLE tutors ADD COLUMN volunteer BYTEA;
