"""What differs between access.yaml and the engines, PostgreSQL and every cache in one plan: data, with a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial

from pydantic import JsonValue

from bootstrap.access import Access, load_access
from bootstrap.action import Action
from bootstrap.credentials import HeldCredential, read_all
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.driver import DatabaseComparison
from bootstrap.postgres.master import Master
from bootstrap.reconcile.engines import Engines, engines, wanted_roles, wanted_users
from bootstrap.reconcile.identity import endings
from bootstrap.redis.users import UserPlan
from bootstrap.renewal.plan import Renewal
from bootstrap.secrets import SecretStore

# A tier on this computer makes the secret by itself; on AWS the infrastructure does, with its key and its policies.
MADE_HERE = "no secret yet: `access apply` makes it"
MADE_BY_DEPLOYING = "no secret yet: deploy the stack with this access.yaml"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that differs."""

    changes: tuple[Action, ...]
    """In the order in which they are done."""
    differences: tuple[str, ...]
    """What differs and is not ours to change, or not yet."""
    fingerprint: str
    """SHA-256 over the declaration and what was read: another one means a plan that is stale."""
    digest: str | None = None
    """The part of PostgreSQL in it."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.changes or self.differences)

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "changes": [change.data() for change in self.changes],
            "differences": list(self.differences),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What the engines and the store have, compared with what is wanted of them."""

    held: Mapping[str, HeldCredential] = field(default_factory=dict)
    due: Sequence[Renewal] = ()
    """What retires the old credentials whose grace is over."""
    database: DatabaseComparison | None = None
    """None where a plan is about caches alone."""
    caches: Sequence[UserPlan] = ()


def observe(manifest: Manifest, access: Access, on: Engines) -> Observed:
    """Read everything; nothing is written, neither to an engine nor to the store of secrets."""
    held = read_all(manifest, access, on.store, on.pool)
    due = endings(manifest, access, on.store, [name for name, each in held.items() if each.due])
    database = on.database.compare(wanted_roles(manifest, access, held))
    caches = [on.cache(name).plan(wanted_users(manifest, access, name, held)).whole() for name in manifest.caches]
    return Observed(held=held, due=[left for _, left in due], database=database, caches=caches)


def plan(access: Access, observed: Observed, *, lacking: str = MADE_BY_DEPLOYING) -> Plan:
    """Return what makes it as declared. `lacking` says who makes the secret of an identity that has none. Pure."""
    secrets = tuple(_of_secrets(observed.held, lacking))
    retired = tuple(step for left in observed.due for step in left.steps)
    database = observed.database or DatabaseComparison()
    of_caches = tuple(action for cache in observed.caches for action in cache.changes)
    reported = (*database.differences, *(text for cache in observed.caches for text in cache.differences))
    # A cache's state is known by its plan; so is a secret's.
    whole = [
        access.model_dump(mode="json", by_alias=True),
        [database.digest] if database.digest else [],
        # Where a secret is does not matter, only whether it has to be filled.
        [{**action.data(), "target": ""} for action in secrets],
        [action.data() for action in retired],
        [action.data() for action in of_caches],
        list(reported),
    ]
    return Plan(
        changes=(*secrets, *retired, *database.actions, *of_caches),
        differences=reported,
        fingerprint=hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest(),
        digest=database.digest or None,
    )


def plan_stack(manifest: Manifest, store: SecretStore, pool: Executor) -> Plan:
    """Return the plan of a deployed stack."""
    entered = master.look(manifest.postgres, store)
    with entered.conn:
        return plan_entered(manifest, store, pool, entered)


def plan_entered(manifest: Manifest, store: SecretStore, pool: Executor, entered: Master) -> Plan:
    """Return the plan of a deployed stack in which the master is logged in."""
    access = load_access(manifest.access)
    return plan_on(manifest, access, engines(manifest, access, store, pool, entered))


def plan_on(manifest: Manifest, access: Access, on: Engines) -> Plan:
    """Return the plan of a deployed stack behind its drivers."""
    lacking = MADE_HERE if manifest.aws_endpoint else MADE_BY_DEPLOYING
    return plan(access, observe(manifest, access, on), lacking=lacking)


def _of_secrets(held: Mapping[str, HeldCredential], lacking: str) -> Iterator[Action]:
    for name, each in held.items():
        where, subject = each.arn or lacking, f"secret of {name}"
        made = partial(Action, engine="secrets", target=where, subject=subject, identity=name)
        if each.version is None and each.first:
            yield made(verb="make", text="secret will be made")
        elif each.version is None:
            yield made(verb="complete", text="secret will be brought up to date")
        elif each.first:
            yield made(verb="promote", text="what a run has left pending will be proven and become current")
