"""A rehearsal of migrations as text: its verdict, and as Markdown for a comment. Pure."""

from __future__ import annotations

from bootstrap.rehearse import Rehearsal
from bootstrap.schema.changes import SchemaChange
from pipeline.text import cell, folded

_LONGEST = 100


def verdict(made: Rehearsal) -> str:
    """How it went, in a few words."""
    if made.failed:
        return f"{next(trouble.phase for trouble in made.troubles if trouble.failed)} failed"
    if made.troubles:
        phases = dict.fromkeys(trouble.phase for trouble in made.troubles)
        words = {
            "down": "down does not undo up",
            "up again": "up again gives something else",
            "definition": "the committed definition is another",
        }
        return ", ".join(words.get(phase, phase) for phase in phases)
    if not made.new:
        return "no new migrations"
    return "up and not down" if made.irreversible else "up, down and up again"


def summary(made: Rehearsal) -> str:
    """On what, and how much."""
    return f"PostgreSQL {made.server // 10000}, {len(made.new)} new, {len(made.changes)} objects differ"


def described(change: SchemaChange) -> str:
    """What became of an object, on one line."""
    texts = [" ".join(text.split()) for text in (change.before, change.after) if text]
    short = [text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in texts]
    return " → ".join(short)


def markdown(made: Rehearsal) -> str:
    """A heading, what went wrong, the objects that differ, the runs folded."""
    lines = [f"### Migrations: {verdict(made)}", "", summary(made), ""]
    lines += [f"- **{trouble.phase}** {cell(trouble.what)}" for trouble in made.troubles]
    if made.irreversible:
        lines.append(f"- cannot be undone: {cell(made.irreversible)}")
    lines += [f"- {cell(note)}" for note in made.notes]
    if made.changes:
        lines += ["", "| | object | |", "|---|---|---|"]
        lines += [f"| {c.change} | {c.kind} `{c.object}` | {cell(described(c))} |" for c in made.changes]
    if made.applied:
        lines += ["", *folded("runs", [f"- {a.direction} {a.name}: {a.seconds:.3f} s" for a in made.applied])]
    return "\n".join(lines).rstrip() + "\n"
