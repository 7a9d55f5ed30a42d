"""Views that differ, materialized or not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bootstrap.schema.definition import View
from bootstrap.schema.difference import same
from bootstrap.schema.mends import columns, relations
from bootstrap.schema.mends.change import Change, altered, comment, differs, extra, missing
from bootstrap.schema.statements import names
from bootstrap.schema.statements import views as sql


def views(wanted: Mapping[str, View], found: Mapping[str, View], server: int) -> Iterator[Change]:
    """The differences between the views of two schemas; `server` is the version of the one that was read."""
    if server < 160000:
        found = {title: _unqualified(view, wanted.get(title)) for title, view in found.items()}
    for title in dict.fromkeys([*wanted, *found]):
        want, has = wanted.get(title), found.get(title)
        if want == has:
            continue
        if want is None and has is not None:
            yield extra("view", f"view {title}", title, sql.view_text(has))
        elif has is None and want is not None:
            yield missing("view", f"view {title}", title, sql.view_text(want))
        elif want is not None and has is not None:
            yield from _view(title, want, has)


def _view(title: str, want: View, has: View) -> Iterator[Change]:
    told = "view", f"view {title}", title, "definition", sql.view_text(want), sql.view_text(has)
    kinds = sql.view_kind(want), sql.view_kind(has)
    if kinds[0] != kinds[1] or not same("\n".join(want["definition"]), "\n".join(has["definition"])):
        if kinds != ("VIEW", "VIEW") or not _begins_with(want, has):
            yield differs(*told)
            return
        # Replaced it keeps its grants; options that the new one does not name are gone then (CREATE VIEW).
        yield altered(*told, [sql.view(title, want)], needs=want.get("needs", ()))
    elif want.get("options", []) != has.get("options", []):
        for each in relations.options(kinds[0], f"view {title}", title, want, has):
            yield altered(*told, each.statements)
    if want.get("access_method") != has.get("access_method"):
        statement = f"ALTER MATERIALIZED VIEW {title} SET ACCESS METHOD {want.get('access_method', 'heap')}"
        yield altered(*told, [statement])
    sentence = names.comment(kinds[0], title, want.get("comment"))
    yield from comment(f"view {title}", title, want.get("comment"), has.get("comment"), sentence)
    yield from columns.of_view(title, want, has)
    yield from relations.hanging(title, want, has)


def _begins_with(want: View, has: View) -> bool:
    """Whether the columns are those that are there, and perhaps more after them: all that CREATE OR REPLACE can do."""
    ours, theirs = (
        [(name, what.get("type"), what.get("collation")) for name, what in each.get("columns", {}).items()]
        for each in (want, has)
    )
    return bool(theirs) and ours[: len(theirs)] == theirs


def _unqualified(has: View, wanted: View | None) -> View:
    """Take the definition's text for a server's that differs from it only in the tables that columns are named with.

    PostgreSQL 15 names the table even where a view has only one; from 16 on it does not.
    """
    if wanted is None or _bare(wanted) != _bare(has):
        return has
    return {**has, "definition": wanted["definition"]}


def _bare(view: View) -> str:
    return re.sub(r"\b\w+\.(?=\w)", "", "\n".join(view["definition"]))
