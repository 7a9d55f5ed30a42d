"""A cache's upgrade rehearsed: its keys and its users in the other server, from the copy to the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.access import Access
from bootstrap.acl import table
from bootstrap.acl.table import CommandTable
from bootstrap.acl.valkey import VALKEY
from bootstrap.errors import BootstrapError
from bootstrap.secrets import Secret
from keep.drill.words import new_run
from keep.errors import AskedError, KeepError
from keep.manifest import BackupManifest, CacheCopy
from keep.place.place import Place
from keep.redis.restore import restore
from local.valkey.binaries import VARIABLE, Binary, of_engine
from local.valkey.config import ADMIN
from local.valkey.node import Node
from local.valkey.scratch import scratch
from observe.nodes import redis_nodes
from rehearse.redis.users import gained, lost, proved, rules
from rehearse.report import Obstacle, RehearsedWay, UpgradeRehearsal
from rehearse.timed import UNDECLARED, Timed

_SHOWN = 12
_IN_PLACE = (
    "ElastiCache changes engine and version in place, by replicas and a failover: writes stop for seconds (ElastiCache "
    "User Guide, VersionManagement.HowTo.cross-engine-upgrade); the seconds here are what filling a second cache takes"
)


@dataclass(frozen=True, kw_only=True)
class CacheUpgrade:
    """What is rehearsed."""

    place: Place
    manifest: BackupManifest
    cache: str
    copy: CacheCopy
    engine: str
    """`redis` or `valkey`, that it is to have."""
    version: str
    """That it is to have; empty where only the engine was said."""
    access: Access | None
    say: Callable[[str], None] = lambda _: None


def rehearse(work: CacheUpgrade) -> UpgradeRehearsal:
    """Bring keys and users into the other server. Raise AskedError where this computer has none."""
    began, clock = datetime.now(UTC), time.monotonic()
    new = of_engine(work.engine, work.version)
    if new is None:
        raise AskedError(
            f"this computer has no server of {work.engine}: name one in {VARIABLE}, or install the package "
            f"{work.engine}-server"
        )
    old, version = work.copy.server.split(" ", 1)
    standing = of_engine(old, version)
    before, notes = _commands(standing, work)
    done, refused = Timed(), ""
    work.say(f"bringing the keys into {new.version}")
    with scratch(new) as node:
        try:
            changes = _into(node, work, done, before)
        except AskedError:
            raise
        except KeepError as error:
            refused, changes = str(error), ()
    ok = not refused and all(each.ok is not False for each in done.checks)
    way = RehearsedWay(way="keys", ok=ok, refused=refused, phases=tuple(done.phases), checks=tuple(done.checks))
    wrong = [f"{each.name}: {each.detail}" for each in way.checks if each.ok is False]
    reason = "; ".join([*([refused] if refused else []), *wrong])
    return UpgradeRehearsal(
        id=new_run(began),
        target=work.cache,
        source=f"{work.cache} of {work.manifest.stack or work.manifest.server or 'a server'}",
        was=work.copy.server.capitalize(),
        wanted=f"{work.engine.capitalize()} {work.version}".strip(),
        ran=(standing.version if standing else "-", new.version),
        bytes=work.copy.memory or work.copy.size or 0,
        verdict="failed" if reason else "passed",
        reason=reason or "every key and every user is there as it was",
        began_at=began,
        seconds=round(time.monotonic() - clock, 3),
        obstacles=changes,
        ways=(way,),
        notes=(*notes, *_stands_in(work, new), _IN_PLACE),
    )


def _into(node: Node, work: CacheUpgrade, done: Timed, before: CommandTable) -> tuple[Obstacle, ...]:
    url = Secret(f"redis://{ADMIN}:{node.admin_password}@127.0.0.1:{node.port}")
    with done.phase("keys"):
        restored = restore(work.place, work.manifest, work.cache, redis_nodes(url))
    wrong = "; ".join(restored.differences)
    gone = f"; {restored.expired:,} have come to the end of their life" if restored.expired else ""
    unread = f"; {restored.unread:,} of modules' types are proved by their names alone" if restored.unread else ""
    done.check("keys", not wrong, wrong or f"{restored.keys:,} keys, each key space as it was{gone}{unread}")
    if work.access is None:
        done.check("users", None, UNDECLARED)
        return ()
    declared = rules(work.access, work.cache)
    if not declared:
        done.check("users", None, f"the declaration has no user of {work.cache}")
        return ()
    with node.client() as client:
        try:
            with done.phase("users"):
                found = proved(node, client, work.access, work.cache)
        except BootstrapError as error:  # a rule that the server does not take
            found = (str(error),)
        done.check("users", not found, "; ".join(found[:_SHOWN]) or f"{len(declared)} made, each tried")
        after = table.fetch(client)
    missing, more = lost(declared, before, after), gained(declared, before, after)
    done.check("commands", not missing, "; ".join(_said(missing)) or "every command that a user's rules allow is there")
    return tuple(
        Obstacle(
            check="commands that its categories gain",
            object=name,
            what=f"may do besides: {_few(commands)}",
            mend=f"deny them in access.yaml (redis: {work.cache}: deny), where they are not wanted",
        )
        for name, commands in more.items()
    )


def _commands(standing: Binary | None, work: CacheUpgrade) -> tuple[CommandTable, list[str]]:
    """What the old server knows."""
    if standing is None:
        return VALKEY, [f"this computer has no {work.copy.server}: commands are held against {VALKEY.source}"]
    with scratch(standing) as node, node.client() as client:
        return table.fetch(client), []


def _stands_in(work: CacheUpgrade, new: Binary) -> list[str]:
    if not work.version or new.version.split()[1].startswith(f"{work.version}."):
        return []
    return [f"{new.version} of this computer stands for {work.engine.capitalize()} {work.version}"]


def _said(missing: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{name} loses {_few(commands)}" for name, commands in missing.items()]


def _few(commands: tuple[str, ...]) -> str:
    more = f" and {len(commands) - _SHOWN} more" if len(commands) > _SHOWN else ""
    return ", ".join(commands[:_SHOWN]) + more
