"""What is wrong with a folder of migrations, whatever database it is meant for.

golang-migrate takes a missing file for an empty one and leaves gaps alone, so these are warnings. What only `down`
would meet is one too, until somebody goes down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bootstrap.migrate.allow import COMMENT
from bootstrap.migrate.errors import FileProblem
from bootstrap.migrate.numbering import gaps
from bootstrap.migrate.runnable import unrunnable
from bootstrap.migrate.source import Migration, Source

# Rules of this module and of plan.py; each can be allowed.
RULES = ("missing-up", "missing-down", "empty", "gap", "stray", "late", "edited")


def problems(source: Source, above: int | None = None) -> tuple[FileProblem, ...]:
    """Return what is wrong with the files. Only those of versions above `above` are opened."""
    opened = [m for m in source.migrations if above is None or m.version > above]
    found = [*(p for m in opened for p in (*_up(m), *_later(m))), *_gaps(source), *_stray(source.stray)]
    return tuple(p for p in found if not allowed(source, p))


def down_problems(source: Source, m: Migration) -> tuple[FileProblem, ...]:
    """Return what keeps a version from being undone."""
    return tuple(p for p in _down(m) if not allowed(source, p))


def allowed(source: Source, problem: FileProblem) -> bool:
    """Whether a problem of a file as a whole is allowed: by the folder, by who runs it, or in the version's files."""
    if problem.rule not in RULES:
        return False
    if source.allowed.covers(problem):
        return True
    named = (m for m in source.migrations if problem.file in (m.name, m.up.name, m.down.name))
    return any(
        match[1] == problem.rule and match[2].strip()
        for m in named
        for file in (m.up, m.down)
        for match in COMMENT.finditer(file.text)
    )


def _up(m: Migration) -> Iterator[FileProblem]:
    if not m.up.there:
        fix = "write it, or remove its down file; until then the version moves and nothing runs"
        yield FileProblem("missing-up", m.up.name, "the file is missing", fix, "warning")
    elif (body := m.up.read()).strip():
        yield from unrunnable(m.up.name, body)
    else:
        yield FileProblem("empty", m.up.name, "the file is empty: nothing runs", _COMMENT, "warning")


_COMMENT = "write its statements, or a comment saying why"


def _later(m: Migration) -> Iterator[FileProblem]:
    """What keeps it from being undone is no more than a warning until that is asked for."""
    return (replace(p, severity="warning", message=f"{p.message}; it cannot be undone") for p in _down(m))


def _down(m: Migration) -> Iterator[FileProblem]:
    if (body := m.down.read()).strip():
        yield from unrunnable(m.down.name, body)
    elif not m.retired:
        fix = "where nothing can undo the up file, let it say so with RAISE EXCEPTION; --allow goes down all the same"
        if m.down.there:
            yield FileProblem("empty", m.down.name, "the file is empty", f"{_COMMENT}; {fix}")
        else:
            yield FileProblem("missing-down", m.down.name, "the file is missing", f"write it; {fix}")


def _gaps(source: Source) -> Iterator[FileProblem]:
    names = {m.number: m for m in source.migrations}
    for before, after in gaps(tuple(names)):
        number = f"{names[before].version + 1:0{len(after)}d}"
        fix = f"restore version {number}; should it come later than {after} is applied, no database gets it"
        yield FileProblem("gap", names[after].name, f"the version before it is {names[before].version}", fix, "warning")


def _stray(names: Iterable[str]) -> Iterator[FileProblem]:
    for name in names:
        fix = "name it NNNNNN_description.up.sql or move it elsewhere"
        yield FileProblem("stray", name, "the name is not a migration's, so the file is not applied", fix, "warning")
