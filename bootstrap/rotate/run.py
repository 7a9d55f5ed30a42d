"""Carries rotations out: plan, apply, verify, one identity after the other, under the bootstrap's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from redis.exceptions import RedisError

from bootstrap.access import Access, load_access
from bootstrap.action import Action
from bootstrap.credentials import GRACE, complete, other_login, token_users
from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.postgres import master
from bootstrap.postgres.driver import Database, PostgresDatabase
from bootstrap.postgres.lock import hold
from bootstrap.postgres.master import Master
from bootstrap.redis.cache import driver, token_of
from bootstrap.redis.token import Token
from bootstrap.redis.users import Backend
from bootstrap.rotate.master import plan_master, rotate_master
from bootstrap.rotate.plan import (
    MASTER,
    Plan,
    Rotated,
    RotationError,
    State,
    forward,
    plan,
    still_valid,
)
from bootstrap.rotate.prove import prove
from bootstrap.rotate.token import plan_token, rotate_token, tokens
from bootstrap.secrets import AwsStore, Secret, SecretStore, Version, new_password

_THREADS = 8
DRAIN = 10.0
"""Seconds that the sessions of a login that was shut out have to end by themselves."""

Progress = Callable[[Action], None]
"""Called before each step."""


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

    `grace` and `older_than` are seconds. Raise RotationError for an unknown identity, MasterError or LoginError when
    the engines cannot be entered. What stops one identity's rotation does not stop the others': it is `failed`, its
    current credential still works, and the same call again goes on from there.
    """
    access = load_access(manifest.access)
    there = [*access.identities, MASTER, *tokens(manifest)]
    names = there if identities is None else list(identities)
    if unknown := sorted(set(names) - set(there)):
        raise RotationError(f"no identity {', '.join(unknown)}; there are {', '.join(there)}")
    store = store or AwsStore(manifest.region, manifest.aws_endpoint)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="rotate") as pool:
        worker = Rotation(manifest, access, store, pool, progress=progress, drain=drain)
        oldest = datetime.now(UTC) - timedelta(seconds=older_than) if older_than is not None else None
        wish = Wish(grace=grace, finish=finish, oldest=oldest)
        if dry_run:  # the stages tell all of it: no engine is entered, nothing is changed
            return tuple(worker.planned(name, wish) for name in names)
        with worker.entered() as entered:
            return tuple(worker.one(entered, name, wish) for name in names)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a run shall do to each identity."""

    grace: int
    """Seconds that the old credential stays valid."""
    finish: bool
    """Retire what is left of earlier rotations at once, and begin none."""
    oldest: datetime | None
    """Begin a rotation only where the current credential was made before."""


class Rotation:
    """What the steps work on; the command, the bootstrap and the rotation function share it."""

    def __init__(
        self,
        manifest: Manifest,
        access: Access,
        store: SecretStore,
        pool: Executor,
        *,
        progress: Progress | None = None,
        drain: float = DRAIN,
    ) -> None:
        self._manifest = manifest
        self._access = access
        self._store = store
        self._pool = pool
        self._progress = progress or _quiet
        self._drain = drain

    @contextmanager
    def entered(self) -> Iterator[Master]:
        """The master's session, with the lock that bootstraps and rotations share."""
        entered = master.enter(self._manifest.postgres, self._store, self._manifest.passwords)
        with entered.conn, hold(entered.conn):
            yield entered

    def one(self, entered: Master, name: str, wish: Wish) -> Rotated:
        """Rotate one identity."""
        if reason := self.unrotatable(name):
            return Rotated(identity=name, outcome="skipped", notes=(reason,))
        try:
            if token := self._token(name):
                begin = self._begins(token.arn, wish)
                return rotate_token(name, token, begin=begin, grace=wish.grace, finish=wish.finish)
            if name == MASTER:
                begin = self._begins(self._manifest.postgres.master_secret, wish)
                return rotate_master(self._manifest, self._store, entered, begin=begin, progress=self._progress)
            state = self.state(name, wish.grace)
            if (without := _without_password(state)) is not None:
                return without
            left = self._plan(state, wish)
            notes = self._apply(entered, state, left, wish.grace)
        except (BootstrapError, psycopg.Error, RedisError, OSError) as error:
            again = f"the current credential still works; go on with `datatier access rotate {name}`"
            return Rotated(identity=name, outcome="failed", notes=(f"{_reason(error)}; {again}",))
        if left.valid_until:
            notes = (*notes, still_valid("the old credential", name, left.valid_until))
        return Rotated(identity=name, outcome=left.outcome, steps=left.steps, valid_until=left.valid_until, notes=notes)

    def planned(self, name: str, wish: Wish) -> Rotated:
        """Return what `one` would do."""
        if reason := self.unrotatable(name):
            return Rotated(identity=name, outcome="skipped", notes=(reason,))
        if token := self._token(name):
            steps = plan_token(name, token, begin=self._begins(token.arn, wish), grace=wish.grace, finish=wish.finish)
            return Rotated(identity=name, outcome="planned", steps=steps)
        if name == MASTER:
            begin = self._begins(self._manifest.postgres.master_secret, wish)
            return Rotated(identity=name, outcome="planned", steps=plan_master() if begin else ())
        state = self.state(name, wish.grace)
        if (without := _without_password(state)) is not None:
            return without
        left = self._plan(state, wish)
        return Rotated(identity=name, outcome="planned", steps=left.steps, valid_until=left.valid_until)

    def unrotatable(self, name: str) -> str | None:
        """Return why an identity is not rotated, None where it is."""
        postgres = self._access.postgres_users.get(name)
        if postgres is None or postgres.login == "siblings":
            return None
        return (
            f"{name} has `login: {postgres.login}`, so there is no second login to change over to: leave `login` out "
            "of access.yaml to give it two"
        )

    def _token(self, name: str) -> Token | None:
        cache = tokens(self._manifest).get(name)
        return token_of(self._manifest, cache, self._store) if cache else None

    def _begins(self, arn: str, wish: Wish) -> bool:
        made = self._store.made(arn) if wish.oldest else None
        return not wish.finish and (wish.oldest is None or (made is not None and made < wish.oldest))

    def _plan(self, state: State, wish: Wish) -> Plan:
        begin = wish.oldest is None or state.made < wish.oldest
        return plan(state, now=datetime.now(UTC), grace=wish.grace, finish=wish.finish, begin=begin)

    def state(self, name: str, grace: int | None) -> State:
        """Read where an identity's rotation stands; a pending credential of another grace than asked for is dropped."""
        arn = self._manifest.secrets.get(name)
        current = self._store.get(arn) if arn else None
        if arn is None or current is None:
            raise RotationError(f"{name} has no credential yet: run `datatier bootstrap`, which makes it")
        stages, made = self._store.stages(arn), self._store.made(arn)
        pending = self._store.get(arn, "AWSPENDING") if stages.pending not in {None, current.id} else None
        rules = self._access.identities[name].redis
        return State(
            identity=name,
            arn=arn,
            current=current,
            pending=pending if pending and self._suits(name, pending, current, grace) else None,
            stages=stages,
            made=made or stages.changed,
            caches=tuple(
                cache
                for cache, target in self._manifest.caches.items()
                if cache in rules and target.has_users and name not in token_users(self._manifest, self._access, cache)
            ),
        )

    def _suits(self, name: str, pending: Version, current: Version, grace: int | None) -> bool:
        """Whether a pending version is the next credential, and not what an unfinished bootstrap or wish left."""
        new, old = pending.credential, current.credential
        return (
            new == complete(self._manifest, self._access, name, new)
            and (grace is None or new.grace == grace)
            and new.username == (other_login(old) or old.username)
            and (old.redis_password is None or new.redis_password != old.redis_password)
        )

    def _apply(self, entered: Master, state: State, left: Plan, grace: int) -> tuple[str, ...]:
        notes: list[str] = []
        pending = state.pending
        valid = state.current
        for step in left.steps:
            self._progress(step)
            match step.verb:
                case "stage":
                    pending = self.stage(state, grace)
                case "admit" if pending:
                    self.admit(entered, step, pending, state.current)
                case "prove" if pending:
                    notes += self.prove(entered, state, pending)
                case "promote" if pending:
                    self._store.promote(state.arn, pending)
                    valid = pending
                case "retire":
                    notes += self.retire(entered, step, valid)
                case "close":
                    self.close(state)
        return tuple(notes)

    def stage(self, state: State, grace: int, token: str | None = None) -> Version:
        """Make the next credential and keep it as AWSPENDING."""
        rule, old = self._manifest.passwords, state.current.credential
        changed = {
            "username": other_login(old) or old.username,
            "password": new_password(rule) if old.password else None,
            "redis_password": new_password(rule) if old.redis_password else None,
            "grace": grace,
        }
        new = complete(self._manifest, self._access, state.identity, old.model_copy(update=changed))
        return self._store.put_pending(state.arn, new, **({"token": token} if token else {}))

    def admit(self, entered: Master, step: Action, pending: Version, current: Version) -> None:
        """Let the pending credential in where `step` says."""
        if step.target == "postgres":
            self.database(entered).admit(pending.credential)
        else:
            new, old = pending.credential.redis_password or Secret(""), current.credential.redis_password
            self.cache(step).admit(step.identity, new, old)

    def admit_all(self, entered: Master, state: State, pending: Version) -> None:
        """Let the pending credential in everywhere."""
        for step in forward(state):
            if step.verb == "admit":
                self.admit(entered, step, pending, state.current)

    def finish(self, entered: Master, state: State) -> tuple[str, ...]:
        """Retire what an earlier rotation left, whatever is left of its grace; return what was done."""
        left = self.ending(state)
        return (*(step.sentence for step in left.steps), *self._apply(entered, state, left, GRACE))

    @staticmethod
    def ending(state: State) -> Plan:
        """Return what is left of an earlier rotation, whatever is left of its grace."""
        return plan(state, now=datetime.now(UTC), grace=GRACE, finish=True, begin=False)

    def prove(self, entered: Master, state: State, pending: Version) -> tuple[str, ...]:
        """Prove the pending credential by logins, on replicas and every node too."""
        row = entered.conn.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        lsn = row[0] if row and self._manifest.postgres.replicas else None
        new, old = pending.credential, state.current.credential
        return prove(self._manifest, self._access, state.identity, new, old, self._store, self._pool, lsn=lsn)

    def retire(self, entered: Master, step: Action, valid: Version) -> tuple[str, ...]:
        """Shut out where `step` says what is not `valid`."""
        if step.target == "postgres":
            return self.database(entered).retire(valid.credential, drain=self._drain)
        self.cache(step).retire(step.identity, valid.credential.redis_password or Secret(""))
        return ()

    def close(self, state: State) -> None:
        """Note in the store that the old credential is retired."""
        stages = self._store.stages(state.arn)
        if stages.pending and stages.pending == stages.current:  # its promotion was interrupted
            self._store.unstage(state.arn, stages.pending, "AWSPENDING")
        if stages.previous:
            self._store.unstage(state.arn, stages.previous, "AWSPREVIOUS")

    def database(self, entered: Master) -> Database:
        """Return the driver of PostgreSQL."""
        return PostgresDatabase(entered, self._manifest.postgres, self._pool)

    def cache(self, step: Action) -> Backend:
        """Return the driver of the cache that a step is about."""
        return driver(self._manifest, step.target.removeprefix("cache "), self._store, self._pool)


def retire_due(
    manifest: Manifest, access: Access, store: SecretStore, pool: Executor, entered: Master, names: Sequence[str]
) -> tuple[str, ...]:
    """Retire what is past its grace; called by the bootstrap, which holds the lock. Return what was done."""
    worker = Rotation(manifest, access, store, pool)
    states = [worker.state(name, None) for name in names]
    return tuple(note for state in states for note in worker.finish(entered, state))


def due_steps(
    manifest: Manifest, access: Access, store: SecretStore, pool: Executor, names: Sequence[str]
) -> tuple[Action, ...]:
    """Return what `retire_due` would do; nothing is written."""
    worker = Rotation(manifest, access, store, pool)
    return tuple(step for name in names for step in worker.ending(worker.state(name, None)).steps)


def _without_password(state: State) -> Rotated | None:
    """What becomes of an identity that logs in by token alone, None of any other."""
    held = state.current.credential
    if held.password or held.redis_password:
        return None
    why = "auth: iam: its tokens live for 15 minutes, there is no password to rotate"
    return Rotated(identity=state.identity, outcome="skipped", notes=(why,))


def _reason(error: Exception) -> str:
    if isinstance(error, psycopg.Error):  # only the primary message: the others may quote the statement
        return f"PostgreSQL: {error.diag.message_primary or type(error).__name__}"
    return str(error)


def _quiet(step: Action) -> None:
    """Show nothing."""
