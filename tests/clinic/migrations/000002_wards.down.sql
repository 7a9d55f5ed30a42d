DROP VIEW staffed_wards;
DROP TABLE doctors, wards;
DROP TYPE ward_kind;
