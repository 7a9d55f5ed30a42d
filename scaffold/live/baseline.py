"""The first migration of an application that is live already: what makes an empty database as it is there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.schema import Schema
from bootstrap.schema.generate import divided
from bootstrap.schema.lacking import without
from bootstrap.schema.order import Step
from knowledge.postgres.catalogue import DEFAULT_MAJOR, POSTGRES_VERSIONS
from knowledge.postgres.extensions import extension_problem
from scaffold.live.notes import Note
from scaffold.live.owners_reach import beyond_the_owner

_HEAD = "-- The schema as it was on the live server that `datatier init` read.\n"
_THERE = "-- That server is at this version already.\n"
_FORCED = """\
-- That server has it already: there it is not run but marked as applied: `datatier migrate force 1 --database-url ...`.
"""
_DOWN = """\
-- The baseline is what the application was when it came here, rows and all: nothing takes it back.
DO $$ BEGIN
    RAISE EXCEPTION 'the baseline is not undone: it would drop every table of the application'
        USING HINT = 'an empty database is made by DROP DATABASE and CREATE DATABASE';
END $$;
"""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The migration, and the definition of the schema that it makes."""

    version: int
    """1, or that of golang-migrate's table where the server has one: then it has this migration already."""
    definition: Schema
    up: str
    down: str
    notes: tuple[Note, ...]

    @property
    def files(self) -> dict[str, str]:
        """The migration as files: name -> SQL."""
        stem = f"{self.version:06d}_baseline"
        return {f"{stem}.up.sql": self.up, f"{stem}.down.sql": self.down}


def baseline(schema: Schema, major: int, strange: Mapping[str, frozenset[str]], head: Iterable[str] = ()) -> Baseline:
    """Return what makes the `schema` of a live server on RDS of that major version, as its owner.

    :param strange: table -> names of its policies that are for roles which no identity is; they are left out.
    :param head: further comments for the head of the file.

    Raise DefinitionError for a schema that goes round in a circle.
    """
    version = schema.get("version", 1)
    causes = dict(_unavailable(schema, major if major in POSTGRES_VERSIONS else DEFAULT_MAJOR)) | dict(
        beyond_the_owner(schema)
    )
    schema, policies = _without_policies(schema, strange)
    made, left = divided(schema, causes.keys())
    out = {step.name for step in left}
    text = [
        _HEAD,
        _THERE if "version" in schema else _FORCED,
        *(f"-- {line}\n" for line in head),
        "\nSET LOCAL check_function_bodies = off;\n",
    ]
    text += ["\n" + "".join(f"{each};\n" for each in step.statements) for step in made if _migrated(step)]
    notes = [*_notes(left, causes), *policies]
    text += [_commented(note) for note in notes]
    return Baseline(
        version=version,
        definition={**_less(without(schema, out), out), "version": version},
        up="".join(text),
        down=_DOWN,
        notes=tuple(notes),
    )


def _unavailable(schema: Schema, major: int) -> Iterator[tuple[str, str]]:
    for name in schema.get("extensions", {}):
        if problem := extension_problem(name, major):
            yield f"extension {name}", f"{problem}; do without it, or find what takes its place"


def _migrated(step: Step) -> bool:
    """Whether a migration makes it: extensions are made by the bootstrap, as the master, from the definition."""
    return bool(step.statements) and not step.name.startswith("extension ")


def _notes(left: Iterable[Step], causes: Mapping[str, str]) -> Iterator[Note]:
    """One for each thing that is left out for a reason of its own, and one for all that cannot be without those."""
    users: list[Step] = []
    for step in left:
        if step.name in causes:
            sql = "".join(f"{each};\n" for each in step.statements)
            yield Note(place="migration", text=f"{step.name} is left out: {causes[step.name]}", proposal=sql)
        else:
            users.append(step)
    if users:
        sql = "".join(f"{each};\n" for step in users for each in step.statements)
        some = ", ".join(step.name for step in users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        yield Note(place="migration", text=f"{some}: left out with what they need", proposal=sql)


def _without_policies(schema: Schema, strange: Mapping[str, frozenset[str]]) -> tuple[Schema, list[Note]]:
    notes: list[Note] = []
    tables: dict[str, Any] = dict(schema.get("tables", {}))
    for title, names in strange.items():
        policies = tables.get(title, {}).get("policies", {})
        if gone := {name: text for name, text in policies.items() if name in names}:
            kept = {name: text for name, text in policies.items() if name not in gone}
            others = {key: value for key, value in tables[title].items() if key != "policies"}
            tables[title] = others | ({"policies": kept} if kept else {})
            notes += [
                Note(
                    place="migration",
                    text=f"policy {name} of {title} is left out: it is for a role that is nobody's identity, and "
                    "`access plan` shows it there; name one of access.yaml, or let it go",
                    proposal=f"{text};\n",
                )
                for name, text in gone.items()
            ]
    return (schema if not notes else {**schema, "tables": tables}), notes


def _less(schema: Schema, out: set[str]) -> Schema:
    """The definition without the triggers and comments that went with what is out."""
    made: Any = {**schema}
    for group in ("tables", "views"):
        if group in made:
            made[group] = {name: _entry(name, entry, out) for name, entry in made[group].items()}
    made["objects"] = {kind: each for kind, each in made.get("objects", {}).items() if each}
    return {key: value for key, value in made.items() if value or key == "version"}  # type: ignore[return-value]


def _entry(name: str, entry: Mapping[str, Any], out: set[str]) -> Mapping[str, Any]:
    gone = {t for t in entry.get("triggers", {}) if f"trigger {name}.{t}" in out}
    if not gone:
        return entry
    left = {title: text for title, text in entry["triggers"].items() if title not in gone}
    return {key: value for key, value in {**entry, "triggers": left}.items() if value or key != "triggers"}


def _commented(note: Note) -> str:
    return "\n" + "".join(f"-- {line}".rstrip() + "\n" for line in note.lines)
