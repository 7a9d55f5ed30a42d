"""The reconciler on engines in memory: a run may break off before any effect, and the next one goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bootstrap.access import Access, load_access
from bootstrap.action import Action
from bootstrap.credentials import read_all, stage_all
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.postgres.apply import StalePlanError
from bootstrap.postgres.memory import MemoryPostgres
from bootstrap.reconcile.allowed import BUT_DROPS, EVERYTHING, Allowed
from bootstrap.reconcile.apply import Outcome, apply, held_back
from bootstrap.reconcile.engines import Engines, wanted_roles
from bootstrap.reconcile.plan import Plan, observe, plan
from bootstrap.redis.memory import MemoryUsers
from bootstrap.redis.users import User, UserPlan
from bootstrap.renewal.plan import Wish
from bootstrap.rotate import Rotated
from bootstrap.rotate.kinds import Rotating, rotating
from bootstrap.rotate.run import renew
from bootstrap.secrets import Credential, Secret
from bootstrap.secrets.memory import MemoryStore

SHOP = {
    "owner": "shop_owner",
    "identities": {
        "shop_till": {
            "postgres": "readwrite",
            "redis": {"hot": {"keys": ["cart:*"], "commands": ["@read", "@write"]}, "queue": {"role": "monitoring"}},
        },
        "shop_reports": {"postgres": "readonly"},
        "shop_worker": {"redis": {"queue": {"keys": ["job:*"], "commands": ["@read", "@write"]}}},
    },
}


class KilledError(Exception):
    """The run ends here."""


@dataclass
class Stack:
    """A shop's stack in memory; `left` effects from now it is killed."""

    declared: dict[str, Any] = field(default_factory=lambda: SHOP)
    iam: bool = False
    left: int | None = None
    effects: int = 0
    read: list[str] = field(default_factory=list)
    """The caches that were read, in order."""
    watched: bool = True
    """Whether what is current must open everything at every moment: not where somebody has broken it."""
    postgres: MemoryPostgres = field(default_factory=MemoryPostgres)
    caches: dict[str, MemoryUsers] = field(default_factory=lambda: {n: MemoryUsers(n) for n in ("hot", "queue")})
    store: MemoryStore = field(
        default_factory=lambda: MemoryStore(f"arn:{name}" for name in (*SHOP["identities"], "shop_new"))
    )

    @property
    def access(self) -> Access:
        return load_access(self.declared)

    @property
    def manifest(self) -> Manifest:
        place = Endpoint(name="primary", host="db.example.org", port=5432)
        node = Endpoint(name="primary", host="cache.example.org", port=6379)
        return Manifest(
            stack="live",
            prefix="shop-live",
            region="eu-north-1",
            postgres=PostgresTarget(
                primary=place, database="shop", master_secret="arn:m", iam_region="eu-north-1" if self.iam else None
            ),
            caches={name: CacheTarget(endpoint=node, nodes=(node,)) for name in self.caches},
            secrets={name: f"arn:{name}" for name in self.declared["identities"]},
            access=self.declared,
        )

    def cache(self, name: str) -> Any:
        self.read.append(name)
        return CountedUsers(self.caches[name], ("admit", "retire"), self.spend)

    def engines(self, pool: Executor) -> Engines:
        def counted(real: Any, *names: str) -> Any:
            return Counted(real, names, self.spend)

        return Engines(
            store=counted(self.store, "put_pending", "promote", "unstage"),
            database=counted(self.postgres, "apply", "prove", "admit", "retire"),
            cache=self.cache,
            prove=self.prove,
            pool=pool,
        )

    def prove(self, name: str, new: Credential, old: Credential) -> tuple[str, ...]:
        """A login may be in; that it may all that it should is not what is tried here."""
        assert self.opens(name, new)
        return ()

    def rotating(self, name: str, pool: Executor) -> Rotating:
        nobody: Any = None
        on = self.engines(pool)
        return rotating(self.manifest, self.access, on.store, name, (nobody, on))

    def spend(self) -> None:
        if self.watched:
            self.sound()
        if self.left is not None:
            if self.left == 0:
                raise KilledError
            self.left -= 1
        self.effects += 1

    def sound(self) -> None:
        """What is current in the store opens everything that it is for."""
        for name in self.declared["identities"]:
            if current := self.store.get(f"arn:{name}"):
                assert self.opens(name, current.credential), f"{name}: its current secret opens something no more"

    def opens(self, name: str, credential: Credential) -> bool:
        rules = self.declared["identities"][name].get("redis", {})
        into = [self.caches[cache].opens(name, credential.redis_password or Secret("-")) for cache in rules]
        if credential.username:
            into.append(self.postgres.opens(credential.username, credential.password))
        return all(into)

    def run(self, allowed: Allowed = EVERYTHING, digest: str | None = None) -> Outcome:
        with ThreadPoolExecutor(1) as pool:
            on = self.engines(pool)
            held, _ = stage_all(read_all(self.manifest, self.access, on.store, pool), on.store, pool)
            return apply(self.manifest, self.access, held, on, allowed, digest=digest)

    def plan(self) -> Plan:
        with ThreadPoolExecutor(1) as pool:
            return plan(self.access, observe(self.manifest, self.access, self.engines(pool)))

    def current(self) -> dict[str, Credential | None]:
        found = {name: self.store.get(f"arn:{name}") for name in self.declared["identities"]}
        return {name: version.credential if version else None for name, version in found.items()}


@dataclass
class Counted:
    """A driver whose effects are counted."""

    real: Any
    names: Sequence[str]
    spend: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.real, name)
        if name not in self.names:
            return found

        def effect(*args: Any, **more: Any) -> Any:
            self.spend()
            return found(*args, **more)

        return effect


class CountedUsers(Counted):
    """A cache, which is changed when a plan of its users is carried out."""

    def plan(self, users: Sequence[User]) -> UserPlan:
        planned = self.real.plan(users)

        def effect(remove: bool) -> tuple[Action, ...]:
            self.spend()
            return planned.carry_out(remove)

        return replace(planned, carry_out=effect)


def rotate(stack: Stack, name: str, grace: int) -> Rotated:
    with ThreadPoolExecutor(1) as pool:
        return renew(name, stack.rotating(name, pool), stack.engines(pool).store, Wish(grace=grace, begin=True))


def fresh() -> Stack:
    return Stack()


def settled() -> Stack:
    stack = Stack()
    stack.run()
    return stack


def grown() -> Stack:
    """One more identity, and one with other rules."""
    stack = settled()
    rules = {"keys": ["cart:*", "price:*"], "commands": ["@read"]}
    more = {"shop_new": {"postgres": "readonly", "redis": {"hot": {"keys": ["new:*"], "commands": ["get"]}}}}
    till = {**SHOP["identities"]["shop_till"], "redis": {"hot": rules, "queue": {"role": "monitoring"}}}
    stack.declared = {**SHOP, "identities": {**SHOP["identities"], "shop_till": till, **more}}
    return stack


def shrunk() -> Stack:
    stack = settled()
    stack.declared = {**SHOP, "identities": {n: i for n, i in SHOP["identities"].items() if n != "shop_worker"}}
    return stack


def meddled() -> Stack:
    """Somebody was at the servers."""
    stack = settled()
    stack.watched = False
    stack.postgres.passwords["shop_reports_a"] = Secret("another")
    stack.postgres.profiles["shop_reports"] = "readwrite"
    del stack.caches["hot"].users["shop_till"]
    return stack


def overdue() -> Stack:
    """A rotation's grace is over."""
    stack = settled()
    assert rotate(stack, "shop_till", 3600).outcome == "rotated"
    stack.store.changed_before("arn:shop_till", timedelta(hours=1))
    return stack


STATES = [fresh, settled, grown, shrunk, overdue]


@pytest.mark.parametrize("state", [*STATES, meddled])
def test_one_run_brings_about_what_the_plan_says_and_nothing_is_left(state: Callable[[], Stack]) -> None:
    stack = state()
    planned = stack.plan().changes
    done = stack.run()
    # What a login alone can tell, a password, no plan foresees; what it foresees is done, in that order.
    foreseen = [a for a in planned if a.engine != "secrets"]
    assert foreseen == [a for a in done.changes if a in foreseen]
    assert done.skipped == ()
    assert not stack.plan().changes
    assert all(stack.current().values())
    stack.sound()
    again = stack.run()
    assert (again.changes, again.notes) == ((), ())


@pytest.mark.parametrize("state", STATES)
def test_a_run_that_breaks_off_before_any_effect_is_finished_by_the_next(state: Callable[[], Stack]) -> None:
    whole = state()
    before = whole.effects
    whole.run()
    for left in range(whole.effects - before):
        stack = state()
        stack.left = left
        with pytest.raises(KilledError):
            stack.run()
        stack.sound()
        stack.left = None
        stack.run()
        assert not stack.plan().changes
        assert all(stack.current().values())
        stack.sound()
        assert {n: set(c.users) for n, c in stack.caches.items()} == {n: set(c.users) for n, c in whole.caches.items()}
        assert (stack.postgres.roles, stack.postgres.memberships) == (whole.postgres.roles, whole.postgres.memberships)


@pytest.mark.parametrize("allowed", [EVERYTHING, BUT_DROPS, Allowed(revoke=False)])
def test_what_is_past_its_grace_is_retired_once_by_whoever_may_take_access_away(allowed: Allowed) -> None:
    stack = overdue()
    version = stack.store.get("arn:shop_till", "AWSPREVIOUS")
    assert version
    retired = [(a.verb, a.target) for a in stack.plan().changes]
    assert retired == [("retire", "postgres"), ("retire", "cache hot"), ("retire", "cache queue"), ("close", "secret")]
    done = stack.run(allowed)
    assert [(a.verb, a.target) for a in (done.changes if allowed.revoke else done.skipped)] == retired
    assert stack.opens("shop_till", version.credential) is not allowed.revoke
    assert stack.run(EVERYTHING).skipped == ()
    assert not stack.opens("shop_till", version.credential)
    assert (stack.store.stages("arn:shop_till").previous, stack.plan().changes) == (None, ())


@pytest.mark.parametrize("between", [None, BUT_DROPS, EVERYTHING])
@pytest.mark.parametrize("grace", [0, 3600])
@pytest.mark.parametrize("name", SHOP["identities"])
def test_a_rotation_that_breaks_off_before_any_effect_is_finished_whatever_runs_in_between(
    name: str, grace: int, between: Allowed | None
) -> None:
    whole = settled()
    before = whole.effects
    assert rotate(whole, name, grace).outcome == "rotated"
    for left in range(whole.effects - before):
        stack = settled()
        old = stack.current()[name]
        assert old
        stack.left = left
        with pytest.raises(KilledError):
            rotate(stack, name, grace)
        stack.sound()
        stack.left = None
        if between:
            stack.run(between)
        assert rotate(stack, name, grace).outcome in {"rotated", "retired"}
        stack.sound()
        assert stack.current()[name] != old
        assert stack.opens(name, old) == (grace > 0), "in its grace period the old one still opens everything"
        assert not stack.plan().changes, "a rotation leaves nothing for a bootstrap"


@pytest.mark.parametrize("allowed", [EVERYTHING, BUT_DROPS, Allowed(revoke=False, drop=False)])
def test_each_cache_is_read_once_whatever_is_allowed(allowed: Allowed) -> None:
    stack = shrunk()
    stack.read.clear()
    stack.run(allowed)
    assert stack.read == ["hot", "queue"]


def test_a_bootstrap_drops_nobody_and_says_who_could_go() -> None:
    stack = shrunk()
    done = stack.run(BUT_DROPS)
    assert [(a.engine, a.verb, a.identity) for a in done.skipped] == [("redis", "remove", "shop_worker")]
    assert [text.partition(";")[0] for text in done.differences] == [
        "queue/primary: user shop_worker is no longer declared"
    ]
    assert "shop_worker" in stack.caches["queue"].users
    assert [(a.verb, a.identity) for a in stack.run().changes] == [("remove", "shop_worker")]


def test_a_cache_that_was_skipped_keeps_back_its_own_identities_and_no_others() -> None:
    stack = fresh()  # `default` is on in both caches, and turning it off takes something away
    stack.caches["queue"].users["default"] = stack.caches["queue"].users.pop("default")
    del stack.caches["hot"].users["default"]
    done = stack.run(Allowed(revoke=False))
    assert {name: credential is not None for name, credential in stack.current().items()} == {
        "shop_till": False,
        "shop_reports": True,
        "shop_worker": False,
    }
    assert sorted(note for note in done.notes if "stays" in note) == [
        f"{name}: the secret stays as it was, for its user in the cache `queue` was not brought about"
        for name in ("shop_till", "shop_worker")
    ]
    waiting = stack.store.get("arn:shop_till", "AWSPENDING")
    assert waiting
    stack.run()
    assert stack.current()["shop_till"] == waiting.credential, "nobody made another one meanwhile"


def test_what_is_left_pending_is_a_difference_until_it_is_current() -> None:
    stack = fresh()
    stack.left = 7  # the secrets are staged, and PostgreSQL knows the logins
    with pytest.raises(KilledError):
        stack.run()
    stack.left = None
    secrets = [(a.verb, a.identity) for a in stack.plan().changes if a.engine == "secrets"]
    assert secrets == [("promote", name) for name in SHOP["identities"]]


@pytest.mark.parametrize(
    ("lost", "fresh_ones"), [("password", (True, False)), ("redis_password", (False, True)), ("host", (False, False))]
)
def test_a_password_that_no_engine_has_seen_is_known_as_such(lost: str, fresh_ones: tuple[bool, bool]) -> None:
    stack = settled()
    kept = stack.current()["shop_till"]
    assert kept
    version = stack.store.put_pending("arn:shop_till", kept.model_copy(update={lost: None}))
    stack.store.promote("arn:shop_till", version)
    with ThreadPoolExecutor(1) as pool:
        held = read_all(stack.manifest, stack.access, stack.store, pool)["shop_till"]
    assert (held.fresh_postgres, held.fresh_redis) == fresh_ones
    assert (held.version, held.pending) == (None, True)


def test_a_stale_plan_changes_nothing() -> None:
    stack = grown()
    digest = stack.plan().digest
    stack.postgres.profiles["shop_reports"] = "migrator"
    with pytest.raises(StalePlanError):
        stack.run(digest=digest)
    assert "shop_new" not in stack.postgres.roles
    assert stack.store.get("arn:shop_new") is None


def test_a_fingerprint_changes_with_the_declaration_and_with_what_is_observed() -> None:
    stack = settled()
    first = stack.plan().fingerprint
    assert stack.plan().fingerprint == first
    stack.postgres.profiles["shop_reports"] = "migrator"
    second = stack.plan().fingerprint
    assert grown().plan().fingerprint not in {first, second}
    assert second != first


def _action(engine: Any, verb: Any, identity: str, target: str, subject: str = "") -> Action:
    return Action(engine=engine, verb=verb, identity=identity, target=target, subject=subject, text="")


@pytest.mark.parametrize(
    ("skipped", "reason"),
    [
        ([], None),
        ([_action("redis", "create", "shop_till", "hot/primary")], "its user in the cache `hot` was not brought about"),
        ([_action("redis", "password", "shop_till", "hot/g")], "its user in the cache `hot` was not brought about"),
        ([_action("redis", "remove", "shop_till", "hot/primary")], None),
        ([_action("redis", "create", "shop_worker", "hot/primary")], None),
        ([_action("postgres", "revoke", "shop_till", "shop", "SELECT from shop_till")], None),
        ([_action("postgres", "drop", "shop_old", "shop", "role shop_old")], None),
        (
            [_action("postgres", "join", "shop_till", "shop", "member shop_till_a of rds_iam")],
            "shop_till_a may not change over between password and token",
        ),
        ([_action("postgres", "join", "shop_till", "shop", "member shop_till_a of shop_till")], None),
    ],
)
def test_which_skipped_actions_keep_a_secret_back(skipped: list[Action], reason: str | None) -> None:
    stack = fresh()
    with ThreadPoolExecutor(1) as pool:
        held = read_all(stack.manifest, stack.access, stack.store, pool)
    assert held_back(held, skipped).get("shop_till") == reason


class Refusing(MemoryUsers):
    """A server that takes nothing."""

    def _apply(self, users: Any, *, remove: bool) -> tuple[Action, ...]:
        raise KilledError


@pytest.fixture(params=["hot", "queue"])
def broken(request: pytest.FixtureRequest) -> Stack:
    stack = fresh()
    stack.caches[request.param] = Refusing(request.param)
    return stack


def test_no_secret_becomes_current_while_an_engine_refuses(broken: Stack) -> None:
    with pytest.raises(KilledError):
        broken.run()
    assert set(broken.current().values()) == {None}


def test_roles_come_before_the_passwords_of_their_logins() -> None:
    stack = fresh()
    with ThreadPoolExecutor(1) as pool:
        held = read_all(stack.manifest, stack.access, stack.store, pool)
    stack.left = len(held) + 1  # staged, and the roles are made
    with pytest.raises(KilledError):
        stack.run()
    assert not stack.postgres.compare(wanted_roles(stack.manifest, stack.access, held)).actions
    assert stack.postgres.passwords == {}
