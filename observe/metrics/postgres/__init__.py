"""The metrics of PostgreSQL, with postgres_exporter's names, one file for each thing that is read."""
