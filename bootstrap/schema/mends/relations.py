"""What hangs on tables and views alike and differs: options, indexes, triggers, rules, comments. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from bootstrap.postgres.change import comma
from bootstrap.schema.definition import Relation
from bootstrap.schema.mends.change import Change, altered, listed, part_comments, parts
from bootstrap.schema.statements import hangings as sql
from bootstrap.schema.statements import names

_STATES = ("ENABLED", "DISABLED", "REPLICA", "ALWAYS")


def hanging(owner: str, want: Relation, has: Relation) -> Iterator[Change]:
    """All of it but the columns."""
    yield from _indexes(owner, want, has)
    yield from parts(
        "trigger", owner, want.get("triggers", {}), has.get("triggers", {}), partial(_fires, "trigger", owner)
    )
    yield from parts("rule", owner, want.get("rules", {}), has.get("rules", {}), partial(_fires, "rule", owner))
    yield from _marks(owner, want, has)

    def both(part: str) -> bool:
        there = _there(part, want), _there(part, has)
        # Neither lists an index or key of a partition that comes with its parent's.
        return all(there) or (not any(there) and part.startswith(("index ", "constraint ")))

    yield from part_comments(owner, want.get("comments", {}), has.get("comments", {}), both)


def options(kind: str, name: str, owner: str, want: Relation, has: Relation) -> Iterator[Change]:
    """Storage parameters, or a view's options; `kind` is the keyword of ALTER."""
    wanted, there = want.get("options", []), has.get("options", [])
    if wanted == there:
        return
    gone = sorted({_key(each) for each in there} - {_key(each) for each in wanted})
    steps = [f"ALTER {kind} {owner} RESET ({comma(gone)})"] if gone else []
    steps += [f"ALTER {kind} {owner} SET ({comma(wanted)})"] if wanted else []
    yield altered(kind.rsplit(maxsplit=1)[-1].lower(), name, owner, "options", listed(wanted), listed(there), steps)


def _key(option: str) -> str:
    return option.partition("=")[0]


def _indexes(owner: str, want: Relation, has: Relation) -> Iterator[Change]:
    invalid = has.get("invalid", [])

    def change(title: str, wanted: str, there: str) -> Change | None:
        if there != f"{wanted} INVALID":
            return None
        # Left behind by a CREATE INDEX CONCURRENTLY that failed.
        step = f"REINDEX INDEX CONCURRENTLY {names.beside(owner, title)}"
        return altered("index", f"index {owner}.{title}", f"{owner}.{title}", "definition", wanted, there, [step])

    # One that nothing defines and that is not valid is counted among what is left out: it serves no query.
    wanted = want.get("indexes", {})
    there = {
        title: text + " INVALID" * (title in invalid)
        for title, text in has.get("indexes", {}).items()
        if title in wanted or title not in invalid
    }
    yield from parts("index", owner, wanted, there, change)
    for title in sorted({*want.get("index_statistics", {}), *has.get("index_statistics", {})}):
        targets = want.get("index_statistics", {}).get(title, {})
        found = has.get("index_statistics", {}).get(title, {})
        if targets != found and title in want.get("indexes", {}) and title in has.get("indexes", {}):
            alter = f"ALTER INDEX {names.beside(owner, title)} ALTER COLUMN"
            steps = [
                f"{alter} {number} SET STATISTICS {targets.get(number, -1)}"
                for number in sorted({*targets, *found})
                if targets.get(number) != found.get(number)
            ]
            name = f"index {owner}.{title}"
            told = _targets(targets), _targets(found)
            yield altered(
                "index", f"statistics of {name}", f"{owner}.{title}", "statistics targets", *told, steps, needs=[name]
            )


def _targets(entry: Mapping[str, int]) -> str:
    return comma(f"column {number}: {target}" for number, target in entry.items()) or "none"


def _fires(kind: str, owner: str, title: str, wanted: str, there: str) -> Change | None:
    """A trigger or rule that only fires at other times; that of a partition may be no more than its state."""
    ours, theirs = _parted(wanted), _parted(there)
    told = kind, f"{kind} {owner}.{title}", f"{owner}.{title}", "definition", wanted, there
    if ours[0] == theirs[0]:
        only = not ours[0]
        state = (
            sql.trigger_state(owner, title, ours[1], only=only)
            if kind == "trigger"
            else sql.rule_state(owner, title, ours[1])
        )
        return altered(*told, [state])
    return None


def _parted(what: str) -> tuple[str, str]:
    text, _, state = what.rpartition(" ")
    return (text, state) if state in _STATES else (what, "ENABLED")


def _marks(owner: str, want: Relation, has: Relation) -> Iterator[Change]:
    wanted, found = want.get("replica_identity"), has.get("replica_identity")
    if wanted != found:
        step = f"ALTER TABLE ONLY {owner} REPLICA IDENTITY {wanted or 'DEFAULT'}"
        index = (wanted or "").removeprefix("USING INDEX ")
        yield altered(
            "table",
            f"replica identity of {owner}",
            owner,
            "replica identity",
            wanted or "primary key",
            found or "primary key",
            [step],
            needs=[f"index {owner}.{index}", f"constraint {owner}.{index}"],
        )
    wanted, found = want.get("cluster_on"), has.get("cluster_on")
    if wanted != found:
        step = f"ALTER TABLE {owner} {f'CLUSTER ON {wanted}' if wanted else 'SET WITHOUT CLUSTER'}"
        yield altered(
            "table",
            f"cluster of {owner}",
            owner,
            "index of CLUSTER",
            wanted or "none",
            found or "none",
            [step],
            needs=[f"index {owner}.{wanted}", f"constraint {owner}.{wanted}"],
        )


_GROUPS = {
    "index": "indexes",
    "constraint": "constraints",
    "trigger": "triggers",
    "rule": "rules",
    "policy": "policies",
}


def _there(part: str, entry: Relation) -> bool:
    kind, _, title = part.partition(" ")
    if kind == "index" and title in dict(entry).get("constraints", {}):  # type: ignore[operator]  # by name
        return True
    group: Mapping[str, str] = dict(entry).get(_GROUPS[kind], {})  # type: ignore[assignment]  # all are of text by name
    return title in group
