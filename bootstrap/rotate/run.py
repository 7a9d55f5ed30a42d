"""`access rotate`: renews the credentials that are asked for, one after the other, under the bootstrap's lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
from redis.exceptions import RedisError

from bootstrap.access import Access, load_access
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.lock import hold
from bootstrap.postgres.master import Master
from bootstrap.postgres.own_password import MASTER
from bootstrap.reconcile.engines import Engines, engines
from bootstrap.reconcile.identity import DRAIN
from bootstrap.renewal.carry_out import Progress, carry_out
from bootstrap.renewal.plan import Renewal, Wish, plan
from bootstrap.renewal.state import GRACE, RenewalState, RotationError
from bootstrap.rotate.kinds import Rotating, names, rotating
from bootstrap.rotate.rotated import Rotated, still_valid
from bootstrap.secrets import AwsStore, SecretStore

_THREADS = 8


def rotate(
    manifest: Manifest,
    identities: Sequence[str] | None,
    *,
    grace: int = GRACE,
    finish: bool = False,
    older_than: int | None = None,
    dry_run: bool = False,
    store: SecretStore | None = None,
    progress: Progress | None = None,
    drain: float = DRAIN,
) -> tuple[Rotated, ...]:
    """Rotate the credentials of `identities` (`master` is one), of all when None; return what became of each.

    `grace`, `older_than` and `drain` are seconds. Raise RotationError for an unknown identity, MasterError or
    LoginError when the engines cannot be entered. What stops one identity's rotation does not stop the others': it is
    `failed`, its current credential still works, and the same call again goes on from there.
    """
    access = load_access(manifest.access)
    there = names(manifest, access)
    asked = there if identities is None else list(identities)
    if unknown := sorted(set(asked) - set(there)):
        raise RotationError(f"no identity {', '.join(unknown)}; there are {', '.join(there)}")
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    oldest = datetime.now(UTC) - timedelta(seconds=older_than) if older_than is not None else None
    wish = Wish(grace=grace, finish=finish, begin=not finish)
    if dry_run:  # the stages tell all of it: no engine is entered, nothing is changed
        return tuple(planned(name, rotating(manifest, access, store, name), wish, oldest) for name in asked)
    with (
        ThreadPoolExecutor(_THREADS, thread_name_prefix="rotate") as pool,
        inside(manifest, access, store, pool) as entered,
    ):

        def one(name: str) -> Rotated:
            if name == MASTER and entered[0].finished:
                return Rotated(identity=name, outcome="rotated", notes=("what a rotation had left was finished",))
            of = rotating(manifest, access, store, name, entered, drain=drain)
            return renew(name, of, store, wish, oldest, progress)

        return tuple(map(one, asked))


@contextmanager
def inside(manifest: Manifest, access: Access, store: SecretStore, pool: Executor) -> Iterator[tuple[Master, Engines]]:
    """Log in as the master and hold the lock that bootstraps and rotations share."""
    entered = master.enter(manifest.postgres, store, manifest.passwords)
    with entered.conn, hold(entered.conn):
        yield entered, engines(manifest, access, store, pool, entered)


def renew(
    name: str,
    of: Rotating,
    store: SecretStore,
    wish: Wish,
    oldest: datetime | None = None,
    progress: Progress | None = None,
) -> Rotated:
    """Rotate one credential; begin only where the current one was made before `oldest`."""
    try:
        found = _plan(of, wish, oldest)
        if isinstance(found, str):
            return Rotated(identity=name, outcome="skipped", notes=(found,))
        standing, left = found
        notes = carry_out(left, standing, of.driver(), store, progress=progress or (lambda _: None))
    except (BootstrapError, psycopg.Error, RedisError, OSError) as error:
        again = f"the current credential still works; go on with `datatier access rotate {name}`"
        return Rotated(identity=name, outcome="failed", notes=(f"{_reason(error)}; {again}",))
    if left.valid_until:
        what = "the old AUTH token" if standing.kind == "token" else "the old credential"
        notes = (*notes, still_valid(what, name, left.valid_until))
    return Rotated(identity=name, outcome=left.outcome, steps=left.steps, valid_until=left.valid_until, notes=notes)


def planned(name: str, of: Rotating, wish: Wish, oldest: datetime | None = None) -> Rotated:
    """Return what `renew` would do."""
    found = _plan(of, wish, oldest)
    if isinstance(found, str):
        return Rotated(identity=name, outcome="skipped", notes=(found,))
    _, left = found
    return Rotated(identity=name, outcome="planned", steps=left.steps, valid_until=left.valid_until)


def _plan(of: Rotating, wish: Wish, oldest: datetime | None) -> tuple[RenewalState, Renewal] | str:
    """Where the credential stands and what is left to do, or why it is not rotated at all."""
    if of.unrotatable:
        return of.unrotatable
    standing = of.stand(wish.grace)
    if reason := _without_password(standing):
        return reason
    begin = wish.begin and (oldest is None or standing.made < oldest)
    return standing, plan(standing, replace(wish, begin=begin), now=datetime.now(UTC))


def _without_password(standing: RenewalState) -> str | None:
    """Why there is nothing to rotate of an identity that logs in by token alone; None of any other credential."""
    held = standing.current.credential
    if held.password or held.redis_password:
        return None
    return "auth: iam: its tokens live for 15 minutes, there is no password to rotate"


def _reason(error: Exception) -> str:
    if isinstance(error, psycopg.Error):  # only the primary message: the others may quote the statement
        return f"PostgreSQL: {error.diag.message_primary or type(error).__name__}"
    return str(error)
