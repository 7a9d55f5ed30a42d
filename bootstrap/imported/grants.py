"""Privileges as a server has them, as grants of a declaration. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from bootstrap.access.postgres import EVERY
from bootstrap.postgres.desired import PUBLIC, Desired, Privileges
from bootstrap.postgres.grants import EXECUTE, governed
from bootstrap.postgres.live import Live, LiveObject

_LETTERS = {"table": "r", "sequence": "S", "function": "f"}
_NONE: Privileges = frozenset()


def everybody(live: Live, stub: Desired) -> Iterator[dict[str, Any]]:
    """Return what PUBLIC may; functions it may run as the hard-wired default has it are one grant on all."""
    hard_wired = live.defaults.get(("", "f"), {PUBLIC: EXECUTE}).get(PUBLIC, _NONE) >= EXECUTE
    for grant in grants(PUBLIC, live, stub):
        if not (hard_wired and ("functions" in grant or grant.get("future") == "functions")):
            yield grant
    there = {item.name for item in live.objects if item.kind == "schema"}
    for schema in (schema for schema in stub.schemas if hard_wired and schema in there):
        items = [i for i in live.objects if (i.kind, i.schema) == ("function", schema) and governed(stub, i)]
        may = [item.key for item in items if item.privileges.get(PUBLIC)]
        if len(may) == len(items):
            yield {**_schema(schema), "functions": EVERY, "privileges": ["execute"]}
            continue
        yield {**_schema(schema), "future": "functions", "privileges": ["execute"]}
        if may:
            yield {**_schema(schema), "functions": may, "privileges": ["execute"]}


def grants(name: str, live: Live, stub: Desired) -> Iterator[dict[str, Any]]:
    """Return what one grantee may on what the declaration governs."""
    items = [item for item in (live.database, *live.objects) if governed(stub, item) and item.owner != name]
    for item in items:
        if has := item.privileges.get(name):
            if item.kind == "database":
                yield {"database": True, "privileges": _words(has)}
            elif item.kind == "schema":
                yield {**_schema(item.schema), "privileges": _words(has)}
    for schema in stub.schemas:
        for kind, letter in _LETTERS.items():
            here = [item for item in items if (item.kind, item.schema) == (kind, schema)]
            future = live.defaults.get((schema, letter), {}).get(name, _NONE)
            yield from _objects(name, schema, kind, here, future)
        for (where, table), columns in live.columns.items():
            if where == schema and any((i.kind, i.schema, i.name) == ("table", where, table) for i in items):
                for privileges, names in _alike((c, acl.get(name)) for c, acl in columns.items()):
                    yield {**_schema(schema), "tables": [table], "columns": names, "privileges": privileges}


def _objects(
    name: str, schema: str, kind: str, items: list[LiveObject], future: Privileges
) -> Iterator[dict[str, Any]]:
    if future:
        yield {**_schema(schema), "future": f"{kind}s", "privileges": _words(future)}
    for privileges, names in _alike((item.key, item.privileges.get(name)) for item in items):
        yield {**_schema(schema), f"{kind}s": names, "privileges": privileges}


def _alike(pairs: Iterable[tuple[str, Privileges | None]]) -> Iterator[tuple[list[str], list[str]]]:
    """Names by what is held on them."""
    found: defaultdict[Privileges, list[str]] = defaultdict(list)
    for name, privileges in pairs:
        if privileges:
            found[privileges].append(name)
    for privileges, names in found.items():
        yield _words(privileges), names


def _words(privileges: Privileges) -> list[str]:
    return sorted(privilege.lower() for privilege in privileges)


def _schema(name: str) -> dict[str, str]:
    return {} if name == "public" else {"schema": name}
