"""Schema migrations, interchangeable with golang-migrate: source (files) x ledger (database) x runner (policy)."""

from bootstrap.migrate.errors import (
    DirtyError,
    FileError,
    FileProblem,
    LedgerError,
    LockedError,
    MigrateError,
    ProblemsError,
    ServerError,
    SourceError,
    StoppedError,
    TargetError,
)
from bootstrap.migrate.ledger import Event, Ledger, LedgerState, Session
from bootstrap.migrate.memory import MemoryDatabase, MemoryLedger
from bootstrap.migrate.plan import Move
from bootstrap.migrate.postgres import PostgresLedger
from bootstrap.migrate.runner import AppliedFile, MigrationRunner, Progress, Stop, Version, validate
from bootstrap.migrate.source import Migration, MigrationFile, Source, create
from bootstrap.migrate.status import StatusRow

__all__ = [
    "AppliedFile",
    "DirtyError",
    "Event",
    "FileError",
    "FileProblem",
    "Ledger",
    "LedgerError",
    "LedgerState",
    "LockedError",
    "MemoryDatabase",
    "MemoryLedger",
    "MigrateError",
    "Migration",
    "MigrationFile",
    "MigrationRunner",
    "Move",
    "PostgresLedger",
    "ProblemsError",
    "Progress",
    "ServerError",
    "Session",
    "Source",
    "SourceError",
    "StatusRow",
    "Stop",
    "StoppedError",
    "TargetError",
    "Version",
    "create",
    "validate",
]
