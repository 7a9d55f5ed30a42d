"""Where an application's files lie in its folder, the project's root (docs/make-it-yours.md)."""

from __future__ import annotations

from pathlib import Path

ACCESS = "access.yaml"
"""Who may do what inside PostgreSQL and Redis."""
MIGRATIONS = "migrations"
"""Folder of the SQL files."""
NONE_YET = ".gitkeep"
"""What is in that folder where an application has no migration: Git keeps the folder, and nobody misses any."""
DEFINITION = Path("schema") / "schema.json"
"""The schema that results, and the extensions that it needs."""
CARRIED = (f"{MIGRATIONS}/*", f"{DEFINITION.parent}/*.json")
"""What a bundle carries of it. Of the migrations everything: no extension makes a file one, and the folder may hold a
`datatier.allow`."""
BUNDLED = Path(__file__).parents[1] / MIGRATIONS
"""The migrations for a program in Lambda or in a container: there the application's files lie beside it."""
