"""What the commands of backups read, and by what a backup is verified beyond its hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.backup_caches import Form, caches_of_stack, caches_of_url, scratch_cache
from cli.doors import by_url

if TYPE_CHECKING:
    from keep.backup.create import Sources
    from keep.backup.verify import Deeper


def deeper_of(level: int, database_url: str | None = None) -> list[Deeper]:
    """The levels above the first, up to that one."""
    if level == 1:
        return []
    from cli.backup_target import scratch_at, scratch_here
    from keep.backup.verify import both
    from keep.backup.verify_archive import read_through
    from keep.backup.verify_restored import restored
    from keep.redis import verify as caches
    from local.postgres.binaries import client

    deeper: list[Deeper] = [both(read_through(client), caches.read_through)]
    if level > 2:
        url = by_url(database_url, None, None)
        database = restored(scratch_here if url is None else lambda _: scratch_at(url))
        deeper.append(both(database, caches.restored(scratch_cache)))
    return deeper


def asked(
    stack: str | None,
    manifest: str | None,
    database_url: str | None = None,
    redis_url: str | None = None,
    names: list[str] | None = None,
    form: Form | None = None,
    to: list[str] | None = None,
) -> Sources:
    """What the options name: all of a stack, as its caches allow it, or servers by their URLs."""
    from bootstrap.access import load_access
    from bootstrap.postgres import master
    from bootstrap.secrets import AwsStore, open_database_url, place_of
    from cli.target import find_manifest
    from keep.backup.create import Sources
    from keep.postgres.source import PostgresSource
    from local.postgres.binaries import client

    url, cache_url = by_url(database_url, stack, manifest), by_url(redis_url, stack, manifest, "--redis-url")
    caches = caches_of_url(cache_url, names, form) if cache_url else ()
    if url is not None:
        source = PostgresSource(connect=lambda: open_database_url(url), owner=None, programs=client)
        return Sources(postgres=source, caches=caches)
    if cache_url is not None:
        return Sources(caches=caches, server=place_of(cache_url))
    target = find_manifest(stack, manifest)
    store = AwsStore(target.region, target.aws_endpoint)
    source = PostgresSource(
        connect=lambda: master.look(target.postgres, store).conn,
        owner=load_access(target.access).owner,
        programs=client,
    )
    return Sources(postgres=source, caches=caches_of_stack(target, names, form, to), stack=target)
