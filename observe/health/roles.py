"""Whether a server is what it is declared to be."""

from __future__ import annotations

from knowledge.thresholds.nodes import ROLE
from observe.health.report import Role
from observe.observation import Finding, Row, judged


def role_of(row: Row) -> Role:
    """What a PostgreSQL server is, by its observation `server` or `lag`."""
    return "replica" if row["in_recovery"] else "primary"


def role_found(declared: Role, found: Role) -> Finding:
    """What it means that a server declared as one is the other."""
    if declared == found:
        return judged(ROLE, 0, f"a {found}, as declared")
    if found == "primary":
        said = "declared as a replica, and it takes writes of its own: it was promoted, or never was one"
        mend = "move writers to the declared primary, then delete this replica and deploy the stack"
    else:
        said = "declared as the primary, and it is in recovery: nothing can be written to it"
        mend = "find the instance that was promoted in its place and point the stack at it"
    return judged(ROLE, 1, said, mend=mend)
