"""Which engine a command speaks to: the one of a URL, or that of a tier that is up, as one of its identities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bootstrap.secrets import Secret, open_database_url, open_postgres
from cli.errors import InputError
from cli.target import credential

if TYPE_CHECKING:
    import psycopg

    from bootstrap.manifest import Manifest


def by_url(url: str | None, stack: str | None, manifest: str | None) -> Secret | None:
    """The URL, where no stack was asked for by name: what was named wins over the environment."""
    return Secret(url) if url and stack is None and manifest is None else None


def open_database(target: Secret | Manifest, identity: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to the primary as `identity`, or as whoever the URL says."""
    if isinstance(target, Secret):
        return open_database_url(target)
    found = credential(target, identity)
    if found.username is None:
        raise InputError(f"`{identity}` has no PostgreSQL login.")
    return open_postgres(target.postgres, target.postgres.primary, found.username, found.password)
