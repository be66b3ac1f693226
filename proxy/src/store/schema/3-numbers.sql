-- Digits depend on the home country, which is a setting: they are read off the
-- number when somebody asks.
ALTER TABLE calls DROP COLUMN digits;
