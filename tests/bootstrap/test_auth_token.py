"""The AUTH token of a cache: the one that the infrastructure's state holds is dead after the first run, by both back
ends, from whatever step a run was stopped at; and later ones are rotated."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
import redis
from botocore.stub import Stubber
from real_servers import ADMIN_PASSWORD, Valkey

from bootstrap.access import load_access
from bootstrap.access_explain import explain_redis
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PasswordRule
from bootstrap.redis.token import ElastiCacheToken, NodesToken, TokenCredential, TokenPlace
from bootstrap.renewal.carry_out import carry_out
from bootstrap.renewal.plan import Wish, plan
from bootstrap.renewal.state import GRACE
from bootstrap.rotate.kinds import Rotating
from bootstrap.rotate.run import planned, renew
from bootstrap.run import skipped
from bootstrap.secrets import Credential, LoginError, Secret, SecretVersion, Stages, open_redis, redis_hash

FIRST = "the-token-in-the-state-of-the-infrastructure"
ARN = "arn:shop/hot-auth"
HOT = CacheTarget(endpoint=Endpoint(name="hot", host="hot.example.org", port=6379))
USED = PasswordRule(length=40, special="-_.~")


class StoppedError(Exception):
    pass


@dataclass
class Effects:
    """Counts what changes something, and stops the run behind the n-th of it."""

    last: int | None = None
    seen: list[str] = field(default_factory=list)

    def done(self, what: str) -> None:
        self.seen.append(what)
        if len(self.seen) == self.last:
            raise StoppedError


@dataclass
class Store:
    """Secrets Manager's stages, in memory."""

    effects: Effects
    versions: dict[str, Credential] = field(default_factory=dict)
    stage: dict[str, str] = field(default_factory=dict)
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def get(self, arn: str, stage: Any = "AWSCURRENT") -> SecretVersion | None:
        id_ = self.stage.get(stage)
        return SecretVersion(id=id_, credential=self.versions[id_], pending=stage == "AWSPENDING") if id_ else None

    def stages(self, arn: str) -> Stages:
        at = self.stage.get
        current, pending, previous = at("AWSCURRENT"), at("AWSPENDING"), at("AWSPREVIOUS")
        return Stages(current=current, pending=pending, previous=previous, changed=self.changed, rotates=False)

    def made(self, arn: str) -> datetime | None:
        return self.changed

    def put_pending(self, arn: str, credential: Credential, *, token: str | None = None) -> SecretVersion:
        id_ = f"v{next(self.numbers)}"
        self.versions[id_] = credential
        self.stage["AWSPENDING"] = id_
        self.effects.done("put_pending")
        return SecretVersion(id=id_, credential=credential, pending=True)

    def promote(self, arn: str, version: SecretVersion) -> None:
        self.stage["AWSPREVIOUS"], self.stage["AWSCURRENT"] = self.stage["AWSCURRENT"], version.id
        self.stage.pop("AWSPENDING", None)
        self.changed = datetime.now(UTC)
        self.effects.done("promote")

    def unstage(self, arn: str, version: str, stage: Any) -> None:
        assert self.stage.pop(stage) == version
        self.effects.done("unstage")


@dataclass
class Counted:
    """A place whose changes are counted."""

    place: TokenPlace
    effects: Effects

    def add(self, token: Secret) -> None:
        self.place.add(token)
        self.effects.done("add")

    def alone(self, token: Secret) -> None:
        self.place.alone(token)
        self.effects.done("alone")

    def opens(self, token: Secret) -> tuple[bool, ...]:
        return self.place.opens(token)


class ApiError(Exception):
    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code}}


class Api:
    """ElastiCache before a real server: two tokens at most, SET after ROTATE only, and a while until it is done."""

    def __init__(self, admin: redis.Redis) -> None:
        self.admin = admin
        self.rotated = False
        self.busy = 0

    def describe_replication_groups(self, *, ReplicationGroupId: str) -> Any:  # noqa: N803
        assert ReplicationGroupId == "shop-hot"
        self.busy = max(self.busy - 1, 0)
        pending = {"AuthTokenStatus": "ROTATING"} if self.busy == 1 else {}
        return {
            "ReplicationGroups": [
                {"Status": "modifying" if self.busy > 1 else "available", "PendingModifiedValues": pending}
            ]
        }

    def modify_replication_group(
        self,
        *,
        ReplicationGroupId: str,  # noqa: N803
        AuthToken: str,  # noqa: N803
        AuthTokenUpdateStrategy: str,  # noqa: N803
        ApplyImmediately: bool,  # noqa: N803
    ) -> None:
        assert ReplicationGroupId == "shop-hot"
        assert ApplyImmediately
        if self.busy:
            raise ApiError("InvalidReplicationGroupState")
        if AuthTokenUpdateStrategy == "SET" and not self.rotated:
            raise ApiError("InvalidParameterCombination")
        self.rotated = AuthTokenUpdateStrategy == "ROTATE"
        self.busy = 3
        new, kept = redis_hash(Secret(AuthToken)), list(self.admin.acl_getuser("default")["passwords"])
        self.admin.execute_command("ACL", "SETUSER", "default", "resetpass", f"#{new}")
        if self.rotated and kept:
            self.admin.execute_command("ACL", "SETUSER", "default", f"#{kept[-1]}")


@dataclass
class Cache:
    """A cache with an AUTH token, and its secret as the infrastructure leaves it."""

    admin: redis.Redis
    target: CacheTarget
    place: TokenPlace
    store: Store
    existing: bool = False

    @property
    def token(self) -> TokenCredential:
        """The driver of one run."""
        place = Counted(self.place, self.store.effects)
        return TokenCredential(
            cache="hot", place=place, rule=USED, existing=self.existing, settle=0.0, sleep=lambda _: None
        )

    @property
    def rotating(self) -> Rotating:
        self.store.effects, driver = Effects(), self.token
        return Rotating(stand=lambda _: driver.stand(ARN, self.store), driver=lambda: driver)

    def left(self) -> list[str]:
        """What a bootstrap would do."""
        return [step.verb for step in plan(self.token.stand(ARN, self.store), Wish(), now=datetime.now(UTC)).steps]

    def bring(self, effects: Effects | None = None) -> list[str]:
        """Do what a bootstrap does."""
        self.store.effects = effects or Effects()
        token = self.token
        standing = token.stand(ARN, self.store)
        left = plan(standing, Wish(), now=datetime.now(UTC))
        carry_out(left, standing, token, self.store)
        return [step.verb for step in left.steps]

    def opens(self, token: Secret) -> bool:
        try:
            open_redis(self.target, self.target.endpoint, None, token).close()
        except LoginError:
            return False
        return True

    @property
    def current(self) -> Credential:
        return self.store.versions[self.store.stage["AWSCURRENT"]]

    @property
    def passwords(self) -> set[str]:
        return set(self.admin.acl_getuser("default")["passwords"])


@pytest.fixture(params=["nodes", "elasticache"])
def cache(request: pytest.FixtureRequest, valkey_server: Valkey) -> Iterator[Cache]:
    at = Endpoint(name="first", host="127.0.0.1", port=valkey_server.port)
    more: dict[str, Any] = {"nodes": (at,), "admin_secret": "arn:admin"}
    more = more if request.param == "nodes" else {"replication_group": "shop-hot"}
    target = CacheTarget(endpoint=at, tls=False, auth_secret=ARN, **more)
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", "default", "reset", "on", f">{FIRST}", "~*", "&*", "+@all")
        place: TokenPlace = ElastiCacheToken(Api(admin), "shop-hot", target, lambda _: None)
        if request.param == "nodes":
            place = NodesToken("hot", target, Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD)))
        first = Credential(redis_username="default", redis_password=Secret(FIRST), initial=True)
        store = Store(Effects(), {"first": first}, {"AWSCURRENT": "first"})
        yield Cache(admin, target, place, store)
        admin.execute_command("ACL", "SETUSER", "default", "reset", "off")


ALL = ["put_pending", "add", "promote", "alone", "unstage"]


def replaced(cache: Cache) -> None:
    """The state's token opens nothing, the secret's opens the cache and is where it is to be and nowhere else."""
    token = cache.current.redis_password
    assert token
    assert not cache.opens(Secret(FIRST))
    assert cache.opens(token)
    assert cache.passwords == {redis_hash(token)}
    assert set(cache.store.stage) == {"AWSCURRENT"}
    assert cache.current.content() == {"redis_username": "default", "redis_password": token.reveal(), "initial": False}
    assert set(token.reveal()) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


@pytest.mark.parametrize(("special", "left"), [("-_.~", "-"), ("_.~", ""), ("!#=+", "!#")])
def test_a_new_token_has_those_of_the_stacks_characters_that_elasticache_takes(special: str, left: str) -> None:
    target = CacheTarget(endpoint=Endpoint(name="first", host="192.0.2.1", port=6379), replication_group="shop-hot")
    rule = PasswordRule(length=128, special=special)
    token = TokenCredential(cache="hot", rule=rule, place=NodesToken("hot", target, Credential()))
    made = [token.successor(Credential(), 0).redis_password for _ in range(20)]
    assert all(made)
    assert {each for one in made if one for each in one.reveal() if not each.isalnum()} == set(left)


@pytest.mark.server
def test_the_first_token_is_dead_after_the_first_run(cache: Cache) -> None:
    planned = cache.left()
    assert planned == ["stage", "admit", "prove", "promote", "retire", "close"]
    assert cache.opens(Secret(FIRST))
    effects = Effects()
    assert cache.bring(effects) == planned
    assert effects.seen == ALL
    replaced(cache)
    again = Effects()
    assert cache.left() == cache.bring(again) == []
    assert again.seen == []


@pytest.mark.server
@pytest.mark.parametrize("stop", range(1, len(ALL) + 1))
def test_a_run_that_was_stopped_is_finished_by_the_next(cache: Cache, stop: int) -> None:
    with pytest.raises(StoppedError):
        cache.bring(Effects(last=stop))
    held = cache.current.redis_password
    assert held
    assert cache.opens(held)  # the secret's token works at every moment
    effects = Effects()
    cache.bring(effects)
    assert effects.seen == ALL[stop:]
    replaced(cache)


@pytest.mark.server
@pytest.mark.parametrize("stop", [None, *range(1, 5)])
def test_a_cache_that_was_made_anew_takes_the_secrets_token_again(cache: Cache, stop: int | None) -> None:
    """The infrastructure makes it with the first token once more."""
    cache.bring()
    cache.admin.execute_command("ACL", "SETUSER", "default", "resetpass", f">{FIRST}")
    assert cache.left() == ["restage", "admit", "retire", "close"]
    if stop:
        with pytest.raises(StoppedError):
            cache.bring(Effects(last=stop))
    kept = cache.current
    cache.bring()
    replaced(cache)
    # Applications keep the token that they have, unless nobody can tell any more what is valid.
    assert (cache.current == kept) == (stop in {None, 4})


@pytest.mark.server
def test_a_token_from_before_first_ones_were_replaced_keeps_its_users_for_a_day(cache: Cache) -> None:
    cache.store.versions["first"] = Credential(redis_username="default", redis_password=Secret(FIRST))
    effects = Effects()
    cache.bring(effects)
    assert effects.seen == ALL[:3]
    assert cache.opens(Secret(FIRST))
    assert cache.current.grace == GRACE
    assert cache.bring() == []
    cache.store.changed -= timedelta(seconds=GRACE)
    assert cache.bring() == ["retire", "close"]
    assert not cache.opens(Secret(FIRST))


def of_before(cache: Cache) -> Cache:
    """One that had its token before the stack, and a secret whose version before that is still taken by the cache."""
    cache.existing = True
    held = Credential(redis_password=Secret(FIRST))
    cache.store.versions |= {"first": held, "older": Credential(redis_password=Secret(OLDER))}
    cache.store.stage["AWSPREVIOUS"] = "older"
    # ROTATE leaves the newer of two.
    cache.admin.execute_command("ACL", "SETUSER", "default", "resetpass", f">{OLDER}", f">{FIRST}")
    return cache


OLDER = "an-older-token-of-before-the-stack"


@pytest.mark.server
def test_a_token_of_before_the_stack_stays_until_a_person_rotates_it(cache: Cache) -> None:
    before = of_before(cache)
    effects = Effects()
    assert before.left() == before.bring(effects) == []
    assert (effects.seen, before.opens(Secret(FIRST)), before.opens(Secret(OLDER))) == ([], True, True)
    how = Wish(grace=3600, begin=True)
    assert renew("hot-auth", before.rotating, before.store, how).outcome == "rotated"
    made = before.current.redis_password or Secret("")
    assert (before.opens(made), before.opens(Secret(FIRST))) == (True, True)
    # From then on it is one of this product's, and the grace of the rotation ends the one before.
    before.store.changed -= timedelta(seconds=3600)
    assert before.bring() == ["retire", "close"]
    assert [before.opens(each) for each in (made, Secret(FIRST), Secret(OLDER))] == [True, False, False]


@pytest.mark.parametrize("name", ["password", "redis_password"])
def test_a_token_s_secret_keeps_the_names_that_its_readers_know(name: str) -> None:
    held = Credential.of({name: FIRST, "username": "", "host": "orders-cache.example", "team": "fulfilment"})
    place = NodesToken(name="hot", cache=HOT, admin=Credential())
    driver = TokenCredential(cache="hot", place=place, rule=USED, existing=True)
    after = driver.successor(held, 0).content()
    assert (after[name], len(after[name])) == (after["redis_password"], USED.length)
    assert (after["host"], after["team"], FIRST in after.values()) == ("orders-cache.example", "fulfilment", False)
    assert ("password" in after) == (name == "password")


@pytest.mark.server
def test_a_rotation_by_a_person_that_broke_off_is_finished(cache: Cache) -> None:
    before = of_before(cache)
    before.store.put_pending(ARN, before.token.successor(Credential(), 3600))
    assert before.bring() == ["admit", "prove", "promote"]
    assert before.opens(before.current.redis_password or Secret(""))


MEND = (
    "write the one that clients use as the input of `aws secretsmanager put-secret-value --secret-id arn:shop/hot-auth "
    '--secret-string file:///dev/stdin`: {"redis_username": "default", "redis_password": "..."}'
)


@pytest.mark.server
@pytest.mark.parametrize(
    ("held", "says"),
    [
        (None, "the secret of hot's AUTH token is empty"),
        (
            Credential(redis_password=Secret("not-the-one-of-the-cache")),
            "hot does not take the AUTH token that arn:shop/hot-auth holds, and had one before its stack",
        ),
        (Credential(username="somebody"), "the secret of hot's AUTH token holds no `redis_password`"),
    ],
)
def test_a_secret_without_the_token_of_before_is_told_and_nothing_changed(
    cache: Cache, held: Credential | None, says: str
) -> None:
    before = of_before(cache)
    if held:
        before.store.versions["first"] = held
    else:
        del before.store.stage["AWSCURRENT"]
    effects = Effects()
    with pytest.raises(BootstrapError, match=f"^{re.escape(f'{says}: {MEND}')}$"):
        before.bring(effects)
    assert (effects.seen, before.opens(Secret(FIRST))) == ([], True)


@pytest.mark.server
@pytest.mark.parametrize("grace", [0, 3600])
def test_a_rotation_leaves_two_tokens_for_its_grace_and_then_one(cache: Cache, grace: int) -> None:
    cache.bring()
    old = cache.current.redis_password or Secret("")
    how = Wish(grace=grace, begin=True)
    foreseen = planned("hot-auth", cache.rotating, how)
    rotated = renew("hot-auth", cache.rotating, cache.store, how)
    assert rotated.outcome == "rotated"
    assert rotated.steps == foreseen.steps
    assert [step.verb for step in foreseen.steps] == [
        *("stage", "admit", "prove", "promote"),
        *(["retire", "close"] if grace == 0 else []),
    ]
    new = cache.current.redis_password or Secret("")
    assert new != old
    assert (cache.opens(new), cache.opens(old)) == (True, grace > 0)
    told = [note for note in rotated.notes if "valid until" in note]
    assert [note.rpartition("at once: ")[2] for note in told] == ["`datatier access rotate hot-auth --finish`"] * (
        grace > 0
    )
    if grace:
        assert renew("hot-auth", cache.rotating, cache.store, how).outcome == "in grace"
        assert cache.bring() == []  # a bootstrap leaves it to its grace
        finished = renew("hot-auth", cache.rotating, cache.store, Wish(finish=True))
        assert (finished.outcome, cache.opens(new), cache.opens(old)) == ("retired", True, False)
    assert renew("hot-auth", cache.rotating, cache.store, Wish()).outcome == "nothing to do"
    assert repr(rotated).count(new.reveal()) == repr(rotated).count(old.reveal()) == 0


def stubbed(*answers: tuple[str, dict[str, Any] | str]) -> tuple[Any, Stubber]:
    client = botocore.session.get_session().create_client(
        "elasticache", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    stub = Stubber(client)
    for call, answer in answers:
        if isinstance(answer, str):
            stub.add_client_error(call, answer, f"may not: {FIRST}")
        else:
            stub.add_response(call, answer)
    stub.activate()
    return client, stub


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [("describe_replication_groups", "AccessDenied")],
            r"the AUTH token of shop-hot: AccessDenied; let the runner's role call it",
        ),
        ([("describe_replication_groups", "ReplicationGroupNotFoundFault")], "ReplicationGroupNotFoundFault"),
        (
            [
                ("describe_replication_groups", {"ReplicationGroups": [{"Status": "available"}]}),
                ("modify_replication_group", "InvalidReplicationGroupState"),
            ],
            "run the bootstrap again when it is `available`",
        ),
        (
            [("describe_replication_groups", {"ReplicationGroups": [{"Status": "snapshotting"}]})] * 451,
            "shop-hot is still `snapshotting` after 900 s",
        ),
    ],
)
def test_a_refusal_of_the_api_shows_no_token(answers: list[Any], said: str) -> None:
    client, stub = stubbed(*answers)
    with pytest.raises(BootstrapError, match=said) as caught:
        ElastiCacheToken(client, "shop-hot", HOT, lambda _: None).add(Secret(FIRST))
    assert FIRST not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("wrong", ["short", "x" * 129, "sixteen-chars_and", "sixteen chars and", "söchzehn-zeichen"])
def test_a_token_that_elasticache_refuses_is_refused_before_it_is_sent(wrong: str) -> None:
    client, stub = stubbed(("describe_replication_groups", {"ReplicationGroups": [{"Status": "available"}]}))
    with pytest.raises(BootstrapError, match="an AUTH token has 16 to 128 letters, digits and") as caught:
        ElastiCacheToken(client, "shop-hot", HOT, lambda _: None).add(Secret(wrong))
    assert wrong not in str(caught.value)
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("more", "good"),
    [
        ({}, False),
        ({"replication_group": "shop-hot"}, True),
        ({"nodes": ({"name": "a", "host": "h", "port": 1},)}, False),
        ({"nodes": ({"name": "a", "host": "h", "port": 1},), "admin_secret": "arn:admin"}, True),
    ],
)
def test_a_manifest_says_what_changes_the_token(more: dict[str, Any], good: bool) -> None:
    fields = {"endpoint": {"name": "hot", "host": "h", "port": 1}, "auth_secret": ARN} | more
    made: Callable[[], CacheTarget] = lambda: CacheTarget.model_validate(fields)  # noqa: E731
    if good:
        assert not made().has_users
    else:
        with pytest.raises(ValueError, match="auth_secret needs what changes the token"):
            made()


@pytest.mark.parametrize("auth", ["password", "iam"])
def test_rules_for_a_cache_without_users_are_told_to_limit_nobody(auth: str) -> None:
    at = {"name": "primary", "host": "db.example.org", "port": 5432}
    rules = {"keys": ["cart:*"], "commands": ["get"]}
    till = {"auth": auth, "redis": {"hot": rules, "cold": rules}}
    data = {"owner": "o", "identities": {"till": till, "web": {"redis": {"hot": rules}}}}
    manifest = Manifest.model_validate(
        {
            "stack": "live",
            "prefix": "shop-live",
            "region": "eu-west-3",
            "postgres": {"primary": at, "database": "shop", "master_secret": "m"},
            "caches": {
                "hot": {"endpoint": at, "auth_secret": "arn:hot", "replication_group": "shop-live-hot"},
                "cold": {"endpoint": at, "user_group": "shop-live-cold"},
            },
            "access": data,
        }
    )
    by_password = "till: auth: iam needs ElastiCache with users; in `cold` it logs in with a password"
    assert [*skipped(manifest, load_access(data))] == [
        *([by_password] if auth == "iam" else []),
        "hot knows no users, only an AUTH token: the rules of till, web limit nobody there",
    ]
    (reason,) = explain_redis(load_access(data).identities["web"].redis["hot"], users=False)
    assert (reason.what, reason.why) == ("runs all commands on all keys", "whoever has the AUTH token is `default`")
