"""Schema migrations, interchangeable with golang-migrate: source (files) x ledger (database) x runner (policy)."""

from bootstrap.migrate.errors import (
    DirtyError,
    FileError,
    LedgerError,
    LockedError,
    MigrateError,
    Problem,
    ProblemsError,
    ServerError,
    SourceError,
    StoppedError,
    TargetError,
)
from bootstrap.migrate.ledger import Event, Ledger, Session, State
from bootstrap.migrate.memory import MemoryDatabase, MemoryLedger
from bootstrap.migrate.plan import Step
from bootstrap.migrate.postgres import PostgresLedger
from bootstrap.migrate.runner import Applied, Progress, Runner, Stop, Version, validate
from bootstrap.migrate.source import Migration, MigrationFile, Source, create
from bootstrap.migrate.status import StatusRow

__all__ = [
    "Applied",
    "DirtyError",
    "Event",
    "FileError",
    "Ledger",
    "LedgerError",
    "LockedError",
    "MemoryDatabase",
    "MemoryLedger",
    "MigrateError",
    "Migration",
    "MigrationFile",
    "PostgresLedger",
    "Problem",
    "ProblemsError",
    "Progress",
    "Runner",
    "ServerError",
    "Session",
    "Source",
    "SourceError",
    "State",
    "StatusRow",
    "Step",
    "Stop",
    "StoppedError",
    "TargetError",
    "Version",
    "create",
    "validate",
]
