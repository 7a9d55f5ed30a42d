"""Types: enumerations, composites, domains, ranges, base types."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bootstrap.postgres.change import comma, literal
from bootstrap.schema.definition import Domain, Type
from bootstrap.schema.statements.names import comment, comments_on


def type_(name: str, entry: Type, *, later: Collection[str] = ()) -> Iterator[str]:
    """A type; parts of a domain that come `later` are left out (`default`, `constraint c`)."""
    if "domain" in entry:
        yield from domain(name, entry["domain"], later=later)
    elif "enum" in entry:
        yield f"CREATE TYPE {name} AS ENUM ({comma(literal(label).strip() for label in entry['enum'])})"
    elif "composite" in entry:
        fields = (
            f"{field} {what['type']}" + (f" COLLATE {what['collation']}" if "collation" in what else "")
            for field, what in entry["composite"].items()
        )
        yield f"CREATE TYPE {name} AS ({comma(fields)})"
    elif "range" in entry:
        yield f"CREATE TYPE {name} AS RANGE ({_parameters(entry['range'])})"
    elif "base" in entry:
        yield f"CREATE TYPE {name} ({_parameters(entry['base'])})"
    else:
        yield shell(name)


def comments(name: str, entry: Type) -> Iterator[str]:
    """Those on a type, its fields and its constraints."""
    if "comment" in entry:
        yield comment(kind(entry), name, entry["comment"])
    for field, what in entry.get("composite", {}).items():
        if "comment" in what:
            yield comment("COLUMN", f"{name}.{field}", what["comment"])
    yield from comments_on(f"DOMAIN {name}", entry.get("comments", {}))


def kind(entry: Type) -> str:
    """What it is called in statements."""
    return "DOMAIN" if "domain" in entry else "TYPE"


def shell(name: str) -> str:
    """A type of which only the name is known yet."""
    return f"CREATE TYPE {name}"


def domain(name: str, entry: Domain, *, later: Collection[str] = ()) -> Iterator[str]:
    """A domain; a constraint that is NOT VALID is added to it."""
    words = [f"CREATE DOMAIN {name} AS {entry['type']}"]
    if "collation" in entry:
        words.append(f"COLLATE {entry['collation']}")
    if "default" in entry and "default" not in later:
        words.append(f"DEFAULT {entry['default']}")
    if entry.get("not_null"):
        words += [f"CONSTRAINT {entry['not_null_name']}"] if "not_null_name" in entry else []
        words.append("NOT NULL")
    apart = [each for each, what in entry.get("constraints", {}).items() if what.endswith(" NOT VALID")]
    now = {each: what for each, what in entry.get("constraints", {}).items() if f"constraint {each}" not in later}
    yield " ".join([*words, *(f"CONSTRAINT {each} {what}" for each, what in now.items() if each not in apart)])
    for each in apart:
        if each in now:
            yield domain_part(name, entry, f"constraint {each}")


def domain_part(name: str, entry: Domain, part: str) -> str:
    """A part of a domain that is there: `default` or `constraint c`."""
    if part == "default":
        return f"ALTER DOMAIN {name} SET DEFAULT {entry['default']}"
    constraint = part.removeprefix("constraint ")
    return f"ALTER DOMAIN {name} ADD CONSTRAINT {constraint} {entry['constraints'][constraint]}"


def _parameters(entry: dict[str, str]) -> str:
    return comma(f"{key.upper()} = {value}" for key, value in entry.items())
