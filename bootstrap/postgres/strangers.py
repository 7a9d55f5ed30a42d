"""What differs from the declaration but is not ours to change, each with what mends it. Pure."""

from __future__ import annotations

from bootstrap.postgres.change import comma, ident
from bootstrap.postgres.desired import Desired
from bootstrap.postgres.live import Live, LiveObject
from bootstrap.postgres.plan import KEYWORD, leave, undeclared


def strangers(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return one sentence for each."""
    return (
        *(
            [f"database {live.database.name} is in {live.encoding}; copy it into one made with ENCODING 'UTF8'"]
            if live.encoding != "UTF8"
            else []
        ),
        *(
            f"role {name} is marked as managed but no longer declared; drop it when nothing of it is left"
            for name in sorted(set(live.roles) - wanted.managed)
        ),
        *(
            f"role {role.name} has {comma(excess)}, which only a superuser can take away"
            for role in live.roles.values()
            if (excess := sorted({"SUPERUSER", "REPLICATION", "BYPASSRLS"} & set(role.excess)))
        ),
        *(
            f"role {row.member} is a member of {row.role}, which only {row.grantor} can end: REVOKE {leave(row, live)}"
            for row in undeclared(wanted, live)
            if not row.revocable
        ),
        *(_foreign(wanted, item) for item in live.objects if item.kind != "schema" and item.owner != wanted.owner),
    )


def _foreign(wanted: Desired, item: LiveObject) -> str:
    return (
        f"{item.kind} {item.sql} belongs to {item.owner}, so its privileges are left alone; as {item.owner}: "
        f"ALTER {KEYWORD[item.kind]} {item.sql} OWNER TO {ident(wanted.owner)}"
    )
