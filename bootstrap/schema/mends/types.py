"""Types that differ: what ALTER TYPE and ALTER DOMAIN can do, and what they cannot. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bootstrap.postgres.change import comma, literal
from bootstrap.schema.definition import Attribute, Domain, Type
from bootstrap.schema.mends.change import (
    Change,
    altered,
    beyond,
    comment,
    differs,
    extra,
    missing,
    part_comments,
    shown,
)
from bootstrap.schema.statements import names
from bootstrap.schema.statements import types as sql

_REMOVED = (
    "no statement takes a value out of an enumeration or moves it: make a type of the new values, change the columns "
    "to it with ALTER COLUMN ... TYPE new_type USING column::text::new_type, drop the old type and rename the new one"
)
_BASE = (
    "a base type and the functions that it is made of need each other: ALTER TYPE ... SET changes some of its "
    "properties, for the others drop it with CASCADE and make it anew"
)


def types(wanted: Mapping[str, Type], found: Mapping[str, Type]) -> Iterator[Change]:
    """The differences between the types of two schemas."""
    for name in dict.fromkeys([*wanted, *found]):
        want, has = wanted.get(name), found.get(name)
        if want == has:
            continue
        if want is None and has is not None:
            yield extra("type", f"type {name}", name, text(name, has))
        elif has is None and want is not None:
            yield missing("type", f"type {name}", name, text(name, want))
        elif want is not None and has is not None:
            yield from _type(name, want, has)


def text(name: str, entry: Type) -> str:
    """What a type is, as CREATE TYPE and CREATE DOMAIN say it."""
    statements = sql.type_(name, entry)
    return "; ".join(each.partition(f" {name} ")[2] or each for each in statements)


def _type(name: str, want: Type, has: Type) -> Iterator[Change]:
    kinds = [
        next((k for k in ("enum", "composite", "domain", "range", "base") if k in each), "") for each in (want, has)
    ]
    if kinds[0] != kinds[1]:
        yield differs("type", f"type {name}", name, "definition", text(name, want), text(name, has))
        return
    if "enum" in want and want["enum"] != has["enum"]:
        yield _enum(name, want, has)
    elif "composite" in want:
        yield from _composite(name, want["composite"], has["composite"], text(name, want), text(name, has))
    elif "domain" in want:
        yield from _domain(name, want, has)
    elif "base" in want and want["base"] != has["base"]:
        yield beyond("type", f"type {name}", name, "definition", text(name, want), text(name, has), _BASE)
    elif text(name, want) != text(name, has):
        yield differs("type", f"type {name}", name, "definition", text(name, want), text(name, has))
    keyword = sql.kind(want)
    sentence = names.comment(keyword, name, want.get("comment"))
    yield from comment(f"type {name}", name, want.get("comment"), has.get("comment"), sentence)
    both = {
        *want.get("domain", Domain()).get("constraints", {}),
        *(field for field in want.get("composite", {}) if field in has.get("composite", {})),
    }
    yield from part_comments(
        name,
        want.get("comments", {}),
        has.get("comments", {}),
        lambda part: (
            part.partition(" ")[2] in both
            and part.partition(" ")[2] in has.get("domain", Domain()).get("constraints", {})
        ),
        f"DOMAIN {name}",
    )


def _enum(name: str, want: Type, has: Type) -> Change:
    statements = _values(name, want["enum"], has["enum"])
    told = "type", f"type {name}", name, "values", text(name, want), text(name, has)
    if statements is None:
        return beyond(*told, _REMOVED)
    renamed = any(" RENAME VALUE " in each for each in statements)
    return altered(*told, statements, note="the value is renamed in every row that has it" if renamed else "")


def _values(name: str, want: Sequence[str], has: Sequence[str]) -> list[str] | None:
    """The statements that turn one list of values into the other; None where there are none."""
    kept = [value for value in has if value in want]
    if kept != [value for value in want if value in has]:
        return None
    statements: list[str] = []
    rest = list(has)
    before: str | None = None
    for stretch, end in _stretches(want, kept):
        there = rest[: rest.index(end)] if end is not None else rest
        rest = rest[len(there) + 1 :]
        if len(there) > len(stretch):
            return None
        for position, value in enumerate(stretch):
            if position < len(there):
                statements.append(f"ALTER TYPE {name} RENAME VALUE {_quoted(there[position])} TO {_quoted(value)}")
            else:
                place = f" AFTER {_quoted(before)}" if before is not None else f" BEFORE {_quoted(end)}" if end else ""
                statements.append(f"ALTER TYPE {name} ADD VALUE {_quoted(value)}{place}")
            before = value
        before = end if end is not None else before
    return statements


def _stretches(values: Sequence[str], ends: Sequence[str]) -> Iterator[tuple[list[str], str | None]]:
    """The values between those that stay, each stretch with that which ends it."""
    stretch: list[str] = []
    for value in values:
        if value in ends:
            yield stretch, value
            stretch = []
        else:
            stretch.append(value)
    yield stretch, None


def _quoted(value: str) -> str:
    return literal(value).strip()


def _composite(
    name: str, want: Mapping[str, Attribute], has: Mapping[str, Attribute], expected: str, found: str
) -> Iterator[Change]:
    steps: list[str] = []
    gone = [field for field in has if field not in want]
    retyped = [field for field in want if field in has and _field(want[field]) != _field(has[field])]
    steps += [f"DROP ATTRIBUTE {field} CASCADE" for field in gone]
    steps += [f"ALTER ATTRIBUTE {field} TYPE {_field(want[field])} CASCADE" for field in retyped]
    steps += [f"ADD ATTRIBUTE {field} {_field(want[field])} CASCADE" for field in want if field not in has]
    if steps:
        yield altered(
            "type",
            f"type {name}",
            name,
            "definition",
            expected,
            found,
            [f"ALTER TYPE {name} {comma(steps)}"],
            frees=[f"column {name}.{field}" for field in [*gone, *retyped]],
            note=_composite_note(gone, retyped),
        )
    for field in want:
        if field in has:
            texts = want[field].get("comment"), has[field].get("comment")
            sentence = names.comment("COLUMN", f"{name}.{field}", texts[0])
            yield from comment(f"type {name}", f"{shown(name)}.{field}", *texts, sentence)
        elif "comment" in want[field]:
            sentence = names.comment("COLUMN", f"{name}.{field}", want[field]["comment"])
            yield from comment(f"type {name}", f"{shown(name)}.{field}", want[field]["comment"], None, sentence)


def _composite_note(gone: Sequence[str], retyped: Sequence[str]) -> str:
    told = []
    if gone:
        told.append(f"loses what is stored in {', '.join(gone)}")
    if retyped:
        told.append("is refused while a table's column has this type: change the column to another type and back")
    return "; ".join(told)


def _field(entry: Attribute) -> str:
    return entry["type"] + (f" COLLATE {entry['collation']}" if "collation" in entry else "")


def _domain(name: str, whole: Type, other: Type) -> Iterator[Change]:
    want, has = whole["domain"], other["domain"]
    told = "type", f"type {name}", name
    if (want["type"], want.get("collation")) != (has["type"], has.get("collation")):
        yield differs(*told, "definition", text(name, whole), text(name, other))
        return
    alter = f"ALTER DOMAIN {name}"
    if want.get("default") != has.get("default"):
        step = f"{alter} SET DEFAULT {want['default']}" if "default" in want else f"{alter} DROP DEFAULT"
        needs = whole.get("needs", {}).get("default", ())
        yield altered(*told, "default", want.get("default", "none"), has.get("default", "none"), [step], needs=needs)
    nullable = ["NOT NULL" if each.get("not_null") else "NULL" for each in (want, has)]
    if nullable[0] != nullable[1]:
        step = f"{alter} {'SET' if want.get('not_null') else 'DROP'} NOT NULL"
        note = "reads every table with a column of this type" if want.get("not_null") else ""
        yield altered(*told, "nullability", nullable[0], nullable[1], [step], note=note)
    there, wanted = has.get("constraints", {}), want.get("constraints", {})
    for each in sorted({*there, *wanted}):
        before, after = there.get(each), wanted.get(each)
        if before == after:
            continue
        add = sql.domain_part(name, want, f"constraint {each}") if after is not None else ""
        steps = [f"{alter} DROP CONSTRAINT {each}"] if before is not None else []
        if before is not None and after is not None and before == f"{after} NOT VALID":
            steps, add = [f"{alter} VALIDATE CONSTRAINT {each}"], ""
        steps += [add] if add else []
        part = f"constraint {each}"
        if add and part in whole.get("comments", {}):
            steps.append(names.part_comment(f"DOMAIN {name}", part, whole["comments"][part]))
        yield altered(
            "constraint",
            f"constraint {name}.{each}",
            f"{name}.{each}",
            "definition",
            after,
            before,
            steps,
            needs=whole.get("needs", {}).get(part, ()),
            note="reads every table with a column of this type" if add and not add.endswith("NOT VALID") else "",
        )
