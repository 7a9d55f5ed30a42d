"""`datatier backup restore --cache`: one cache of a backup, into the server of a URL or a cache of a tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from cli.consent import ask
from cli.doors import by_url
from cli.errors import FAILED
from cli.output import console, emit_json, escape
from cli.target import find_manifest

if TYPE_CHECKING:
    from keep.manifest import BackupManifest
    from keep.place.place import Place
    from observe.node import RedisNode

CacheOption = Annotated[str | None, typer.Option("--cache", help="A cache of the backup, in place of its database.")]


@dataclass(frozen=True, kw_only=True)
class Where:
    """Which server is meant."""

    redis_url: str | None
    stack: str | None
    manifest: str | None


def restore_cache(
    source: Place,
    found: BackupManifest,
    cache: str,
    where: Where,
    *,
    replace: bool,
    yes: bool,
    json: bool,
) -> None:
    """Bring it back and show what is there. Exit 1 where it is not what was copied."""
    from keep.backup.joint import joint
    from keep.redis.restore import restore

    nodes = _nodes(cache, where)
    point = next((each for each in joint(found) if each.cache == cache), None)
    if point and point.advice == "flush":
        ask(f"{point.sentence[0].upper()}{point.sentence[1:]}.", cache, yes=yes)
    if replace:
        ask(f"All keys of {nodes[0].name} will be removed for those of the backup {found.id}.", cache, yes=yes)
    done = restore(source, found, cache, nodes, replace=replace)
    if json:
        emit_json(
            {
                "id": found.id,
                "cache": cache,
                "server": done.server,
                "keys": done.keys,
                "expired": done.expired,
                "removed": done.removed,
                "unread": done.unread,
                "seconds": done.seconds,
                "differences": done.differences,
                "joint": point.model_dump(mode="json") if point else None,
            }
        )
    else:
        out = console()
        how = "each as it was" if not done.differences else "not all as they were"
        out.print(
            f"[bold {'red' if done.differences else 'green'}]restored[/] the cache {escape(cache)} of {found.id} into "
            f"{escape(nodes[0].name)} ({escape(done.server)}): {done.keys:,} keys, {how}, in {done.seconds:.1f} s"
        )
        for sentence in _notes(done.expired, done.removed, done.unread, point.sentence if point else None):
            out.print(f"[yellow]·[/] {escape(sentence)}")
        for sentence in done.differences:
            out.print(f"[red]wrong[/] {escape(sentence)}")
    if done.differences:
        raise typer.Exit(FAILED)


def _notes(expired: int, removed: int, unread: int, joint: str | None) -> list[str]:
    return [
        *([f"{expired:,} keys have come to the end of their life since the copy"] if expired else []),
        *([f"{removed:,} keys that were there are gone"] if removed else []),
        *([f"{unread:,} keys of modules' types are proved by their names alone"] if unread else []),
        *([joint] if joint else []),
    ]


def _nodes(cache: str, where: Where) -> tuple[RedisNode, ...]:
    from observe.administered import administered
    from observe.nodes import redis_nodes

    if (url := by_url(where.redis_url, where.stack, where.manifest, "--redis-url")) is not None:
        return redis_nodes(url)
    return administered(find_manifest(where.stack, where.manifest), cache)
