"""What rules ask of a change. Pure."""

from __future__ import annotations

from graph.replica import replica_source
from graph.types import INSTANCE
from preview.impact.effect import Edit


def less(edit: Edit) -> bool:
    """Whether a number goes down."""
    return number(edit.after) < number(edit.before)


def number(value: object) -> float:
    """A number, or the text of one; nothing is 0. Raise `ValueError`."""
    return float(str(value)) if value else 0.0


def known(value: object) -> bool:
    """Whether the value is known before the deployment; outputs of a resource that is replaced are not."""
    return not (isinstance(value, str) and value.startswith("<") and value.endswith(">"))


def replica(edit: Edit) -> bool:
    """Whether the instance is a read replica."""
    return replica_source(edit.change.was or edit.change.now or {}) is not None


def has_replicas(edit: Edit) -> bool:
    """Whether the stack has read replicas beside what changes."""
    return any(replica_source(c.now or {}) for c in edit.others(INSTANCE))


def sources_replicas(edit: Edit) -> bool:
    """Whether read replicas follow the instance."""
    return not replica(edit) and has_replicas(edit)


def parameters(before: object, after: object) -> dict[str, tuple[str | None, str | None]]:
    """The parameters of two groups that differ: name -> before, after."""
    was, now = ({p["name"]: str(p["value"]) for p in side or []} for side in (before, after))  # type: ignore[attr-defined]
    return {n: (was.get(n), now.get(n)) for n in sorted({*was, *now}) if was.get(n) != now.get(n)}
