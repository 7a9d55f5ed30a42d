"""The steps that make what hangs on tables and views, in the order of its kinds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bootstrap.schema.definition import Relation, Schema, Table
from bootstrap.schema.filling import is_filled, sources
from bootstrap.schema.order import Step
from bootstrap.schema.ranks import Rank
from bootstrap.schema.statements import columns, hangings, names, tables, views
from bootstrap.schema.steps import heirs_of


def of_table(name: str, entry: Table, all_: Mapping[str, Table]) -> Iterator[Step]:
    """Everything that is made after a table."""
    step = _Hanging("table", name)
    parts = list(heirs_of(name, all_)) if "partition_by" in entry else []
    for title, what in entry.get("constraints", {}).items():
        if title in entry.get("attached", {}) or tables.inline(what):
            continue
        made = [*_attached(name, title, parts, all_), *tables.constraint(name, title, what)]
        key = not what.startswith(("FOREIGN KEY", "CHECK", "NOT NULL"))
        rank = Rank.KEY if key else Rank.FOREIGN_KEY if tables.foreign(what) else Rank.CHECK
        needs = {*entry.get("needs", {}).get(f"constraint {title}", ()), *(f"table {each}" for each in parts)}
        yield step.make(f"constraint {name}.{title}", rank, made, needs)
    for title, what in entry.get("indexes", {}).items():
        if title not in entry.get("attached", {}):
            made = [*_attached(name, title, parts, all_), hangings.index(what)]
            needs = {*entry.get("needs", {}).get(f"index {title}", ()), *(f"table {each}" for each in parts)}
            yield step.make(f"index {name}.{title}", Rank.INDEX, made, needs)
    yield from step.some("columns", Rank.MARK, tables.altered(name, entry, all_))
    yield from step.some("policies", Rank.POLICY, hangings.secured(name, entry))
    yield from _of_both(step, name, entry, "TABLE" if "foreign" not in entry else "FOREIGN TABLE")


def of_view(name: str, schema: Schema) -> Iterator[Step]:
    """Everything that is made after a view."""
    step, entry = _Hanging("view", name), schema["views"][name]
    for title, what in entry.get("indexes", {}).items():
        yield step.make(f"index {name}.{title}", Rank.INDEX, [hangings.index(what)])
    yield from step.some("defaults", Rank.MARK, views.defaults(name, entry))
    yield from step.some("columns", Rank.MARK, columns.alterations(name, entry))
    if entry.get("materialized") and is_filled(schema, name):
        filled = {f"rows of {each}" for each in sources(schema, name)}
        yield step.make(f"rows of {name}", Rank.REFRESH, [views.refresh(name)], filled)
    yield from _of_both(step, name, entry, views.view_kind(entry))


def _of_both(step: _Hanging, name: str, entry: Relation, kind: str) -> Iterator[Step]:
    yield from step.some("index statistics", Rank.STATISTICS, hangings.index_statistics(name, entry))
    yield from step.some("marks", Rank.MARK, hangings.marked(name, entry))
    for title, what in entry.get("rules", {}).items():
        yield step.make(f"rule {name}.{title}", Rank.RULE, hangings.rule(name, title, what))
    for title, what in entry.get("triggers", {}).items():
        yield step.make(f"trigger {name}.{title}", Rank.TRIGGER, hangings.trigger(name, title, what))
    told = [names.comment(kind, name, entry["comment"])] if "comment" in entry else []
    told += [*columns.comments(name, entry), *names.comments_on(name, entry.get("comments", {}))]
    yield from step.some("comments", Rank.COMMENT, told)


class _Hanging:
    """Makes steps that need one relation."""

    def __init__(self, kind: str, name: str) -> None:
        self._of = f"{kind} {name}"

    def make(self, name: str, rank: Rank, statements: Iterable[str], needs: Iterable[str] = ()) -> Step:
        return Step(name=name, rank=rank, statements=tuple(statements), needs=frozenset({self._of, *needs}))

    def some(self, what: str, rank: Rank, statements: Iterable[str]) -> Iterator[Step]:
        """One step of them all, none where there are none."""
        if made := tuple(statements):
            yield self.make(f"{what} of {self._of}", rank, made)


def _attached(name: str, title: str, parts: Iterable[str], all_: Mapping[str, Table]) -> Iterator[str]:
    """The indexes and keys of partitions that hang on one of `name` and have names of their own, the deepest first.

    Made before it they become its own (CREATE INDEX's documentation, on partitioned tables).
    """
    for part in reversed(list(parts)):
        entry = all_[part]
        for each, root in entry.get("attached", {}).items():
            if root == f"{name}.{title}":
                if each in entry.get("indexes", {}):
                    yield hangings.index(entry["indexes"][each])
                else:
                    yield from tables.constraint(part, each, entry["constraints"][each])
