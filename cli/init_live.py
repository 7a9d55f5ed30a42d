"""`datatier init --database-url --redis-url`: the application is what is live on those servers."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bootstrap.errors import AskedError
from bootstrap.secrets import Secret, open_database_url
from cli.output import console, counted, escape, note

if TYPE_CHECKING:
    import psycopg

    from bootstrap.declared_extensions import DeclaredExtension
    from local.postgres.server import PostgresServer
    from scaffold.live.application import LiveApplication
    from scaffold.live.cache import LiveCache
    from scaffold.live.database import LiveDatabase

_NAMED = re.compile(r"([a-z](?:-?[a-z0-9])*)=(.+)", re.DOTALL)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
USUAL = "main"
"""What a cache is called of which no name is given."""


def read_live(
    name: str,
    region: str,
    database_url: str | None,
    redis_urls: Sequence[str],
    *,
    known: Sequence[LiveCache] = (),
) -> LiveApplication:
    """Read the servers, all at once, and prove the baseline; nothing is written, there or here.

    `known` are caches of which somebody else knows the users, and better than a login sees them.

    Raise AskedError, UrlError or LoginError with the first thing that is wrong.
    """
    from scaffold.live.application import live_application

    database = secret_of(database_url, "--database-url") if database_url else None
    caches = named_caches(redis_urls)
    with ExitStack() as servers, ThreadPoolExecutor(max_workers=2 + len(caches)) as pool:
        # The empty server for the proof takes as long to come up as the other takes to be read.
        starting = pool.submit(servers.enter_context, _throwaway(database)) if database else None
        reading = pool.submit(_database, database) if database else None
        read = [pool.submit(_cache, cache, url) for cache, url in caches.items()]
        live = reading.result() if reading else None
        found = live_application(name, region, live, _with_users([each.result() for each in read], known))
        if live is not None and starting is not None:
            _prove(live, found, starting.result())
    return found


def _with_users(read: Sequence[LiveCache], known: Sequence[LiveCache]) -> list[LiveCache]:
    better = {each.name: each for each in known}
    found = [
        replace(each, users=more.users, beside=more.beside, open=False, notes=(*each.notes, *more.notes))
        if (more := better.pop(each.name, None))
        else each
        for each in read
    ]
    return [*found, *better.values()]


def _throwaway(url: Secret) -> AbstractContextManager[PostgresServer]:
    """An empty server like that of the URL, which is asked for its version and extensions."""
    from local.scratch import throwaway

    with open_database_url(url) as conn:
        names = [name for (name,) in conn.execute("SELECT extname::text FROM pg_extension").fetchall()]
        return throwaway(conn.info.server_version // 10000, names)


def secret_of(said: str, option: str) -> Secret:
    """The URL, or what is in the environment variable of that name: a command line is seen by everybody."""
    if not _VARIABLE.fullmatch(said):
        return Secret(said)
    if not os.environ.get(said):  # of an empty URL libpq would make a server of this computer
        missing = "that environment variable is empty" if said in os.environ else "no environment variable is called so"
        raise AskedError(f"{option} {said}: {missing}; write a URL, or export it.")
    return Secret(os.environ[said])


def named_caches(said: Sequence[str]) -> dict[str, Secret]:
    """The caches by name, of `CACHE=URL` or a URL alone. Raise AskedError for two of a name, or of one server."""
    from scaffold.live.cache import unlike

    found: dict[str, Secret] = {}
    for each in said:
        match = _NAMED.fullmatch(each)
        cache, url = (match[1], match[2]) if match else (USUAL, each)
        if cache in found:
            raise AskedError(f"--redis-url: two caches are called {cache}; name each: --redis-url jobs=REDISS_URL.")
        found[cache] = secret_of(url, "--redis-url")
    for sentence in unlike(found):
        raise AskedError(f"--redis-url: {sentence}.")
    return found


def _database(url: Secret) -> LiveDatabase:
    from scaffold.live.database import read_database

    with open_database_url(url) as conn:
        return read_database(conn)


def _cache(name: str, url: Secret) -> LiveCache:
    from scaffold.live.cache import read_cache

    return read_cache(name, url)


def _prove(live: LiveDatabase, found: LiveApplication, server: PostgresServer) -> None:
    """Raise AskedError where the baseline does not make what was read; say where that could not be tried."""
    from local.scratch import empty
    from scaffold.live.prove import prove

    owner = str(found.application.access["owner"])
    identities: Any = found.application.access["identities"]

    def lent(wanted: tuple[DeclaredExtension, ...]) -> AbstractContextManager[psycopg.Connection[Any]]:
        return empty(server, owner, "datatier_proof", wanted, roles=_roles(identities))

    proof = prove(live.baseline, owner, lent)
    if proof.troubles and proof.lacking:
        note(f"the baseline was not proved: {'; '.join(proof.lacking)}. `datatier migrate rehearse` does it elsewhere.")
    elif proof.troubles:
        raise AskedError(
            f"the baseline does not make what {live.name} has: {'; '.join(proof.troubles[:3])}. Nothing was written."
        )
    elif proof.server != live.facts.major:
        note(f"the baseline was proved on PostgreSQL {proof.server}: {live.facts.major} is not on this computer.")


def _roles(identities: Mapping[str, Mapping[str, object]]) -> list[str]:
    return [name for name, each in identities.items() if "postgres" in each]


def show_notes(found: LiveApplication) -> None:
    """What was unsure, counted: each is a comment in the file where it belongs."""
    files = {
        "access": "access.yaml",
        "stacks": "Pulumi.prod.yaml",
        "migration": "the baseline",
        "schema": "schema.json",
    }
    out = console()
    if not found.notes:
        out.print("nothing was unsure")
        return
    out.print(f"{counted(len(found.notes), 'thing')} to look at, each a comment in its file:")
    for each in found.notes:
        where = f"{'.'.join(each.at)}: " if each.at else ""
        out.print(f"  [bold]{files[each.place]}[/] {escape(where + each.text)}")
