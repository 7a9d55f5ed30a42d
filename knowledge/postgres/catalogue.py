"""Every PostgreSQL parameter that RDS offers, with type, unit and limits per major version (`parameters.csv`).

The rows are the servers' own (`postgres --describe-config` and pg_settings of 15.20, 16.14, 17.10 and 18.6);
extension and `rds.` rows are from the RDS user guide. The tests hold them against real servers.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Literal

from knowledge.parameters import Value, did_you_mean
from knowledge.postgres.refused import REFUSED

POSTGRES_VERSIONS: dict[int, tuple[str, ...]] = {
    15: ("15.13", "15.14", "15.15", "15.17", "15.18", "15.19"),
    16: ("16.9", "16.10", "16.11", "16.13", "16.14", "16.15"),
    17: ("17.5", "17.6", "17.7", "17.9", "17.10", "17.11"),
    18: ("18.1", "18.3", "18.4", "18.6"),
}
"""Majors in standard support and the minors that RDS creates, newest last (15.16, 16.12, 17.8, 18.2 are `NO_CREATE`).
https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html"""

DEFAULT_MAJOR = 18
"""What a stack runs that does not say: the newest major that RDS has (the calendar above: 18 since 2025-11-14, 19 in
preview only) and that the local tier has too; a test compares it with both."""


def version_problem(version: str, *, running: bool = False) -> str | None:
    """What is wrong with a version of PostgreSQL, a major or an exact one; None when nothing is.

    One that runs already may be a minor that RDS no longer creates.
    """
    known = {str(major): minors for major, minors in POSTGRES_VERSIONS.items()}
    major, dot, minor = version.partition(".")
    if major not in known:
        return f"{version!r} is not a PostgreSQL version of RDS: {', '.join(known)}"
    if dot and version not in known[major] and not (running and minor.isdecimal()):
        return f"{version!r} does not exist on RDS; {major} has {', '.join(known[major])}"
    return None


_BOOLEANS = {"1": "1", "on": "1", "true": "1", "yes": "1", "0": "0", "off": "0", "false": "0", "no": "0"}
_SIZES = {"B": 1, "kB": 1024, "8kB": 8192, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_TIMES = {"us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}
_WITH_UNIT = re.compile(r"(-?\d+)\s*(B|kB|MB|GB|TB|us|ms|s|min|h|d)")

_REFUSED_VALUES = {
    ("log_statement", "all"): "it writes every statement, with the data and passwords in it, to the log;"
    " use log_min_duration_statement for slow ones or pgaudit for an audit",
    # PostgreSQL's documentation, session_replication_role: foreign keys are triggers too.
    ("session_replication_role", "replica"): "no trigger runs and no foreign key is checked, whoever writes;"
    " set it in the session that loads data",
    ("rds.force_ssl", "0"): "every connection to the data tier is encrypted",
    ("password_encryption", "md5"): "the bootstrap stores SCRAM verifiers only, and PostgreSQL 18 deprecates md5",
    ("rds.accepted_password_auth_method", "md5+scram"): "the bootstrap stores SCRAM verifiers only",
}


@dataclass(frozen=True)
class PostgresParameter:
    """What one major version accepts for one parameter."""

    name: str
    type: Literal["bool", "integer", "real", "string", "enum", "list"]
    static: bool
    """Takes effect only after a reboot (PostgreSQL's `postmaster` context)."""
    unit: str
    minimum: Decimal | None
    maximum: Decimal | None
    values: tuple[str, ...]


def _read() -> dict[int, dict[str, PostgresParameter]]:
    catalogue: dict[int, dict[str, PostgresParameter]] = {version: {} for version in POSTGRES_VERSIONS}
    text = files(__package__).joinpath("parameters.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        definition = PostgresParameter(
            name=row["name"],
            type=row["type"],  # type: ignore[arg-type]
            static=row["context"] == "static",
            unit=row["unit"],
            minimum=Decimal(row["min"]) if row["min"] else None,
            maximum=Decimal(row["max"]) if row["max"] else None,
            values=tuple(row["values"].split("|")) if row["values"] else (),
        )
        for version in range(int(row["since"] or 15), int(row["until"] or 18) + 1):
            catalogue[version][definition.name] = definition
    return catalogue


CATALOGUE = _read()
"""Major version -> parameter -> what it accepts."""


def unknown_problem(name: str, version: int) -> str | None:
    """Why a version has no parameter of the name that could be set; None where it has one."""
    return None if name in CATALOGUE[version] else f"{name}: {_why_absent(name, version)}"


def check(name: str, value: Value, version: int) -> tuple[str, str | None]:
    """Return the value as the parameter group wants it, and the problem with it if there is one."""
    definition = CATALOGUE[version].get(name)
    if definition is None:
        return "", unknown_problem(name, version)
    text = str(int(value)) if isinstance(value, bool) else str(value).strip()
    normal, problem = _normalise(definition, text)
    problem = problem or _REFUSED_VALUES.get((name, normal))
    return normal, f"{name}: {text!r} is refused: {problem}" if problem else None


def _why_absent(name: str, version: int) -> str:
    if name in REFUSED:
        return f"cannot be set on RDS: {REFUSED[name]}"
    elsewhere = [str(other) for other in CATALOGUE if name in CATALOGUE[other]]
    if elsewhere:
        return f"PostgreSQL {version} does not have it; it exists in {', '.join(elsewhere)}"
    return f"PostgreSQL {version} on RDS has no such parameter{did_you_mean(name, CATALOGUE[version])}"


def _normalise(definition: PostgresParameter, text: str) -> tuple[str, str | None]:
    match definition.type:
        case "bool":
            normal = _BOOLEANS.get(text.lower(), "")
            return normal, None if normal else "it is a switch: 1 or 0"
        case "integer" | "real":
            return _number(definition, text)
        case "enum":
            known = {value.lower(): value for value in definition.values}
            normal = known.get(text.lower(), "")
            return normal, None if text.lower() in known else f"it takes one of {', '.join(definition.values)}"
        case "list":
            parts = [part.strip().lower() for part in text.split(",") if part.strip()]
            strange = [part for part in parts if part.lstrip("-") not in definition.values]
            return ",".join(parts), f"it takes a list of {', '.join(definition.values)}" if strange else None
        case _:
            return text, None


def _number(definition: PostgresParameter, text: str) -> tuple[str, str | None]:
    unit = f" {definition.unit}" if definition.unit else ""
    try:
        number = _in_unit(text, definition.unit)
    except (InvalidOperation, ValueError):
        return "", f"it takes {'a whole number' if definition.type == 'integer' else 'a number'}{unit and f' of{unit}'}"
    if not number.is_finite() or (definition.type == "integer" and number != int(number)):
        return "", f"it takes a whole number{unit and f' of{unit}'}"
    low, high = definition.minimum, definition.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        return "", f"it must be from {low} to {high}{unit}"
    return format(number.normalize(), "f"), None


def _in_unit(text: str, unit: str) -> Decimal:
    """Read `64MB` or `5min` as a number of the parameter's own unit; RDS itself takes bare numbers only."""
    written = _WITH_UNIT.fullmatch(text)
    if written is None:
        return Decimal(text)
    for units in (_SIZES, _TIMES):
        if unit in units and written[2] in units:
            return Decimal(int(written[1]) * units[written[2]]) / units[unit]
    raise ValueError
