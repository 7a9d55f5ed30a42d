"""Observations of PostgreSQL, one file for each thing that is looked at."""
