"""What is left of a rotation, from the stages of a secret alone; what counts as unchanged; two passwords."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.reconcile.prove import compare
from bootstrap.redis import cache as redis_cache
from bootstrap.renewal.plan import Wish, plan
from bootstrap.renewal.state import CredentialKind, RenewalState
from bootstrap.report import Check
from bootstrap.secrets import AwsStore, Credential, Secret, SecretVersion, Stages

NOW = datetime(2026, 1, 31, tzinfo=UTC)
FORWARD = "stage secret, admit postgres, admit cache main, prove secret, promote secret"
RESUMED = FORWARD.removeprefix("stage secret, ")
RETIRE = "retire postgres, retire cache main, close secret"

SOME = Secret("password-of-a-test-0123456789")


TARGETS: dict[CredentialKind, tuple[str, ...]] = {
    "identity": ("postgres", "cache main"),
    "master": ("postgres",),
    "token": ("cache main",),
}


def state(
    kind: CredentialKind = "identity",
    *,
    grace: int | None = None,
    previous: bool = False,
    pending: bool = False,
    age: int = 0,
    **more: Any,
) -> RenewalState:
    then = NOW - timedelta(seconds=age)
    following = SecretVersion(id="pending", credential=Credential(username="app_b", password=SOME, grace=60))
    return RenewalState(
        name="app",
        kind=kind,
        arn="arn",
        current=SecretVersion(id="current", credential=Credential(username="app_a", password=SOME, grace=grace)),
        pending=following if pending else None,
        stages=Stages(
            current="current",
            pending="pending" if pending else None,
            previous="previous" if previous else None,
            changed=then,
            rotates=False,
        ),
        **{"made": then, "targets": TARGETS[kind], **more},
    )


MASTER = "stage secret, admit postgres, prove postgres, promote secret"
TOKEN = "stage secret, admit cache main, prove cache main, promote secret"
TOKEN_RETIRE = "retire cache main, close secret"
RESTORE = "restage secret, admit cache main, retire cache main, close secret"


@pytest.mark.parametrize(
    ("where", "wish", "steps", "outcome"),
    [
        # nothing is left of an earlier one
        (state(), {}, FORWARD, "rotated"),
        (state(), {"grace": 0}, f"{FORWARD}, {RETIRE}", "rotated"),
        (state(), {"begin": False}, "", "nothing to do"),
        (state(), {"finish": True}, "", "nothing to do"),
        # AWSPREVIOUS of a version that no rotation made is nobody's business
        (state(previous=True), {}, FORWARD, "rotated"),
        (state(previous=True), {"finish": True}, "", "nothing to do"),
        # unproven
        (state(pending=True), {}, RESUMED, "rotated"),
        (state(pending=True), {"begin": False}, RESUMED, "rotated"),
        (state(pending=True), {"finish": True}, f"{RESUMED}, {RETIRE}", "rotated"),
        # in its grace
        (state(grace=60, previous=True, age=59), {}, "", "in grace"),
        (state(grace=60, previous=True, age=59), {"grace": 0}, "", "in grace"),
        (state(grace=60, previous=True, age=59), {"finish": True}, RETIRE, "retired"),
        # the grace begins when the new one became current, however long before it was made
        (state(grace=60, previous=True, age=59, made=NOW - timedelta(days=9)), {}, "", "in grace"),
        # past it
        (state(grace=60, previous=True, age=60), {}, f"{RETIRE}, {FORWARD}", "rotated"),
        (state(grace=60, previous=True, age=60), {"begin": False}, RETIRE, "retired"),
        # without grace it was interrupted: ended, and no second one begun
        (state(grace=0, previous=True), {}, RETIRE, "retired"),
        # retired
        (state(grace=60, age=90), {}, FORWARD, "rotated"),
        # the master has one password: nothing is left beside it
        (state("master"), {}, MASTER, "rotated"),
        (state("master"), {"grace": 0}, MASTER, "rotated"),
        (state("master", pending=True), {"begin": False}, MASTER.removeprefix("stage secret, "), "rotated"),
        (state("master", grace=60, previous=True), {"finish": True}, "", "nothing to do"),
        (state("master"), {"begin": False}, "", "nothing to do"),
        # an AUTH token
        (state("token"), {}, TOKEN, "rotated"),
        (state("token"), {"grace": 0}, f"{TOKEN}, {TOKEN_RETIRE}", "rotated"),
        (state("token", pending=True), {"begin": False}, TOKEN.removeprefix("stage secret, "), "rotated"),
        (state("token", grace=60, previous=True, age=59), {}, "", "in grace"),
        (state("token", grace=60, previous=True, age=60), {"begin": False}, TOKEN_RETIRE, "retired"),
        # the one before may be valid whoever made the current one, because ElastiCache takes two
        (state("token", previous=True), {"begin": False}, TOKEN_RETIRE, "retired"),
        # the infrastructure's first one goes at once, or within the grace of stacks whose applications use it
        (state("token", replace_within=0), {"begin": False}, f"{TOKEN}, {TOKEN_RETIRE}", "rotated"),
        (state("token", replace_within=3600), {"begin": False, "grace": 0}, TOKEN, "rotated"),
        (
            state("token", replace_within=0, previous=True, grace=60),
            {"begin": False},
            f"{TOKEN}, {TOKEN_RETIRE}",
            "rotated",
        ),
        # a cache that was made again has another one than the secret
        (state("token", opens=False), {"begin": False}, RESTORE, "restored"),
        (state("token", opens=False, previous=True, grace=60), {"begin": False}, RESTORE, "restored"),
        (state("token", opens=False), {}, TOKEN, "rotated"),
        # one that is pending may be what opens it
        (state("token", opens=False, pending=True), {"begin": False}, TOKEN.removeprefix("stage secret, "), "rotated"),
    ],
)
def test_what_is_left(where: RenewalState, wish: dict[str, Any], steps: str, outcome: str) -> None:
    made = plan(where, Wish(**{"grace": 60, "begin": True, **wish}), now=NOW)
    assert (", ".join(f"{s.verb} {s.target}" for s in made.steps), made.outcome) == (steps, outcome)


def test_the_steps_name_the_other_login() -> None:
    made = plan(state(), Wish(grace=0, begin=True), now=NOW)
    assert [step.text for step in made.steps if step.target == "postgres"] == [
        "ALTER ROLE \"app_b\" LOGIN PASSWORD '***'",
        'ALTER ROLE "app_a" NOLOGIN PASSWORD NULL -- then its sessions end',
    ]


@pytest.mark.parametrize("kind", ["master", "token"])
def test_a_first_credential_says_why_it_is_replaced(kind: CredentialKind) -> None:
    first = SecretVersion(id="first", credential=Credential(redis_password=SOME, initial=True))
    made = plan(replace(state(kind, replace_within=0), current=first), Wish(), now=NOW)
    (stage,) = [step.text for step in made.steps if step.verb == "stage"]
    assert stage.endswith(" as AWSPENDING, in place of the first one, which the infrastructure's state holds")


def check(action: str, outcome: str) -> Check:
    return Check(
        identity="app", engine="postgres", target="primary", action=action, expected="allowed", outcome=outcome
    )


OK, NO, ODD = "allowed", "refused", "deadlock"


@pytest.mark.parametrize(
    ("now", "before", "changed", "both"),
    [
        ({"log in": OK, "read": OK}, {"log in": OK, "read": OK}, [], []),
        ({"log in": OK, "read": NO}, {"log in": OK, "read": OK}, ["primary: read: allowed expected, refused"], []),
        # better than before is no reason to stop, the same as before is told
        ({"log in": OK, "read": OK}, {"log in": NO}, [], []),
        ({"log in": OK, "read": NO}, {"log in": OK, "read": NO}, [], ["primary: read: allowed expected, refused"]),
        ({"log in": OK, "read": ODD}, {"log in": OK, "read": NO}, ["primary: read: allowed expected, deadlock"], []),
        # but whoever cannot log in is never made current
        ({"log in": NO}, {"log in": NO}, ["primary: log in: allowed expected, refused"], []),
        ({"log in": OK}, {"log in": OK, "read": OK}, ["not tried: read"], []),
    ],
)
def test_what_counts_as_unchanged(
    now: dict[str, str], before: dict[str, str], changed: list[str], both: list[str]
) -> None:
    def checks(outcomes: dict[str, str]) -> dict[str, Check]:
        return {action: check(action, outcome) for action, outcome in outcomes.items()}

    assert compare(checks(now), checks(before)) == (changed, both)


class Api:
    """ElastiCache: a user takes up to two passwords, all of them at once."""

    def __init__(self) -> None:
        self.passwords: list[list[str]] = []
        self.statuses = ["active"]  # what it says, the last first: it is asked before a change too

    def modify_user(self, *, UserId: str, Passwords: list[str]) -> None:  # noqa: N803
        assert UserId == "erp-prod-main-erp-app"
        assert len(Passwords) <= 2
        self.passwords.append(Passwords)
        self.statuses = ["active", "active"]

    def describe_users(self, *, UserId: str) -> Any:  # noqa: N803
        return {"Users": [{"UserId": UserId, "Status": self.statuses.pop()}]}


def test_elasticache_takes_two_passwords_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    api, logins = Api(), []
    monkeypatch.setattr("bootstrap.redis.cache.aws_client", lambda *_: api)

    class Opened:
        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr(redis_cache, "open_redis", lambda *words: logins.append(words[2:]) or Opened())
    endpoint = Endpoint(name="main", host="main.example.org", port=6379)
    manifest = Manifest(
        stack="prod",
        prefix="erp-prod",
        region="eu-west-1",
        postgres=PostgresTarget(primary=endpoint, database="erp", master_secret="arn:master"),
        caches={"main": CacheTarget(endpoint=endpoint, user_group="erp-prod-main")},
        access={},
    )
    old, new = Secret("the-password-before"), Secret("the-password-afterwards")
    with ThreadPoolExecutor(1) as pool:
        cache = redis_cache.driver(manifest, "main", AwsStore("eu-west-1"), pool)
    cache.admit("erp_app", new, old)
    assert (api.passwords, api.statuses) == ([["the-password-afterwards", "the-password-before"]], ["active"])
    assert logins == [("erp_app", Secret("the-password-afterwards"))]
    cache.retire("erp_app", new)
    assert (api.passwords[1:], api.statuses) == ([["the-password-afterwards"]], ["active"])
