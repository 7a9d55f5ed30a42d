"""Observations of Redis and Valkey, one file for each thing that is looked at."""
