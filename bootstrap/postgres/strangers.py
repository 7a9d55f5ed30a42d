"""What differs from the declaration but is not ours to change, each with what mends it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from bootstrap.access.postgres import EVERY, Kind
from bootstrap.postgres.desired import MAINTAIN_SINCE, DeclaredGrant, Desired
from bootstrap.postgres.facts import reported
from bootstrap.postgres.live import Live
from bootstrap.postgres.plan import shut_out
from bootstrap.postgres.policies import migrated, taken
from bootstrap.postgres.removal import named, staying
from bootstrap.postgres.unseen import beside


def strangers(wanted: Desired, live: Live) -> tuple[str, ...]:
    """Return one sentence for each."""
    found = beside(wanted, live)
    own = named(wanted, live)  # those that bear our mark are reported by `staying`, or the plan drops them
    return tuple(
        dict.fromkeys(
            (
                *reported(fact for fact in found.unseen if fact.role not in own),
                *found.outdated,
                *_in_use(wanted, live),
                *_missing(wanted, live),
                *taken(wanted, live),
                *migrated(wanted, live),
                *staying(wanted, live),
            )
        )
    )


def _in_use(wanted: Desired, live: Live) -> Iterator[str]:
    for role in wanted.roles:
        if shut_out(role, live):
            yield (
                f"role {role.name} shall not log in, and somebody is logged in as it, so it may go on: end those "
                f"sessions first, then plan again (`datatier access rotate --finish` ends a rotation's grace)"
            )


def _missing(wanted: Desired, live: Live) -> Iterator[str]:
    """Declared but not there (yet): the roles come before the schema."""
    known = {(item.kind, item.schema, item.key) for item in live.objects}
    there = {item.schema for item in live.objects}
    for given in wanted.given:
        if given.grant.schema_name in there:
            yield from _unknown(given, known, live)
        if "MAINTAIN" in given.privileges and live.version < MAINTAIN_SINCE:
            yield f"{given.path}.privileges: maintain exists from PostgreSQL 17; this server is {live.version // 10000}"


def _unknown(given: DeclaredGrant, known: set[tuple[Kind, str, str]], live: Live) -> Iterator[str]:
    grant = given.grant
    for name in grant.objects:
        if name == EVERY:
            continue
        where = f"{given.path}.{grant.kind}s"
        if (grant.kind, grant.schema_name, name) not in known:
            there = [key for kind, schema, key in known if (kind, schema) == (grant.kind, grant.schema_name)]
            near = next(iter(difflib.get_close_matches(name, there, n=1)), None)
            hint = f" (nearest: `{near}`)" if near else ""
            yield f"{where}: {grant.kind} {grant.schema_name}.{name} does not exist yet{hint}"
        else:
            columns = live.columns.get((grant.schema_name, name), {})
            for column in grant.columns:
                if column not in columns:
                    near = next(iter(difflib.get_close_matches(column, list(columns), n=1)), None)
                    hint = f" (nearest: `{near}`)" if near else ""
                    yield f"{given.path}.columns: {grant.schema_name}.{name} has no column {column} yet{hint}"
