"""Partitions ahead, the default partition drained, and old ones taken away: by access.yaml's `upkeep`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bootstrap import periods
from bootstrap.access.upkeep import Partitions
from bootstrap.postgres.change import ident
from knowledge.thresholds.upkeep import DRAIN_PER_SECOND, DRAIN_ROWS, PAST_PERIODS
from maintain.action import Action, Lock, Skipped
from maintain.estimate import seconds
from maintain.facts import DatabaseFacts
from maintain.postgres import partition_sql as sql
from maintain.postgres.coverage import Span, holes, spans
from maintain.postgres.declared import Declared, declared
from observe.observation import Row, texts


def actions(facts: DatabaseFacts) -> Iterator[Action | Skipped]:
    """What is missing is made before anything old goes."""
    for each in declared(facts):
        wanted = each.upkeep.partitions
        if wanted is None:
            continue
        if each.missing:
            yield each.missing
        elif why := _unfit(each.row):
            yield Skipped(object=each.table, why=f"access.yaml declares partitions for {each.table}, but {why}")
        else:
            yield from _Table(facts, each, wanted).actions()


def _unfit(row: Row) -> str:
    if row["strategy"] is None:
        return "it is not partitioned: a table is partitioned by a migration that makes it again"
    if row["strategy"] != "RANGE" or row["key_column"] is None:
        return f"it is partitioned by {row['key_text']}: only a RANGE of one column is kept"
    if row["key_type"] not in periods.TIMES:
        return f"its key {row['key_column']} is {row['key_type']}, no point in time"
    return ""


@dataclass(frozen=True)
class _Table:
    facts: DatabaseFacts
    declared: Declared
    wanted: Partitions

    @property
    def row(self) -> Row:
        return self.declared.row

    @property
    def table(self) -> str:
        return self.declared.table

    @property
    def present(self) -> date:
        return periods.begin_of(self.facts.at, self.wanted.every)

    @property
    def oldest(self) -> date | None:
        """First day of the oldest period that stays; None where all do."""
        keep = self.wanted.keep
        return None if keep is None else periods.later(self.present, self.wanted.every, -keep)

    def actions(self) -> Iterator[Action | Skipped]:
        there = [row for row in self.facts.rows("partitions") if row["table"] == self.table]
        for pending in (row for row in there if row["detach_pending"]):
            yield self._finalized(str(pending["partition"]))
        there = [row for row in there if not row["detach_pending"]]
        if parted := next((row for row in there if row["kind"] == "p"), None):
            why = (
                f"{parted['partition']} of {self.table} is partitioned itself: what its like is made of is not declared"
            )
            yield Skipped(object=self.table, why=why)
            return
        held = spans(there)
        yield from self._ahead(held)
        yield from self._drained(held)
        yield from self._holes(held)
        yield from self._old(there)

    def _action(self, object_: str, statements: Sequence[str], why: str, lock: Lock, size: object = None) -> Action:
        bytes_ = int(str(size)) if size is not None else None
        return Action(
            kind="partition",
            node=self.facts.node,
            object=object_,
            statements=tuple(statements),
            transaction=len(statements) > 1,
            why=why,
            lock=lock,
            needs=f"ownership of {self.table}",
            role=str(self.row["owner"]),
            bytes=bytes_,
            seconds=seconds(self.facts.took.get("; ".join(statements)), bytes_),
        )

    def _finalized(self, partition: str) -> Action:
        why = f"a DETACH CONCURRENTLY of {partition} was broken off half-way: its rows are hidden already"
        statement = f"ALTER TABLE {self.table} DETACH PARTITION {partition} FINALIZE"
        return self._action(partition, [statement], why, "SHARE UPDATE EXCLUSIVE")

    def _ahead(self, held: Sequence[Span]) -> Iterator[Action | Skipped]:
        for number in range(self.wanted.coming + 1):
            begin = periods.later(self.present, self.wanted.every, number)
            when = (
                f"which begins in {_many((begin - self.facts.at.date()).days, 'day')}" if number else "the present one"
            )
            yield from self._made(begin, held, f"no partition holds {self._said(begin)}, {when}")

    def _drained(self, held: Sequence[Span]) -> Iterator[Action | Skipped]:
        """Periods of the past of which the default partition has rows."""
        default = self.row["default_partition"]
        if refused := self.row.get("refused"):
            yield Skipped(object=str(default), why=f"what is in {default} was not to be seen: {refused}")
        found = sorted(set(self._default_rows()) - {self.present}, reverse=True)
        past = [begin for begin in found if begin < self.present and (self.oldest is None or begin >= self.oldest)]
        for begin in past[:PAST_PERIODS]:
            yield from self._made(begin, held, f"no partition holds {self._said(begin)}")
        if (left := len(past) - PAST_PERIODS) > 0:
            yield Skipped(object=str(default), why=f"{left} more periods of {default} are left for the next run")

    def _default_rows(self) -> dict[date, int]:
        """Rows of the default partition by the first day of their period."""
        found: dict[date, int] = {}
        for day, rows in zip(texts(self.row.get("days")), texts(self.row.get("day_rows")), strict=True):
            begin = periods.begin_of(date.fromisoformat(day), self.wanted.every)
            found[begin] = found.get(begin, 0) + int(rows)
        return found

    def _made(self, begin: date, held: Sequence[Span], why: str) -> Iterator[Action | Skipped]:
        every, kind = self.wanted.every, str(self.row["key_type"])
        end = periods.later(begin, every, 1)
        covered = Span(begin, end).within(held)
        if covered == "whole":
            return
        if covered == "part":
            said = f"a part of {self._said(begin)} is held by a partition of {self.table}, and the rest of it by none"
            yield Skipped(object=self.table, why=said)
            return
        upkeep = self.declared.upkeep
        name = f"{upkeep.table}{periods.suffix(begin, every)}"
        partition = f"{self.row['schema_quoted']}.{_quoted(name)}"
        if len(name.encode()) > 63:
            said = f"{why}, and the name {name} would be longer than the 63 bytes that PostgreSQL takes"
            yield Skipped(object=partition, why=said)
            return
        if name in texts(self.row["taken"]):
            attach = f"ALTER TABLE {self.table} ATTACH PARTITION {partition} {periods.bound(begin, every, kind)}"
            said = f"{why}, and {partition} is something else: attach it, or give it another name"
            yield Skipped(object=partition, why=said, mend=attach)
            return
        yield self._making(partition, begin, why)

    def _making(self, partition: str, begin: date, why: str) -> Action | Skipped:
        default = self.row["default_partition"]
        rows = self._default_rows().get(begin, 0)
        statements = list(sql.made(self.row, partition, begin, self.wanted.every))
        if rows:
            why += f": {default} has {_many(rows, 'row')} of it to move there"
        if rows and not sql.moves(self.row):
            cause = ", ".join(texts(self.row["referenced_by"]) or texts(self.row["default_on_deletion"]))
            said = f"{why}; {cause} would take the move for a deletion, so it has to be done by hand"
            return Skipped(object=partition, why=said)
        if rows > DRAIN_ROWS:
            wait = f"everybody who uses {self.table} would wait for some {_many(rows // DRAIN_PER_SECOND, 'second')}"
            said = f"{why}; {wait}, so it is left for a quiet hour"
            return Skipped(object=partition, why=said, mend="; ".join(["BEGIN", *statements, "COMMIT"]))
        lock: Lock = "SHARE UPDATE EXCLUSIVE"
        if default:
            lock = "ACCESS EXCLUSIVE"
        elif referenced := texts(self.row["referenced"]):
            lock = "SHARE ROW EXCLUSIVE"
            why += f"; writers of {', '.join(referenced)}, which its foreign keys name, wait meanwhile"
        return self._action(partition, statements, why, lock, self.row["default_bytes"] if default else None)

    def _holes(self, held: Sequence[Span]) -> Iterator[Skipped]:
        """Where there is a default partition it takes the rows, and gives them to a partition with the next run."""
        for begin, end in () if self.row["default_partition"] else holes(held, self.oldest, self.present):
            why = f"no partition of {self.table} holds {begin} to {end}: rows of that time are refused"
            yield Skipped(object=self.table, why=why)

    def _old(self, there: Sequence[Row]) -> Iterator[Action | Skipped]:
        oldest, then = self.oldest, self.wanted.then
        if oldest is None:
            return
        limit = datetime(oldest.year, oldest.month, oldest.day)
        for row in there:
            upper, partition = row["upper"], str(row["partition"])
            if row["is_default"] or not isinstance(upper, datetime) or upper > limit:
                continue
            why = f"{partition} ends before {self._said(oldest)}, the oldest that stays"
            if row["lower"] is None:
                yield Skipped(object=partition, why=f"{why}, but it has no beginning: it goes by hand")
            elif row["kind"] != "r":
                yield Skipped(object=partition, why=f"{why}, but it is no plain table: it goes by hand")
            elif referencing := texts(self.row["referenced_by"]):
                said = (
                    f"{why}, but {', '.join(referencing)} refers to {self.table}: PostgreSQL drops no partition of it"
                )
                mend = f"ALTER TABLE {self.table} DETACH PARTITION {partition}"
                yield Skipped(object=partition, why=said, mend=mend)
            else:
                gone = (
                    f"DROP TABLE {partition}"
                    if then == "drop"
                    else f"ALTER TABLE {self.table} DETACH PARTITION {partition}"
                )
                yield self._action(partition, [*sql.locked(self.row), gone], why, "ACCESS EXCLUSIVE")
        yield from self._old_rows(oldest)

    def _old_rows(self, oldest: date) -> Iterator[Action | Skipped]:
        """Those that the default partition has of periods that are over."""
        rows, default = (
            sum(n for begin, n in self._default_rows().items() if begin < oldest),
            self.row["default_partition"],
        )
        if not rows:
            return
        why = f"{default} has {_many(rows, 'row')} from before {self._said(oldest)}, the oldest that stays"
        if self.wanted.then == "detach":
            yield Skipped(object=str(default), why=f"{why}; `then: detach` deletes none")
        elif referencing := texts(self.row["referenced_by"]):
            yield Skipped(object=str(default), why=f"{why}, but {', '.join(referencing)} refers to {self.table}")
        else:
            before = sql.constant(oldest, str(self.row["key_type"]))
            yield Action(
                kind="expire",
                node=self.facts.node,
                object=str(default),
                statements=(sql.batch(str(default), str(self.row["key_column"]), before),),
                repeat=True,
                why=why,
                lock="ROW EXCLUSIVE",
                needs=f"ownership of {default}",
                role=str(self.row["owner"]),
            )

    def _said(self, begin: date) -> str:
        return f"the {self.wanted.every} of {begin:%Y-%m-%d}"


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.isascii() and name.islower() else ident(name)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
