"""PostgreSQL parameters on RDS: computed, fixed, refused by RDS, and the catalogue of all of them."""
