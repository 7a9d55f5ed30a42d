"""Logins by token of AWS in ElastiCache: another user than the one with a password, whose id and name are one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from real_servers import Postgres, Valkey
from test_elasticache import PASSWORD, RULES, Api, users_of, wanted
from tier import REGION, Tier

from bootstrap.access import load_access
from bootstrap.access.names import token_user
from bootstrap.credentials import complete, token_users
from bootstrap.manifest import CacheTarget
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.redis.cache import CacheError, driver
from bootstrap.redis.users import User, users
from bootstrap.secrets import Credential, Secret, redis_token

IAM = "app-prod-main-erp-app-iam"
BY_TOKEN = User(name="erp_app", rules=RULES, password=None, by_token=IAM)


class Tokens(Api):
    """One that also makes users without a password, and tells how they log in."""

    def create_user(self, **user: Any) -> None:
        self._change("create_user", f"{user['UserId']} {user['UserName']} {user.get('AuthenticationMode')}")
        mode = user.pop("AuthenticationMode", {"Type": "password"})
        self.users[user["UserId"]] = user | {
            "Authentication": {**mode, "PasswordCount": len(user.get("Passwords", ()))}
        }

    def modify_user(self, UserId: str, **fields: Any) -> None:  # noqa: N803
        self._change("modify_user", f"{UserId} {fields}")
        self.users[UserId]["Authentication"] = fields["AuthenticationMode"]


def test_its_user() -> None:
    assert token_user("App-prod", "main", "erp_app") == IAM


def test_from_password_to_token_beside_each_other() -> None:
    api = Tokens("app-prod-main-default")
    backend = users_of(api)
    backend.plan(wanted("erp_app")).apply(BUT_DROPS)
    api.calls.clear()
    planned = backend.plan([BY_TOKEN])
    deleted, made = planned.changes[:1], planned.changes[1:]
    assert [str(change) for change in made] == [
        f"main/app-prod-main: erp_app: created, logs in by token: {RULES}",
        "main/app-prod-main: erp_app: added to app-prod-main",
    ]
    assert [(change.verb, change.identity) for change in deleted] == [("remove", "app-prod-main-erp-app")]
    applied = backend.plan([BY_TOKEN]).apply(BUT_DROPS)
    assert (applied.changes, applied.skipped) == (made, deleted)
    # The one with the password works on until somebody asks for its end.
    assert applied.differences == (
        "main/app-prod-main: user app-prod-main-erp-app is no longer declared; `datatier access apply --allow-drop` "
        "deletes it",
    )
    assert api.calls == [("create_user", f"{IAM} {IAM} {{'Type': 'iam'}}"), ("modify_user_group", IAM)]
    assert backend.plan([BY_TOKEN]).apply(BUT_DROPS).changes == ()
    # And back: that user is still there.
    assert [change.verb for change in backend.plan(wanted("erp_app")).changes] == ["remove"]


def test_a_password_that_somebody_gave_it_is_taken_away() -> None:
    api = Tokens(IAM)
    live = {"UserId": IAM, "UserName": IAM, "AccessString": RULES}
    api.users = {IAM: live | {"Authentication": {"Type": "password", "PasswordCount": 1}}}
    (change,) = users_of(api).plan([BY_TOKEN]).apply(BUT_DROPS).changes
    assert (change.text, change.takes_away) == ("logs in by token, and by no password", True)
    assert api.calls == [("modify_user", f"{IAM} {{'AuthenticationMode': {{'Type': 'iam'}}}}")]
    assert users_of(api).plan([BY_TOKEN]).apply(BUT_DROPS).changes == ()


@pytest.fixture
def tier(postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> Tier:
    return make_tier(postgres18, valkey_server)


def of_aws(tier: Tier, caches: dict[str, str | None]) -> Any:
    """The manifest with caches of ElastiCache, by the replication group that tokens are for."""
    endpoint = tier.manifest.caches["main"].endpoint
    targets = {
        name: CacheTarget(endpoint=endpoint, tls=False, user_group="g", iam_cache=group)
        for name, group in caches.items()
    }
    return tier.manifest.model_copy(update={"caches": targets})


@pytest.mark.server
@pytest.mark.parametrize(
    ("caches", "name", "password"),
    [
        ({"main": "group"}, "{prefix}-main-{app}-iam", False),
        ({"main": None}, "{name}", True),
        # Another user in each: the secret cannot name them, the connect policy does.
        ({"main": "group", "queue": "other"}, None, False),
        ({"main": "group", "queue": None}, "{name}", True),
    ],
)
def test_what_the_secret_holds(caches: dict[str, str | None], name: str | None, password: bool, tier: Tier) -> None:
    app, rules = f"{tier.name}_app", {"keys": ["a:*"], "commands": ["@read"]}
    identity = {"auth": "iam", "redis": {"main": rules, "queue": rules}}
    access = load_access({"owner": f"{tier.name}_owner", "identities": {app: identity}})
    manifest = of_aws(tier, caches)
    old = Credential(redis_username=app, redis_password=PASSWORD, grace=60)
    found = complete(manifest, access, app, old)
    wanted_name = name and name.format(prefix=manifest.prefix, app=app.replace("_", "-"), name=app)
    assert (found.redis_username, found.redis_password == PASSWORD) == (wanted_name, password)
    assert found.grace == (60 if password else None)
    for cache, group in caches.items():
        (user,) = users(access, cache, {app: found}, frozenset(), tokens=token_users(manifest, access, cache))
        assert (user.password is None, user.by_token is None) == (group is not None, group is None)


@pytest.mark.server
@pytest.mark.parametrize("token", ["the-token", "another"])
def test_it_is_proven_by_a_token(
    token: str, tier: Tier, valkey_server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of the tests knows the token as a password; the API is a stand-in."""
    monkeypatch.setattr("bootstrap.redis.cache.redis_token", lambda *_: Secret(token))
    monkeypatch.setattr("bootstrap.redis.cache._SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("bootstrap.redis.cache.aws_client", lambda *_: api)
    user = token_user(tier.manifest.prefix, "main", "erp_app")
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", user, "on", ">the-token", "+ping")
    api = Tokens(user)
    api.users = {user: {"UserId": user, "UserName": user, "AccessString": RULES, "Authentication": {"Type": "iam"}}}
    one = User(name="erp_app", rules=RULES, password=None, by_token=user)
    with ThreadPoolExecutor(1) as pool:
        if token == "the-token":
            assert (
                driver(of_aws(tier, {"main": "group"}), "main", tier.store, pool).plan([one]).apply(BUT_DROPS).changes
                == ()
            )
        else:
            with pytest.raises(CacheError, match=f"{user} cannot log in .*needs elasticache:Connect on group"):
                driver(of_aws(tier, {"main": "group"}), "main", tier.store, pool).plan([one]).apply(BUT_DROPS)
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "DELUSER", user)


def test_the_token_is_the_one_that_botocore_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    """By RequestSigner, as ElastiCache's and Valkey's own samples do it."""
    import datetime

    from botocore import auth
    from botocore.model import ServiceId
    from botocore.session import Session
    from botocore.signers import RequestSigner

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    now = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC).replace(tzinfo=None)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_: now)
    session = Session()
    credentials, events = session.get_credentials(), session.get_component("event_emitter")
    monkeypatch.setattr("bootstrap.secrets.tokens.aws_credentials", credentials.get_frozen_credentials)
    signer = RequestSigner(ServiceId("elasticache"), REGION, "elasticache", "v4", credentials, events)
    url = f"https://app-prod-main/?Action=connect&User={IAM}"
    request = {"method": "GET", "url": url, "body": {}, "headers": {}, "context": {}}
    theirs = signer.generate_presigned_url(request, operation_name="connect", expires_in=900, region_name=REGION)
    ours = redis_token("App-prod-main", IAM, REGION)
    assert ours.reveal() == theirs.removeprefix("https://")
    assert str(ours) == "***"
