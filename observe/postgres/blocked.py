"""Who waits for whose lock, as a tree: what holds others up, sessions and prepared transactions, and those it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from knowledge.thresholds.activity import BLOCKED_FOR, BLOCKED_SESSIONS
from observe.observation import READ_ALL_STATS, Cell, Finding, Observation, Row, Rows, judged, worst
from observe.postgres.activity import COLUMNS, who
from observe.postgres.locks import PREPARED_BY, TARGET
from observe.quantities import duration

# pg_blocking_pids locks the lock manager for a moment (PostgreSQL, System Information Functions), so it is asked only
# of who waits. It names the leader of a parallel query, more than once; those ahead in the queue too; and 0 for a
# prepared transaction.
_PARTS = (
    "locktype",
    "database",
    "relation",
    "page",
    "tuple",
    "virtualxid",
    "transactionid",
    "classid",
    "objid",
    "objsubid",
)
_SAME = " IS NOT DISTINCT FROM ".join(f"({', '.join(f'{of}.{part}' for part in _PARTS)})" for of in ("h", "w"))
_BLOCKED = f"""
WITH waiting AS MATERIALIZED (
  SELECT l.*, ARRAY(SELECT DISTINCT unnest(pg_blocking_pids(l.pid)) ORDER BY 1) AS blocked_by
    FROM pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL
), held AS MATERIALIZED (
  SELECT h.pid, h.mode, p.gid, p.owner, p.database AS datname, p.prepared, w.pid AS waiter
    FROM waiting w JOIN pg_locks h ON h.granted AND {_SAME}
    LEFT JOIN pg_prepared_xacts p ON p.transaction = {PREPARED_BY.format(lock="h")}
), involved AS (
  SELECT pid FROM waiting UNION SELECT unnest(blocked_by) FROM waiting
)
SELECT {COLUMNS}, coalesce(w.blocked_by, '{{}}') AS blocked_by,
       ARRAY(SELECT DISTINCT h.gid FROM held h WHERE h.waiter = i.pid AND h.gid IS NOT NULL ORDER BY 1)
         AS blocked_by_prepared,
       extract(epoch FROM clock_timestamp() - w.waitstart)::float8 AS waiting_seconds,
       w.mode AS waits_for, {TARGET} AS target,
       (SELECT string_agg(DISTINCT h.mode, ', ') FROM held h WHERE h.pid = i.pid) AS holds, NULL::text AS prepared
  FROM involved i JOIN pg_stat_activity a USING (pid) LEFT JOIN waiting w USING (pid)
  LEFT JOIN waiting l USING (pid)
UNION ALL
SELECT 0, h.owner::text, h.datname::text, NULL, NULL, NULL, 'prepared', NULL, NULL, NULL,
       extract(epoch FROM clock_timestamp() - h.prepared)::float8, NULL,
       extract(epoch FROM clock_timestamp() - h.prepared)::float8, false, NULL,
       '{{}}', '{{}}', NULL, NULL, NULL, string_agg(DISTINCT h.mode, ', '), h.gid
  FROM held h WHERE h.gid IS NOT NULL GROUP BY h.gid, h.owner, h.datname, h.prepared
"""


def tree(rows: Rows) -> Rows:
    """Roots first, each with those that wait for it below; `depth` says how far, `tree` shows it.

    Who waits for several stands below the first of them. In a ring, which PostgreSQL breaks up after
    deadlock_timeout unless it is one of queues, the one with the lowest id stands for a root.
    """
    by_key = {_key(row): row for row in rows}
    below: dict[str, list[str]] = {}
    parents = {key: [each for each in _blockers(row) if each in by_key] for key, row in by_key.items()}
    for key, blockers in parents.items():
        for each in blockers:
            below.setdefault(each, []).append(key)
    seen: set[str] = set()

    def walk(key: str, depth: int) -> Iterator[Row]:
        if key in seen:
            return
        seen.add(key)
        row: dict[str, Cell] = dict(by_key[key])
        yield {**row, "depth": depth, "tree": f"└{'─' * depth} {key}" if depth else key}
        for each in sorted(below.get(key, ()), key=lambda child: -_number(by_key[child].get("waiting_seconds"))):
            yield from walk(each, depth + 1)

    order = sorted(by_key, key=lambda key: (bool(parents[key]), -len(_waiters(key, below)), key))
    return tuple(row for key in order for row in walk(key, 0))


def _key(row: Row) -> str:
    return str(row["pid"]) if row["prepared"] is None else f"prepared {row['prepared']}"


def _blockers(row: Row) -> list[str]:
    pids, gids = row["blocked_by"], row["blocked_by_prepared"]
    assert isinstance(pids, list)  # noqa: S101 of the query
    assert isinstance(gids, list)  # noqa: S101
    return [*(str(pid) for pid in pids if pid), *(f"prepared {gid}" for gid in gids)]


def _waiters(root: str, below: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    todo = [root]
    while todo:
        for each in below.get(todo.pop(), ()):
            if each not in found and each != root:
                found.add(each)
                todo.append(each)
    return found


def _number(value: object) -> float:
    return float(str(value)) if value is not None else 0.0


def _judge(rows: Rows) -> tuple[Finding, ...]:
    waiting = [row for row in rows if row["blocked_by"] and not row["own"]]
    if not waiting:
        none = "no session waits for a lock"
        return (judged(BLOCKED_SESSIONS, 0, none), judged(BLOCKED_FOR, 0, none))
    said = "1 session waits for a lock" if len(waiting) == 1 else f"{len(waiting)} sessions wait for a lock"
    return (judged(BLOCKED_SESSIONS, len(waiting), said, mend=_mend(rows[0])), *worst(_roots(rows)))


def _roots(rows: Rows) -> Iterator[Finding]:
    """One for each root: how long the longest of its waiters has waited, and how to end it."""
    starts = [at for at, row in enumerate(rows) if row["depth"] == 0]
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        root, held_up = rows[start], rows[start + 1 : end]
        longest = max(_number(row["waiting_seconds"]) for row in (root, *held_up))  # the root itself waits in a ring
        count = "1 session" if len(held_up) == 1 else f"{len(held_up)} sessions"
        first = held_up[0] if held_up else root
        at = f" at {first['target']}" if first["target"] else ""
        state = f", {root['state']} for {duration(_number(root['state_seconds']))}," if root["state"] else ""
        yield judged(
            BLOCKED_FOR,
            longest,
            f"{who(root)}{state} holds up {count}{at}, the longest for {duration(longest)}",
            object=_key(root),
            mend=_mend(root),
        )


def _mend(root: Row) -> str:
    if root["prepared"] is not None:
        gid = str(root["prepared"]).replace("'", "''")
        return f"ROLLBACK PREPARED '{gid}', or COMMIT PREPARED if its coordinator says so; in {root['database']}"
    words = f"datatier queries kill {root['pid']}"
    if root["backend_type"] == "autovacuum worker":
        return f"{words} --autovacuum --cancel, unless it prevents a wraparound: then wait"
    return f"{words} --cancel" if root["state"] == "active" else words


BLOCKED = Observation(
    id="blocked",
    engine="postgres",
    question="Who waits for a lock, and who holds it?",
    read=lambda _: _BLOCKED,
    arrange=tree,
    judge=_judge,
    thresholds=(BLOCKED_SESSIONS, BLOCKED_FOR),
    columns=(
        "tree",
        "user",
        "application",
        "state",
        "state_seconds",
        "waiting_seconds",
        "waits_for",
        "target",
        "query",
    ),
    needs=(READ_ALL_STATS,),
)
