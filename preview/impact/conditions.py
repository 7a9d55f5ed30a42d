"""What rules ask of a change. Pure."""

from __future__ import annotations

from preview.impact.effect import Edit

INSTANCE = "aws:rds/instance:Instance"


def less(edit: Edit) -> bool:
    """Whether a number goes down."""
    return (edit.after or 0) < (edit.before or 0)


def replica(edit: Edit) -> bool:
    """Whether the instance is a read replica."""
    return bool((edit.change.was or edit.change.now or {}).get("replicateSourceDb"))


def has_replicas(edit: Edit) -> bool:
    """Whether the stack has read replicas beside what changes."""
    return any((c.now or {}).get("replicateSourceDb") for c in edit.others(INSTANCE))


def sources_replicas(edit: Edit) -> bool:
    """Whether read replicas follow the instance."""
    return not replica(edit) and has_replicas(edit)


def parameters(before: object, after: object) -> dict[str, tuple[str | None, str | None]]:
    """The parameters of two groups that differ: name -> before, after."""
    was, now = ({p["name"]: str(p["value"]) for p in side or []} for side in (before, after))  # type: ignore[attr-defined]
    return {n: (was.get(n), now.get(n)) for n in sorted({*was, *now}) if was.get(n) != now.get(n)}
