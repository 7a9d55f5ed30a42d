DROP TABLE visits, patients;
