"""The files of the bootstrap: what its bundle carries, and what makes the runner run again."""

from __future__ import annotations

from bootstrap.application import ACCESS, CARRIED

# Of what is known the rule for passwords and the clients of Redis; a test holds the list against what is imported.
SOURCES = (
    "bootstrap/**/*.py",
    "knowledge/__init__.py",
    "knowledge/limits.py",
    "knowledge/passwords.py",
    "knowledge/redis/__init__.py",
    "knowledge/redis/clients.py",
    "knowledge/redis/clients/*.toml",
)

APPLICATION = (*CARRIED, ACCESS)
"""The application's files that make the runner run again. The declaration reaches it in the manifest."""

LOOKING = (
    "capacity/**/*.py",
    "clients/**/*.py",
    "keep/**/*.py",
    "knowledge/**/*.csv",
    "knowledge/**/*.json",
    "knowledge/**/*.py",
    "knowledge/**/*.toml",
    "maintain/**/*.py",
    "observe/**/*.csv",
    "observe/**/*.py",
)
"""What the bundle carries besides, for the functions that look at servers and copies (`keep/watch/handler.py`) and that
maintain them (`maintain/handler.py`): the bootstrap has no need of it and does not run again for it. Of what is known
all: thresholds come from alarms, and those from classes and parameters."""
