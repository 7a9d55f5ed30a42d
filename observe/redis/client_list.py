"""Who is connected to a cache node: each client, and how many are alike."""

from __future__ import annotations

from collections import defaultdict

from knowledge.thresholds.redis import CLIENT_BUFFER
from observe.observation import Cell, Finding, Observation, Right, Row, Rows, judged, worst
from observe.quantities import size
from observe.redis.usage import TURNED_AWAY

LISTS = Right(
    name="+client|list", grant="`redis: {CACHE: monitoring}` of the identity in access.yaml; elsewhere ACL SETUSER"
)


def clients(rows: Rows) -> Rows:
    """Each client of CLIENT LIST, the largest output buffer first, then the longest idle."""
    return sorted(
        (_client(row) for row in rows), key=lambda row: (-_number(row["output_bytes"]), -_number(row["idle_seconds"]))
    )


def _client(row: Row) -> Row:
    return {
        "id": str(row["id"]),
        "user": row.get("user"),
        "name": row.get("name") or None,
        "address": _host(str(row["addr"])),
        "port": str(row["addr"]).rpartition(":")[2],
        "age_seconds": _number(row["age"]),
        "idle_seconds": _number(row["idle"]),
        "flags": row["flags"],
        "subscriptions": int(_number(row["sub"]) + _number(row["psub"])),
        "output_bytes": _number(row["omem"]),
        "memory_bytes": _number(row.get("tot-mem")),
        "command": row["cmd"],
        "library": row.get("lib-name") or None,
    }


def groups(rows: Rows) -> Rows:
    """Clients with the same user, name and address as one row, the largest group first."""
    found: dict[tuple[Cell, ...], list[Row]] = defaultdict(list)
    for row in clients(rows):
        found[(row["user"], row["name"], row["address"])].append(row)
    made = [
        {
            "clients": len(members),
            "user": user,
            "name": name,
            "address": address,
            "oldest_seconds": max(_number(each["age_seconds"]) for each in members),
            "longest_idle_seconds": max(_number(each["idle_seconds"]) for each in members),
            "output_bytes": sum(_number(each["output_bytes"]) for each in members),
        }
        for (user, name, address), members in found.items()
    ]
    return sorted(made, key=lambda row: -int(str(row["clients"])))


def _judge(rows: Rows) -> tuple[Finding, ...]:
    """The output buffers of ordinary clients; a replica's may be large, and has a limit of its own."""
    return worst(
        judged(
            CLIENT_BUFFER,
            _number(row["output_bytes"]),
            f"client {row['id']} ({row['user']}, {row['name'] or 'no name'}) of {row['address']} leaves "
            f"{size(_number(row['output_bytes']))} of answers unread",
            object=str(row["id"]),
            mend="restart that client, or have it ask for less at once; `CLIENT KILL ID` ends its connection",
        )
        for row in rows
        if not {"S", "M"} & set(str(row["flags"]))
    )


def _host(address: str) -> str:
    """Of `10.0.0.3:4711` and `[::1]:4711`; a socket's path is the same for all."""
    return address.rpartition(":")[0].strip("[]")


def _number(value: object) -> float:
    return float(str(value or 0))


CLIENT_GROUPS = Observation(
    id="client-groups",
    engine="redis",
    question="How many of them are alike?",
    read=("CLIENT LIST",),
    arrange=groups,
    judge=lambda _: (),
    columns=("clients", "user", "name", "address", "oldest_seconds", "longest_idle_seconds", "output_bytes"),
    needs=(LISTS,),
)
CLIENT_LIST = Observation(
    id="client-list",
    engine="redis",
    question="Who is connected to a cache?",
    read=("CLIENT LIST",),
    arrange=clients,
    judge=_judge,
    thresholds=(CLIENT_BUFFER,),
    columns=("id", "user", "name", "address", "age_seconds", "idle_seconds", "output_bytes", "command"),
    also=(CLIENT_GROUPS, TURNED_AWAY),
    needs=(LISTS,),
)
