-- The schools of before have lived in their time zone from the beginning.
INSERT INTO time_zones (school, since, time_zone)
  SELECT school, '0001-01-01', time_zone FROM schools;
