-- Facts about persons that stood open are encrypted with the person's key. SQL cannot encrypt what
-- there is: no version was released yet that wrote it.
ALTER TABLE reservations DROP COLUMN cause;
ALTER TABLE reservations ADD COLUMN cause BYTEA;
