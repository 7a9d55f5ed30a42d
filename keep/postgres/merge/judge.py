"""What would be merged, table by table, and what is in its way: as data and as sentences."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from bootstrap.postgres.change import comma, ident
from keep.postgres.merge.find import Found, Link, TableFound
from keep.postgres.merge.stage import Moved, Staging
from keep.postgres.merge.tables import ForeignKey, Part, Rule, shown


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableMerge(_Model):
    """One table that gets rows back."""

    table: str
    rows: int
    """Rows that are missing and come back."""
    there: int | None
    """Rows that were asked for and are there: left as they are. None for a table that was not asked for."""
    other: int
    """Rows that are there with other values than in the copy, since changed or their key used again: left too."""
    by: tuple[str, ...]
    """Columns by which a row is found; none where that is all of them."""
    went_with: tuple[str, ...]
    """Foreign keys by which its rows went with those of another table."""
    triggers: tuple[str, ...]
    """User's triggers that fire for what comes back, or are disabled for it."""
    remarks: tuple[str, ...]


class ReferenceMerge(_Model):
    """References that the deletion cleared, as ON DELETE SET NULL does."""

    foreign_key: str
    rows: int
    """Rows whose columns get back what they had."""
    kept: int
    """Rows whose columns have been given another value meanwhile: left as they are."""


class MergePlan(_Model):
    """What a merge brings back."""

    tables: tuple[TableMerge, ...]
    references: tuple[ReferenceMerge, ...]
    remarks: tuple[str, ...]
    blocks: tuple[str, ...]
    """Why it cannot be done, with what mends it; nothing is changed while there are any."""

    @property
    def rows(self) -> int:
        """Rows that come back."""
        return sum(each.rows for each in self.tables)


def judge(staging: Staging, found: Found) -> MergePlan:
    """Look at what was staged, in the same transaction."""
    tables = [_table(staging, each) for each in found.tables.values()]
    blocks = [block for each in found.tables.values() for block in _blocks(staging, each.moved)]
    references = (_reference(staging, each) for each in found.links)
    remarks = [
        f"{each.shown}: what referred to the deleted rows cannot be found again, for {shown(each.child)} has no key"
        for each in found.unlinked
    ]
    return MergePlan(
        tables=tuple(tables),
        references=tuple(each for each in references if each.rows or each.kept),
        remarks=tuple(remarks),
        blocks=tuple(blocks),
    )


def _table(staging: Staging, found: TableFound) -> TableMerge:
    moved = found.moved
    return TableMerge(
        table=moved.live.shown,
        rows=staging.live.count(f"SELECT count(*) FROM {moved.staged}"),
        there=found.there,
        other=found.other,
        by=moved.key,
        went_with=tuple(each.shown for each in found.by),
        triggers=tuple(dict.fromkeys(each.name for each in moved.live.triggers)),
        remarks=tuple(_remarks(moved, found.other)),
    )


def _remarks(moved: Moved, others: int) -> list[str]:
    written = set(moved.columns)
    of_copy = [each.name for each in moved.copy.columns if each.generated is None and each.name not in written]
    of_live = [each.name for each in moved.live.columns if each.generated is None and each.name not in written]
    other = [
        f"{name} was {was.type} and is {now.type}"
        for name in moved.columns
        if (was := moved.copy.column(name)) and (now := moved.live.column(name)) and was.type != now.type
    ]
    found = (
        [
            f"there with other values than in the copy: {others}, changed since or by a key that was used again; left "
            "so, and what went with the old row comes back only where --table names its table"
        ]
        if others
        else []
    )
    found += [f"what was in {comma(of_copy)} is left out: the database has no such column"] if of_copy else []
    found += [f"what did not exist then gets its default: {comma(of_live)}"] if of_live else []
    found += ["has no key: rows are found by all their columns, and how often each occurs"] if not moved.key else []
    found += ["row security is forced: it is locked for everybody while it is merged"] if moved.live.hidden else []
    return found + other


def _blocks(staging: Staging, moved: Moved) -> list[str]:
    table = moved.live.shown
    blocks = [
        f"{table}.{each.name} did not exist then, may not be NULL and has no default: give it one"
        for each in moved.live.columns
        if each.required and each.generated is None and each.name not in moved.columns
    ]
    if blocks:
        return blocks
    for rule in moved.live.rules:
        if number := staging.live.count(_taken(moved, rule)):
            blocks.append(
                f"{number} rows of {table} meet others that are there now in {rule.name}: "
                f"leave them out by a condition, or change those that are there"
            )
    for key in staging.live.catalogue.keys:
        if (
            key.child == moved.live.name
            and key.enforced
            and (number := staging.live.count(_orphaned(staging, moved, key)))
        ):
            parent = shown(key.parent)
            blocks.append(
                f"{number} rows of {table} refer to rows of {parent} that are not there ({key.name}): "
                f"merge {parent} too, or leave them out by a condition"
            )
    return blocks


def _taken(moved: Moved, rule: Rule) -> str:
    """Count the rows that come back and meet one that is there."""
    names = [f"r{number}" for number, _ in enumerate(rule.expressions)]
    ours = comma(f"{each} AS {name}" for each, name in zip(rule.expressions, names, strict=True))
    only = f" WHERE {rule.predicate}" if rule.predicate else ""
    staged = _staged(moved, None)
    meets = " AND ".join(
        f"a.{name} {op} b.{name}"
        if rule.distinct_nulls
        else f"(a.{name} {op} b.{name} OR (a.{name} IS NULL AND b.{name} IS NULL))"
        for name, op in zip(names, rule.operators, strict=True)
    )
    return (
        f"SELECT count(DISTINCT a.row) FROM "
        f"(SELECT row_number() OVER () AS row, {ours} FROM {staged} s{only}) a "
        f"JOIN (SELECT {ours} FROM {moved.live.sql} t{only}) b ON {meets}"
    )


def _orphaned(staging: Staging, moved: Moved, key: ForeignKey) -> str:
    """Count the rows that come back and refer to what neither is there nor comes back."""
    parent = staging.live.see(staging.live.catalogue.tables[key.parent])
    among = staging.moved.get(key.parent)
    coming = (
        f" AND NOT EXISTS (SELECT FROM {_staged(among, key.parent_part)} p WHERE {key.meet('p', 'c')})" if among else ""
    )
    return (
        f"SELECT count(*) FROM {_staged(moved, key.child_part)} c WHERE {key.refers('c')} "
        f"AND NOT EXISTS (SELECT FROM {parent.sql} p WHERE {key.meet('p', 'c')} AND {key.parent_rows('p')}){coming}"
    )


def _staged(moved: Moved, part: Part | None) -> str:
    """Rows that come back, or those that go into a partition: with what the copy had not, and what is generated."""
    generated = "".join(
        f", {each.generated} AS {ident(each.name)}" for each in moved.live.columns if each.generated is not None
    )
    missing = "".join(
        f", ({each.default})::{each.type} AS {ident(each.name)}"
        for each in moved.live.columns
        if each.generated is None and each.name not in moved.columns
    )
    goes = f" WHERE {part.holds}" if part else ""
    return f"(SELECT *{generated} FROM (SELECT *{missing} FROM {moved.staged}) s{goes})"


def _reference(staging: Staging, link: Link) -> ReferenceMerge:
    back = staging.live.count(f"SELECT count(*) FROM {link.joined} WHERE {link.cleared} AND {link.other}")
    kept = staging.live.count(f"SELECT count(*) FROM {link.joined} WHERE NOT ({link.cleared}) AND {link.other}")
    return ReferenceMerge(foreign_key=link.key.shown, rows=back, kept=kept)
