"""Some tables of an archive, with all that is theirs: partitions, rows, keys, indexes, triggers, policies. Pure.

`pg_restore --table` brings the bare table and its privileges: no key, no policy, no row security, so that whoever may
read it reads all of it; and of a partitioned table not one row. Here it is decided by what each entry needs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from keep.errors import AskedError
from keep.postgres import sequences, tables
from keep.postgres.archive import Entry
from keep.postgres.proof import Proof

# Listed as schema, table, name: theirs is the table that is named, the others are those that they speak of.
_NAMED = frozenset(
    {"CHECK CONSTRAINT", "CONSTRAINT", "DEFAULT", "FK CONSTRAINT", "POLICY", "ROW SECURITY", "RULE", "TABLE DATA"}
    | {"TRIGGER"}
)
_NEEDING = frozenset({"INDEX", "INDEX ATTACH", "SEQUENCE", "SEQUENCE OWNED BY", "STATISTICS", "TABLE ATTACH"})
_OF_ANYTHING = frozenset({"ACL", "COMMENT", "SECURITY LABEL", "SEQUENCE SET"})
# A table that only comes since something needs it has its privileges too, and rows of its heirs are read through it.
_GUARDS = frozenset({"POLICY", "ROW SECURITY"})
_VIEWS = frozenset({"VIEW", "MATERIALIZED VIEW"})
_PART = r'("(?:[^"]|"")+"|[^".]+)'


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What of an archive is restored."""

    entries: tuple[Entry, ...]
    tables: frozenset[str]
    """Labels of the tables whose rows come: schema and name, parted by a space, not quoted."""
    remarks: tuple[str, ...]
    """What comes with them though nobody named it, and what is about them and is not brought, one sentence each."""


def select(entries: Sequence[Entry], wanted: Sequence[str]) -> Selection:
    """Choose what the `wanted` tables have and need; names are `schema.table`, quoted as SQL has them.

    A partition brings all of its table, which has its keys, policies and triggers, and is what its rows are proved as.
    Raise AskedError for one that the archive does not have.
    """
    known = {each.number: each for each in entries}
    names = {each.number: _label(each) for each in entries if each.kind == "TABLE"}
    parts = dict(_part(each, names) for each in entries if each.kind == "TABLE ATTACH")
    named = {_found(names, name) for name in wanted}
    chosen = {_whole(number, parts) for number in named}
    while more := {number for number in names if known[number].needs & chosen} - chosen:  # partitions and heirs
        chosen |= more
    owners = {each.number: _owner(each, names) for each in entries}
    theirs = {number for number, owner in owners.items() if owner in chosen}
    theirs |= {each.number for each in entries if each.kind in _NEEDING and each.needs & chosen}
    torn = {
        each for each in theirs if known[each].kind == "FK CONSTRAINT" and known[each].needs & names.keys() - chosen
    }
    ours = _closed(chosen | (theirs - torn), known)
    while more := {number for number, each in known.items() if _comes_along(each, owners[number], ours)} - ours:
        ours = _closed(ours | more, known)
    return Selection(
        entries=tuple(each for each in entries if each.number in ours),
        tables=frozenset(names[number] for number in chosen),
        remarks=(
            *(
                f"all of {_shown(names[_whole(each, parts)])} comes, of which {_shown(names[each])} is a partition"
                for each in sorted(named)
                if _whole(each, parts) not in named
            ),
            *_left_out(known, names, chosen, ours, torn),
        ),
    )


def label(name: str) -> str:
    """Return `schema.table`, quoted as SQL has it, as tables of contents list it; without a schema it is in public."""
    found = re.fullmatch(rf"(?:{_PART}\.)?{_PART}", name)
    if found is None:
        raise AskedError(f"{name} is not the name of a table: write SCHEMA.TABLE, odd names in double quotes")
    return " ".join(_plain(part) for part in (found[1] or "public", found[2]))


def differences(expected: Proof, actual: Proof, only: Set[str]) -> tuple[str, ...]:
    """Say what is other than it was of those tables and of the sequences that came with them."""
    there = {name: each for name, each in actual.tables.items() if name in only}
    came = {name: each for name, each in expected.sequences.items() if name in actual.sequences}
    return (
        *tables.differences({name: expected.tables[name] for name in only}, there),
        *sequences.differences(came, actual.sequences),
    )


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _label(table: Entry) -> str:
    """Without the owner, who is last."""
    return table.rest.rpartition(" ")[0]


def _found(names: Mapping[int, str], name: str) -> int:
    wanted = label(name)
    for number, each in names.items():
        if each == wanted:
            return number
    near = difflib.get_close_matches(wanted, names.values(), n=1)
    hint = f"; did you mean {near[0].replace(' ', '.', 1)}?" if near else ""
    raise AskedError(f"the backup has no table {name}{hint}")


def _owner(entry: Entry, names: Mapping[int, str]) -> int | None:
    """The table that an entry is of, where its name says so; the longest that fits."""
    if entry.kind not in _NAMED:
        return None
    fitting = [each for each in entry.needs & names.keys() if f"{entry.rest} ".startswith(f"{names[each]} ")]
    return max(fitting, key=lambda each: len(names[each]), default=None)


def _part(attach: Entry, names: Mapping[int, str]) -> tuple[int, int]:
    """A partition, by whose name it is listed, and the table that it is one of."""
    one, other = sorted(attach.needs & names.keys(), key=lambda each: names[each] != _label(attach))
    return one, other


def _whole(number: int, parts: Mapping[int, int]) -> int:
    """The table that a partition is one of in the end."""
    return _whole(parts[number], parts) if number in parts else number


def _comes_along(entry: Entry, owner: int | None, ours: Set[int]) -> bool:
    return (entry.kind in _OF_ANYTHING and bool(entry.needs & ours)) or (entry.kind in _GUARDS and owner in ours)


def _shown(name: str) -> str:
    return name.replace(" ", ".", 1)


def _closed(numbers: Iterable[int], known: Mapping[int, Entry]) -> set[int]:
    """With all that they need, and what that needs; what the archive does not list, the system has."""
    ours = set(numbers)
    while more := {need for each in ours for need in known[each].needs & known.keys()} - ours:
        ours |= more
    return ours


def _left_out(
    known: Mapping[int, Entry], names: Mapping[int, str], chosen: set[int], ours: set[int], torn: set[int]
) -> Iterator[str]:
    def shown(number: int) -> str:
        return _shown(names.get(number, _label(known[number])))

    for each in sorted(torn):
        to = ", ".join(shown(other) for other in sorted(known[each].needs & names.keys() - chosen))
        yield f"not brought: the foreign key {_label(known[each]).rpartition(' ')[2]}, as {to} is not restored"
    for each in sorted(ours & names.keys() - chosen):
        yield f"{shown(each)} is there without its rows, as something of what is restored needs it"
    for entry in known.values():
        if entry.kind in _VIEWS and entry.needs & chosen and entry.number not in ours:
            yield f"not brought: the {entry.kind.lower()} {shown(entry.number)}, which reads what is restored"
