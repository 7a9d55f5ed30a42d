"""Puts staged rows in, parents first, and proves before the transaction ends that they are as they were.

Row security, triggers and foreign keys that were touched for it are as before when it ends. Sequences move at once, as
setval always does: forward only, so what a transaction that is rolled back has moved leaves a gap and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bootstrap.postgres.change import comma, ident, literal
from bootstrap.restored import sequences
from keep.errors import KeepError
from keep.postgres.merge.find import Found, Link
from keep.postgres.merge.integrity import orphans
from keep.postgres.merge.order import order
from keep.postgres.merge.side import Side
from keep.postgres.merge.stage import Moved, Staging
from keep.postgres.merge.tables import ForeignKey, Table, listed, quoted


def apply(staging: Staging, found: Found, *, fire: bool) -> tuple[str, ...]:
    """Merge what was staged and return the sequences that were set forward. Raise KeepError, psycopg.Error.

    `fire` says whether user's triggers fire for it. What a trigger changes or suppresses of a row that comes back is
    an error: it would not be the row that was lost.
    """
    live = staging.live
    moved = [each.moved for each in found.tables.values()]
    tables = {each.live.name: each for each in moved}
    changed = {*tables, *(each.key.child for each in found.links)}
    touched = [each for each in live.catalogue.keys if each.child in changed]
    before = orphans(live, touched)
    parents_first, waiting = order(tables, touched)
    with _quiet(live, [] if fire else [live.catalogue.tables[each] for each in sorted(changed)]):
        with _deferred(live, waiting):
            for name in parents_first:
                _insert(live, tables[name])
            for link in found.links:
                _refer(live, link)
        for each in moved:
            _proved(live, each)
        forward = _forward(live, moved)
    worse = {key: number for key, number in orphans(live, touched).items() if number > before.get(key, 0)}
    if worse:
        raise KeepError(f"rows would refer to what is not there: {comma(each.shown for each in worse)}")
    for table in live.shown:
        live.conn.execute(f"ALTER TABLE {table.written} FORCE ROW LEVEL SECURITY".encode())
    return forward


def _insert(live: Side, moved: Moved) -> None:
    columns = listed(moved.columns)
    # An identity that is GENERATED ALWAYS takes a value from INSERT only so.
    live.conn.execute(
        f"INSERT INTO {moved.live.written} ({columns}) OVERRIDING SYSTEM VALUE "
        f"SELECT {columns} FROM {moved.staged}".encode()
    )


def _refer(live: Side, link: Link) -> None:
    child = link.child
    values = comma(f"{ident(each)} = l.{ident(each)}" for each in link.key.cleared)
    only = "" if child.live.partitioned else "ONLY "
    same = " AND ".join(
        f"c.{ident(of)} {op} l.{ident(name)}"
        for of, name, op in zip(child.key, child.keys, child.live.key_operators, strict=True)
    )
    live.conn.execute(
        f"UPDATE {only}{child.live.written} AS c SET {values} FROM {link.table} l "
        f"WHERE {same} AND {link.cleared} AND {link.other}".encode()
    )


def _proved(live: Side, moved: Moved) -> None:
    row = listed(moved.columns, "{}")
    same = f"ROW({row.replace('{}', 'i')})::text = ROW({row.replace('{}', 's')})::text"
    number = live.count(
        f"SELECT count(*) FROM {moved.staged} s WHERE NOT EXISTS "
        f"(SELECT FROM {moved.source(moved.live)} i WHERE {moved.same('i', 's')} AND {same})"
    )
    if number:
        names = comma(dict.fromkeys(each.name for each in moved.live.triggers))
        by = (
            f"its triggers ({names}) have changed or suppressed them: merge with triggers off"
            if names
            else "no trigger"
        )
        raise KeepError(f"{number} rows of {moved.live.shown} are not as they were; {by}")


@contextmanager
def _quiet(live: Side, tables: list[Table]) -> Iterator[None]:
    """Disable user's triggers of tables, each by its name, so that what is disabled for good stays so."""
    triggers = [each for table in tables for each in table.triggers]
    for each in triggers:
        live.conn.execute(f"ALTER TABLE ONLY {quoted(each.on)} DISABLE TRIGGER {ident(each.name)}".encode())
    yield
    for each in triggers:
        always = "ALWAYS " if each.state == "A" else ""
        live.conn.execute(f"ALTER TABLE ONLY {quoted(each.on)} ENABLE {always}TRIGGER {ident(each.name)}".encode())


@contextmanager
def _deferred(live: Side, waiting: tuple[ForeignKey, ...]) -> Iterator[None]:
    """Have foreign keys wait for the end of the block; a circle's are made deferrable for as long."""
    for each in waiting:
        _alter(live, each, "DEFERRABLE")
    live.conn.execute("SET CONSTRAINTS ALL DEFERRED")
    yield
    live.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")  # looks at everything that has waited
    for each in waiting:
        _alter(live, each, "NOT DEFERRABLE")


def _alter(live: Side, key: ForeignKey, how: str) -> None:
    live.conn.execute(f"ALTER TABLE {quoted(key.on)} ALTER CONSTRAINT {ident(key.name)} {how}".encode())


def _forward(live: Side, moved: list[Moved]) -> tuple[str, ...]:
    """Set sequences forward to the highest value that came back, never backward; one that cycles is left alone."""
    heaps = {heap: each for each in moved for heap in _heaps(live, each.live)}
    done: list[str] = []
    for fed, state in sequences.states(live.conn)[0]:
        table = next((heaps[each] for each in fed.heaps if each in heaps), None)
        if table is None or state.cycles or fed.column not in table.columns:
            continue
        up = state.increment > 0
        found = live.conn.execute(
            f"SELECT {'max' if up else 'min'}({ident(fed.column)}) FROM {table.staged}".encode()
        ).fetchone()
        value = found[0] if found else None
        if value is None or not state.low <= value <= state.high:
            continue
        if (value > state.last if up else value < state.last) or (value == state.last and not state.called):
            name = quoted(fed.sequence)
            live.conn.execute(f"SELECT setval({literal(name)}::regclass, {int(value)})".encode())
            done.append(name.replace('"', ""))
    return tuple(done)


def _heaps(live: Side, table: Table) -> list[tuple[str, str]]:
    if not table.partitioned:
        return [table.name]
    return live.conn.execute(
        """SELECT n.nspname, c.relname FROM pg_partition_tree(%s::text::regclass) t JOIN pg_class c ON c.oid = t.relid
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.isleaf""",
        (table.written,),
    ).fetchall()
