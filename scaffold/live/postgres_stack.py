"""What a stack's file would say of a PostgreSQL server that is live: its version and storage, and proposals. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from infra.settings.profiles import PROFILES
from knowledge.classes import GIB, RDS_CLASSES
from knowledge.postgres.catalogue import CATALOGUE, DEFAULT_MAJOR, POSTGRES_VERSIONS, check
from knowledge.postgres.parameters import max_connections
from scaffold.live.facts import ServerFacts
from scaffold.live.notes import Note

_AT = ("config", "data-tier:postgres")
_FAMILY = "db.m7g."
_ROOM = 2
"""Storage is asked for at this multiple of what the database takes."""
_FOLLOW_THE_CLASS = frozenset(
    [
        *("autovacuum_max_workers", "autovacuum_work_mem", "effective_cache_size", "maintenance_work_mem"),
        *("max_connections", "max_parallel_workers", "max_wal_size", "max_worker_processes", "min_wal_size"),
        *("shared_buffers", "temp_buffers", "wal_buffers", "work_mem"),
    ]
)
"""What the program works out from the class's memory and cores."""
_OF_THE_SERVER = frozenset({"lc_messages", "lc_monetary", "lc_numeric", "lc_time", "port", "ssl"})
"""Of where and how it runs, not of the application."""


def settings(found: ServerFacts, profile: str) -> dict[str, Any]:
    """Return `data-tier:postgres` of a stack of that profile."""
    allocated = int(PROFILES[profile]["postgres"]["storage"]["allocated"])
    said: dict[str, Any] = {}
    if found.major in POSTGRES_VERSIONS and found.major != DEFAULT_MAJOR:
        said["version"] = str(found.major)
    wanted = _tens(_ROOM * found.size / GIB)
    if wanted > allocated:
        said["storage"] = {"allocated": wanted, "max": 5 * wanted}
    return said


def doubts(found: ServerFacts) -> Iterator[Note]:
    """What is left to a person."""
    yield from _versions(found)
    yield from _class(found)
    yield from _parameters(found)


def _tens(gib: float) -> int:
    return ceil(gib / 10) * 10


def _versions(found: ServerFacts) -> Iterator[Note]:
    if found.major not in POSTGRES_VERSIONS:
        yield Note(
            place="stacks",
            at=_AT,
            text=f"the live server is PostgreSQL {found.major}, which RDS does not have yet: the stacks are of "
            f"{DEFAULT_MAJOR}, so the baseline was not made for what they run",
        )


def _class(found: ServerFacts) -> Iterator[Note]:
    """A class of the memory that the server seems to have, and of the connections that are in use."""
    by_buffers = 4 * found.shared_buffers  # a quarter is shared_buffers, on RDS too
    fits = [
        each
        for name, each in RDS_CLASSES.items()
        if name.startswith(_FAMILY)
        and each.memory_bytes >= by_buffers
        and max_connections(each.memory_bytes) >= found.connections
    ]
    if not fits:
        return
    best = min(fits, key=lambda each: each.memory_bytes)
    if best.memory_bytes <= RDS_CLASSES[PROFILES["prod"]["postgres"]["class"]].memory_bytes:
        return
    yield Note(
        place="stacks",
        at=_AT,
        text=f"shared_buffers of {found.shared_buffers >> 20} MiB is a quarter of {by_buffers / GIB:.3g} GiB, and "
        f"{found.connections} of {found.max_connections} connections were in use: the smallest class with both",
        proposal=f"class: {best.name}",
    )


def _parameters(found: ServerFacts) -> Iterator[Note]:
    major = found.major if found.major in POSTGRES_VERSIONS else DEFAULT_MAJOR
    usable: dict[str, str] = {}
    refused: list[str] = []
    for name, value in sorted(found.parameters.items()):
        if name in _FOLLOW_THE_CLASS or name in _OF_THE_SERVER:
            continue
        text, problem = check(name, value, major)
        if not problem:
            usable[name] = text
        elif name in CATALOGUE[major]:
            refused.append(f"{name} = {value}")
    if usable:
        yield Note(
            place="stacks",
            at=_AT,
            text="set on the live server, and RDS has them: take over what the application needs",
            proposal="parameters:\n" + "".join(f'  {name}: "{value}"\n' for name, value in usable.items()),
        )
    if refused:
        yield Note(place="stacks", at=_AT, text=f"set on the live server, and RDS refuses it: {', '.join(refused)}")
