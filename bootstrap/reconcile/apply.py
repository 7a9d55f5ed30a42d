"""Brings the engines into the declared state, in one order: roles, logins, caches, and then the secrets.

A secret becomes current last, and only when everything that its credential needs was done and proved. Every step may
be the last one of a run: the next plan is made from what is there then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from bootstrap.access import Access, load_access
from bootstrap.action import Action
from bootstrap.credentials import HeldCredential, read_all, stage_all
from bootstrap.manifest import Manifest
from bootstrap.postgres import master, tokens
from bootstrap.postgres.apply import StalePlanError
from bootstrap.postgres.lock import hold
from bootstrap.reconcile.allowed import EVERYTHING, Allowed
from bootstrap.reconcile.engines import Engines, engines, wanted_roles, wanted_users
from bootstrap.reconcile.identity import endings, retire
from bootstrap.reconcile.plan import Plan, plan_stack
from bootstrap.secrets import SecretStore

_STALE = "the plan is stale: the declaration or the engines have changed since; make a new one: datatier access plan"

Step = Callable[[str], AbstractContextManager[list[str]]]
"""Wraps each step by its name; what is appended to the list is what the step has done."""


@dataclass(kw_only=True)
class Outcome:
    """What was done."""

    changes: tuple[Action, ...] = ()
    skipped: tuple[Action, ...] = ()
    """Planned, but not allowed."""
    differences: tuple[str, ...] = ()
    """What differs and is not ours to change."""
    notes: tuple[str, ...] = ()
    """What was done besides: secrets, passwords."""
    held: Mapping[str, HeldCredential] = field(default_factory=dict)
    """The credentials as they are now: without those that were retired."""

    def data(self) -> dict[str, JsonValue]:
        """Return it as `--json` prints it."""
        return {
            "changes": [change.data() for change in self.changes],
            "skipped": [change.data() for change in self.skipped],
            "differences": list(self.differences),
            "notes": list(self.notes),
        }


def apply(
    manifest: Manifest,
    access: Access,
    held: Mapping[str, HeldCredential],
    on: Engines,
    allowed: Allowed,
    *,
    digest: str | None = None,
    step: Step | None = None,
    migrations_follow: bool = False,
) -> Outcome:
    """Bring the engines to the declaration as far as `allowed`, with the credentials of `held`, which are staged.

    Where `migrations_follow`, schemas that they may make are left to them.

    Raise StalePlanError where PostgreSQL is not as in `digest`, and what a driver raises where a step cannot be done:
    the secrets that were current still are, and each opens what it opened before.
    """
    done = Outcome(held=held)
    step = step or _quiet
    if due := [name for name, each in held.items() if each.due]:
        with step("rotation") as reported:
            held = done.held = {**held, **_retire(manifest, access, held, due, on, allowed, done)}
            reported.extend(action.sentence for action in done.changes)
            reported.extend(done.notes)
    with step("roles") as reported:
        wanted = wanted_roles(manifest, access, held)
        if migrations_follow:
            wanted = replace(wanted, missing_schemas=access.makes_schemas is False)
        applied = on.database.apply(wanted, allowed, digest=digest)
        done.changes += applied.changes
        done.skipped += applied.skipped
        reported.extend(map(str, applied.changes))
    with step("passwords") as reported:
        # Who may not change over between password and token keeps the secret that is current.
        kept = tokens.moved(done.skipped, "join", "leave")
        logins = {name: each for name, each in held.items() if access.logins(name)}
        proved = on.database.prove(
            {n: each.credential for n, each in logins.items() if each.credential.username not in kept},
            fresh=frozenset(name for name, each in logins.items() if each.fresh_postgres),
            unproven=frozenset(name for name, each in logins.items() if each.pending),
            joined=tokens.moved(done.changes, "join"),
        )
        done.notes += proved
        reported.extend(proved)
    for name in manifest.caches:
        with step(f"cache {name}") as reported:
            brought = on.cache(name).plan(wanted_users(manifest, access, name, held)).apply(allowed)
            done.changes += brought.changes
            done.skipped += brought.skipped
            done.differences += brought.differences
            reported.extend(map(str, brought.changes))
    with step("secrets proven") as reported:
        waiting = held_back(held, done.skipped)
        for name, each in held.items():
            if each.version is None or not each.version.pending:
                continue
            if name in waiting:
                done.notes += (f"{name}: the secret stays as it was, for {waiting[name]}",)
                continue
            on.store.promote(each.arn, each.version)
            reported.append(f"{name}: secret is current")
        done.notes += tuple(reported)
    return done


def held_back(held: Mapping[str, HeldCredential], skipped: Iterable[Action]) -> dict[str, str]:
    """Return the identities whose secret must not become current, each with the reason. Pure.

    A credential is of use when every engine knows it: its user in each cache, and in PostgreSQL the membership by which
    RDS asks for a token in place of a password.
    """
    skipped = tuple(skipped)
    kept = tokens.moved(skipped, "join", "leave")
    found = {
        action.identity: f"its user in the cache `{action.target.partition('/')[0]}` was not brought about"
        for action in skipped
        if action.engine == "redis" and action.verb != "remove" and action.identity in held
    }
    for name, each in held.items():
        if each.credential.username in kept:
            found[name] = f"{each.credential.username} may not change over between password and token"
    return found


def _retire(
    manifest: Manifest,
    access: Access,
    held: Mapping[str, HeldCredential],
    names: Sequence[str],
    on: Engines,
    allowed: Allowed,
    done: Outcome,
) -> dict[str, HeldCredential]:
    """Retire the old credentials whose grace is over, or of an identity none of it where that is not allowed."""
    found = endings(manifest, access, on.store, names)
    going = [each for each in found if all(map(allowed, each[1].steps))]
    done.skipped += tuple(step for each in found if each not in going for step in each[1].steps)
    steps, notes = retire(manifest, access, on, going)
    done.changes += steps
    done.notes += notes
    gone = [standing.name for standing, _ in going]
    return {name: replace(held[name], previous=None, due=False) for name in gone}


@contextmanager
def _quiet(_: str) -> Iterator[list[str]]:
    yield []


def apply_stack(
    manifest: Manifest, store: SecretStore, pool: Executor, allowed: Allowed = EVERYTHING, *, saved: str | None = None
) -> Outcome:
    """Apply the plan of a deployed stack; with the fingerprint of a `saved` one only if it still holds."""
    access = load_access(manifest.access)
    digest = still(plan_stack(manifest, store, pool), saved) if saved else None
    entered = master.enter(manifest.postgres, store, manifest.passwords)
    with entered.conn, hold(entered.conn):
        on = engines(manifest, access, store, pool, entered)
        held, staged = stage_all(read_all(manifest, access, store, pool), store, pool)
        done = apply(manifest, access, held, on, allowed, digest=digest)
        done.notes = (*entered.done, *staged, *done.notes)
        left = on.database.compare(wanted_roles(manifest, access, done.held)).differences
        done.differences = (*left, *done.differences)
    return done


def still(planned: Plan, saved: str) -> str | None:
    """Return the digest of PostgreSQL in a plan; raise StalePlanError where it is not the one of that fingerprint."""
    if planned.fingerprint != saved:
        raise StalePlanError(_STALE)
    return planned.digest
