"""ElastiCache's users through its API: one change at a time, waited for, and read again."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from real_servers import ADMIN_PASSWORD, Postgres, Valkey
from tier import REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.errors import BootstrapError
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.redis.cache import driver
from bootstrap.redis.elasticache import ElastiCacheError, ElastiCacheUsers, user_id
from bootstrap.redis.users import User
from bootstrap.rotate.run import rotate
from bootstrap.secrets import AwsStore, Secret, open_redis

RULES = "on ~a:* resetchannels -@all +@read"
PASSWORD = Secret("a-password-of-a-test-0123456789")


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code}}


class Api:
    """ElastiCache as its documents describe it: every change takes a while, and while it lasts others are refused."""

    def __init__(self, *members: str, drops: bool = False) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.members = list(members)
        self.groups = ["app-prod-main"]
        self.busy = 0
        self.calls: list[tuple[str, str]] = []
        self.drops = drops

    def _change(self, name: str, what: str) -> None:
        if self.busy:
            raise ClientError("InvalidUserState")
        self.busy = 2
        self.calls.append((name, what))

    def _status(self) -> str:
        self.busy = max(self.busy - 1, 0)
        return "modifying" if self.busy else "active"

    def describe_users(self, UserId: str = "", MaxRecords: int = 0, Marker: str = "0") -> Any:  # noqa: N803
        if not UserId:
            end = int(Marker) + MaxRecords
            page = list(self.users.values())[int(Marker) : end]
            return {"Users": [{"Status": "active", **user} for user in page]} | (
                {"Marker": str(end)} if end < len(self.users) else {}
            )
        if UserId not in self.users:
            raise ClientError("UserNotFoundFault")
        return {"Users": [self.users[UserId] | {"Status": self._status()}]}

    def create_user(self, **user: Any) -> None:
        self._change("create_user", user["UserId"])
        assert user["Passwords"] == [PASSWORD.reveal()]
        self.users[user["UserId"]] = user

    def modify_user(self, UserId: str, **fields: Any) -> None:  # noqa: N803
        self._change("modify_user", ",".join(fields))
        self.users[UserId] |= fields

    def describe_user_groups(self, UserGroupId: str = "", MaxRecords: int = 0) -> Any:  # noqa: N803
        if not UserGroupId:
            return {"UserGroups": [{"UserGroupId": name} for name in self.groups]}
        return {"UserGroups": [{"UserIds": list(self.members), "Status": self._status()}]}

    def modify_user_group(self, UserGroupId: str, UserIdsToAdd: list[str]) -> None:  # noqa: N803
        self._change("modify_user_group", ",".join(UserIdsToAdd))
        if not self.drops:
            self.members += UserIdsToAdd


def users_of(api: Api) -> ElastiCacheUsers:
    return ElastiCacheUsers(
        api,
        prefix="app-prod",
        cache="main",
        group="app-prod-main",
        engine="valkey",
        region="ap-south-1",
        sleep=lambda _: None,
    )


def wanted(*names: str, rules: str = RULES, fresh: bool = False) -> list[User]:
    return [User(name=name, rules=rules, password=PASSWORD, fresh=fresh) for name in names]


def test_ids() -> None:
    assert user_id("App-prod", "main", "erp_app") == "app-prod-main-erp-app"


def test_users_are_made_and_joined_one_by_one() -> None:
    api = Api("app-prod-main-default")
    backend = users_of(api)
    planned = backend.plan(wanted("erp_app", "erp_cache"))
    assert api.calls == []
    assert backend.plan(wanted("erp_app", "erp_cache")).apply(BUT_DROPS).changes == planned.changes
    assert api.calls == [
        ("create_user", "app-prod-main-erp-app"),
        ("create_user", "app-prod-main-erp-cache"),
        ("modify_user_group", "app-prod-main-erp-app,app-prod-main-erp-cache"),
    ]
    assert backend.plan(wanted("erp_app", "erp_cache")).apply(BUT_DROPS).changes == ()


@pytest.mark.parametrize(
    ("user", "calls"),
    [
        (wanted("erp_app"), []),
        (wanted("erp_app", rules=RULES + " +info"), [("modify_user", "AccessString")]),
        (wanted("erp_app", fresh=True), [("modify_user", "Passwords")]),
    ],
)
def test_only_what_differs_is_changed(user: list[User], calls: list[tuple[str, str]]) -> None:
    api = Api()
    users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    api.calls.clear()
    users_of(api).plan(user).apply(BUT_DROPS)
    assert api.calls == calls


def test_an_addition_that_vanished_is_noticed() -> None:
    with pytest.raises(ElastiCacheError, match="app-prod-main-erp-app were added to app-prod-main but are not in it"):
        users_of(Api(drops=True)).plan(wanted("erp_app")).apply(BUT_DROPS)


@pytest.mark.parametrize(("count", "fits"), [(100, True), (101, False)])
def test_a_group_holds_a_hundred(count: int, fits: bool) -> None:
    api = Api()
    names = [f"u{number}" for number in range(count)]
    if fits:
        users_of(api).plan(wanted(*names)).apply(BUT_DROPS)
        assert len(api.members) == 100
    else:
        with pytest.raises(ElastiCacheError, match="more than 100 users"):
            users_of(api).plan(wanted(*names)).apply(BUT_DROPS)
        assert api.calls == []


def test_a_user_that_is_no_longer_declared_is_reported() -> None:
    applied = users_of(Api("app-prod-main-old", "another")).plan([]).apply(BUT_DROPS)
    assert applied.differences == (
        "main/app-prod-main: user app-prod-main-old is no longer declared; `datatier access apply --allow-drop` "
        "deletes it",
        "main/app-prod-main: user another is not declared; declare it, name it under `exceptions` in access.yaml, or "
        "if nobody needs it: aws elasticache modify-user-group --user-group-id app-prod-main --user-ids-to-remove "
        "another --region ap-south-1",
    )


@pytest.mark.parametrize(
    ("member", "others", "told"),
    [
        ({"UserId": "by-hand", "UserName": "intern"}, (), ["intern (by-hand)"]),
        ({"UserId": "by-hand", "UserName": "intern"}, ("intern",), []),
        ({"UserId": "by-hand", "UserName": "intern"}, ("by-hand",), []),
        ({"UserId": "by-hand", "UserName": "intern"}, ("another",), ["intern (by-hand)"]),
        ({"UserId": "both", "UserName": "both"}, (), ["both"]),
        ({"UserId": "app-prod-main-default", "UserName": "default"}, (), []),
    ],
)
def test_a_member_that_nobody_declared_is_told_unless_it_is_named(
    member: dict[str, Any], others: tuple[str, ...], told: list[str]
) -> None:
    api = Api(member["UserId"])
    api.users = {member["UserId"]: member | {"AccessString": RULES}}
    backend = ElastiCacheUsers(
        api, prefix="app-prod", cache="main", group="app-prod-main", engine="valkey", region="ap-south-1", others=others
    )
    planned = backend.plan([])
    for differences in (planned.differences, planned.apply(BUT_DROPS).differences):
        assert [text.split(": user ")[1].split(" is not declared")[0] for text in differences] == told
    assert api.calls == []


def test_rules_that_elasticache_keeps_otherwise_are_no_success() -> None:
    class Deaf(Api):
        def modify_user(self, UserId: str, **fields: Any) -> None:  # noqa: N803
            self._change("modify_user", ",".join(fields))

    api = Deaf()
    users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    with pytest.raises(ElastiCacheError, match="took the rules of erp_app for main and keeps others: may now: info"):
        users_of(api).plan(wanted("erp_app", rules=RULES + " +info")).apply(BUT_DROPS)


def test_an_error_shows_no_parameter() -> None:
    api = Api()
    api.busy = 10**6
    with pytest.raises(ElastiCacheError) as caught:
        users_of(api).plan(wanted("erp_app")).apply(BUT_DROPS)
    assert str(caught.value) == (
        "ElastiCache refused a change of erp_app: InvalidUserState; "
        "somebody else is changing it: run the bootstrap again when it is `active`"
    )
    assert caught.value.__suppress_context__


@pytest.mark.server
def test_both_back_ends_on_one_cache(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    """As on this computer: the emulator's API keeps the users, the server's nodes let them in."""
    tier = make_tier(postgres18, valkey_server, user_group="a-group-of-a-test")
    client = aws_client("elasticache", REGION, tier.endpoint)
    client.create_user_group(UserGroupId="a-group-of-a-test", Engine="valkey")
    report = tier.run()
    assert report.ok
    n = tier.name
    (group,) = client.describe_user_groups(UserGroupId="a-group-of-a-test")["UserGroups"]
    assert group["UserIds"] == [
        f"app-{n}-main-{n}-{identity}" for identity in ("app", "monitoring", "maintainer", "inventory", "cache")
    ]
    (user,) = client.describe_users(UserId=f"app-{n}-main-{n}-app")["Users"]
    assert user["UserName"] == f"{n}_app"
    assert user["AccessString"].startswith("on ~auth:*")
    assert tier.run().changed == 0
    client.modify_user(UserId=user["UserId"], AccessString="on ~* -@all +@all")
    assert tier.run().changed == 1
    (user,) = client.describe_users(UserId=user["UserId"])["Users"]
    assert user["AccessString"].startswith("on ~auth:*")


@pytest.mark.server
def test_elasticache_alone(postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> None:
    """As on AWS: no node list and no administrator; logins and harmless probes prove the users."""
    tier = make_tier(postgres18, valkey_server, user_group="group-alone")
    client = aws_client("elasticache", REGION, tier.endpoint)
    client.create_user_group(UserGroupId="group-alone", Engine="valkey")
    assert tier.run().ok  # puts the users on the server, as ElastiCache would
    target = tier.manifest.caches["main"]
    alone = CacheTarget(endpoint=target.endpoint, tls=False, user_group="group-alone")
    tier.manifest = tier.manifest.model_copy(update={"caches": {"main": alone}})
    report = tier.run()
    assert report.ok
    assert report.changed == 0
    outcomes = {(c.identity, c.action): c.outcome for c in report.checks if c.engine == "redis"}
    for action in ("FLUSHALL", "FLUSHDB", "KEYS", "CONFIG SET", "DEBUG", "SHUTDOWN", "ACL SETUSER"):
        assert outcomes[f"{tier.name}_app", action] == "refused"


@pytest.mark.server
def test_a_cache_with_an_auth_token_has_no_users_and_its_first_token_dies(
    aws: str, valkey_server: Valkey, postgres18: Postgres, make_tier: Any
) -> None:
    tier = make_tier(postgres18, valkey_server)
    client = aws_client("secretsmanager", REGION, aws)
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", "default", "reset", "on", f">{ADMIN_PASSWORD}", "~*", "&*", "+@all")
        content = json.dumps({"redis_username": "default", "redis_password": ADMIN_PASSWORD, "initial": True})
        secret = client.create_secret(Name=f"{tier.name}/main-auth", SecretString=content)["ARN"]
        target = tier.manifest.caches["main"].model_copy(update={"auth_secret": secret})
        tier.manifest = tier.manifest.model_copy(update={"caches": {"main": target}})
        try:
            report = tier.run()
            assert report.ok
            assert not {name for name in admin.acl_users() if name.startswith(tier.name)}
            redis_checks = [(c.identity, c.action, c.outcome) for c in report.checks if c.engine == "redis"]
            assert redis_checks == [("default", "log in", "allowed"), ("default", "log in", "refused")]
            with pytest.raises(BootstrapError, match="default cannot log in"):
                open_redis(target, target.endpoint, None, Secret(ADMIN_PASSWORD))
            token = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])["redis_password"]
            open_redis(target, target.endpoint, None, Secret(token)).close()
            assert tier.run().changed == 0
            (rotated,) = rotate(tier.manifest, ["main-auth"], grace=0, store=tier.store)
            assert rotated.outcome == "rotated"
            assert tier.run().changed == 0
        finally:
            admin.execute_command("ACL", "SETUSER", "default", "reset", "off")


def test_a_cache_without_users_and_without_a_token_is_refused() -> None:
    at = Endpoint(name="primary", host="127.0.0.1", port=1)
    manifest = Manifest(
        stack="shop",
        prefix="shop",
        region=REGION,
        postgres=PostgresTarget(primary=at, database="shop", master_secret="arn"),
        caches={"hot": CacheTarget(endpoint=at)},
        access={},
    )
    with ThreadPoolExecutor(1) as pool, pytest.raises(BootstrapError, match="neither a user group nor an AUTH token"):
        driver(manifest, "hot", AwsStore(REGION), pool)


@pytest.mark.server
def test_harmless_forms_do_no_harm(valkey_server: Valkey) -> None:
    """Sent by somebody who may do everything, each fails on its argument and destroys nothing."""
    from bootstrap.verify.redis import _DANGEROUS, _send

    with valkey_server.admin() as admin:
        admin.set("kept", "1")
        before = admin.acl_list()
        outcomes = zip(_DANGEROUS, _send(admin, [(0, harmless) for _, _, harmless in _DANGEROUS]), strict=True)
        # Valkey allows DEBUG to nobody unless it is configured to.
        assert {name: outcome for (name, _, _), outcome in outcomes if outcome != "allowed"} == {"DEBUG": "refused"}
        assert admin.get("kept") == "1"
        assert admin.acl_list() == before
        admin.delete("kept")
