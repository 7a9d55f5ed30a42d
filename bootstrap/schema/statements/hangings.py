"""What hangs on a relation: indexes, triggers, rules, policies, row-level security."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.schema.definition import Relation, Table
from bootstrap.schema.statements.names import beside

_STATES = {"DISABLED": "DISABLE", "REPLICA": "ENABLE REPLICA", "ALWAYS": "ENABLE ALWAYS", "ENABLED": "ENABLE"}


def index(what: str, *, online: bool = False) -> str:
    """An index; `online` does not lock writers out, and cannot run in a transaction."""
    return what.replace(" INDEX ", " INDEX CONCURRENTLY ", 1) if online else what


def index_statistics(owner: str, entry: Relation) -> Iterator[str]:
    """The statistics targets of indexes' expressions."""
    for each, targets in entry.get("index_statistics", {}).items():
        for number, target in targets.items():
            yield f"ALTER INDEX {beside(owner, each)} ALTER COLUMN {number} SET STATISTICS {target}"


def trigger(owner: str, title: str, what: str) -> Iterator[str]:
    """A trigger, and its state where that is not the usual one; that of a parent's trigger as the state alone."""
    text, state = _parted(what)
    if text:
        yield text.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
    if state:
        yield trigger_state(owner, title, state, only=not text)


def trigger_state(owner: str, title: str, state: str = "ENABLED", *, only: bool = False) -> str:
    """Switch a trigger to DISABLED, REPLICA, ALWAYS or the usual state; `only` leaves partitions as they are."""
    return f"ALTER TABLE {'ONLY ' * only}{owner} {_STATES[state]} TRIGGER {title}"


def rule(owner: str, title: str, what: str) -> Iterator[str]:
    """A rule, and its state where that is not the usual one."""
    text, state = _parted(what)
    yield text.replace("CREATE RULE", "CREATE OR REPLACE RULE", 1)
    if state:
        yield rule_state(owner, title, state)


def rule_state(owner: str, title: str, state: str = "ENABLED") -> str:
    """Switch a rule to DISABLED, REPLICA, ALWAYS or the usual state."""
    return f"ALTER TABLE {owner} {_STATES[state]} RULE {title}"


def row_security(owner: str, state: str | None) -> Iterator[str]:
    """Row-level security ENABLED, FORCED, FORCED WHEN ENABLED or, with None, off."""
    yield f"ALTER TABLE {owner} {'ENABLE' if state in ('ENABLED', 'FORCED') else 'DISABLE'} ROW LEVEL SECURITY"
    yield f"ALTER TABLE {owner} {'' if state and state != 'ENABLED' else 'NO '}FORCE ROW LEVEL SECURITY"


def secured(title: str, entry: Table) -> Iterator[str]:
    """Policies and row-level security of a table that has none yet."""
    yield from entry.get("policies", {}).values()
    security = entry.get("row_security")
    if security in ("ENABLED", "FORCED"):
        yield f"ALTER TABLE {title} ENABLE ROW LEVEL SECURITY"
    if security in ("FORCED", "FORCED WHEN ENABLED"):
        yield f"ALTER TABLE {title} FORCE ROW LEVEL SECURITY"


def marked(title: str, entry: Relation) -> Iterator[str]:
    """Which index tells rows apart for replication, and which one CLUSTER follows."""
    if "replica_identity" in entry:
        yield f"ALTER TABLE ONLY {title} REPLICA IDENTITY {entry['replica_identity']}"
    if "cluster_on" in entry:
        yield f"ALTER TABLE {title} CLUSTER ON {entry['cluster_on']}"


def _parted(what: str) -> tuple[str, str]:
    text, _, state = what.rpartition(" ")
    return (text, state) if state in _STATES else (what, "")
