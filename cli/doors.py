"""Which engine a command speaks to: the one of a URL, or that of a tier that is up, as one of its identities."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bootstrap.secrets import Secret, open_database_url, open_postgres, place_of
from cli.errors import InputError
from cli.output import note

if TYPE_CHECKING:
    import psycopg

    from bootstrap.manifest import Manifest


def by_url(url: str | None, stack: str | None, manifest: str | None, option: str = "--database-url") -> Secret | None:
    """The URL, where no stack was asked for by name: what was named wins over the environment.

    One that comes from the environment is told: whoever has forgotten it there means a tier. Raise InputError where the
    command line names both.
    """
    if not url:
        return None
    named = stack is not None or manifest is not None
    variable = option.removeprefix("--").replace("-", "_").upper()
    if os.environ.get(variable) == url:
        if named:
            return None
        where = place_of(Secret(url))
        note(f"{variable} of the environment says which server: {where}. Name a stack to mean its tier.")
    elif named:
        raise InputError(f"{option} and a stack both say which server: leave one of them out.")
    return Secret(url)


def open_database(target: Secret | Manifest, identity: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection to the primary as `identity`, or as whoever the URL says."""
    if isinstance(target, Secret):
        return open_database_url(target)
    from clients.credentials import credential

    found = credential(target, identity)
    if found.username is None:
        raise InputError(f"`{identity}` has no PostgreSQL login.")
    return open_postgres(target.postgres, target.postgres.primary, found.username, found.password)
