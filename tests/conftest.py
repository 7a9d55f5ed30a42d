"""Puts this folder on the path, so that every test reaches `postgres_server`."""
