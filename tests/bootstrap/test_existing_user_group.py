"""A user group that was there before its stack: identities join it, and nothing of others' users is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from real_servers import Postgres, Valkey
from test_elasticache import PASSWORD, RULES, Api
from tier import REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.drift import look
from bootstrap.reconcile.allowed import EVERYTHING
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.users import User

OPEN = {
    "UserId": "default",
    "UserName": "default",
    "AccessString": "on ~* +@all",
    "Authentication": {"Type": "no-password"},
}
BILLING = {
    "UserId": "billing-app",
    "UserName": "billing_app",
    "AccessString": "on ~b:* +@all",
    "UserGroupIds": ["billing"],
}


class Given(Api):
    """A group of another name, which has users already."""

    def __init__(self, *users: dict[str, Any], engine: str = "redis") -> None:
        super().__init__(*(each["UserId"] for each in users))
        self.users = {each["UserId"]: dict(each) for each in users}
        self.engine = engine

    def describe_user_groups(self, UserGroupId: str = "", MaxRecords: int = 0) -> Any:  # noqa: N803
        found = super().describe_user_groups(UserGroupId, MaxRecords)
        return {"UserGroups": [{**each, "Engine": self.engine} for each in found["UserGroups"]]}


def users_of(api: Api, *others: str) -> ElastiCacheUsers:
    return ElastiCacheUsers(
        api,
        prefix="crm-live",
        cache="main",
        group="billing",
        engine="valkey",
        region="eu-west-3",
        others=others,
        sleep=lambda _: None,
    )


ERP = [User(name="erp_app", rules=RULES, password=PASSWORD)]


def test_an_identity_joins_the_others_with_the_groups_own_engine() -> None:
    api = Given(OPEN, BILLING)
    before = {name: dict(user) for name, user in api.users.items()}
    users_of(api).plan(ERP).apply(EVERYTHING)
    assert api.calls == [("create_user", "crm-live-main-erp-app"), ("modify_user_group", "crm-live-main-erp-app")]
    assert api.members == ["default", "billing-app", "crm-live-main-erp-app"]
    assert api.users["crm-live-main-erp-app"]["Engine"] == "redis"
    assert {name: api.users[name] for name in before} == before
    assert users_of(api).plan(ERP).apply(EVERYTHING).changes == ()


STRANGER = (
    "main/billing: user billing_app (billing-app) is not declared; declare it, name it under `exceptions` in "
    "access.yaml, or if nobody needs it: aws elasticache modify-user-group --user-group-id billing "
    "--user-ids-to-remove billing-app --region eu-west-3"
)
LETS_IN = (
    "main/billing: user default lets in without a password whoever gives no user name: on ~* +@all; name it under "
)


@pytest.mark.parametrize(
    ("engine", "users", "others", "said"),
    [
        pytest.param("redis", (OPEN, BILLING), ("default", "billing_app"), [], id="both are excepted by name"),
        pytest.param("redis", (BILLING,), ("billing-app",), [], id="or by id"),
        pytest.param("redis", (BILLING,), (), [STRANGER], id="each is told once"),
        pytest.param(
            "redis",
            (OPEN, BILLING),
            ("billing_app",),
            [
                f"{LETS_IN}`exceptions` in access.yaml, or once every client has a user of its own: aws elasticache "
                "create-user --user-id billing-default --user-name default --engine redis --access-string 'off -@all' "
                "--no-password-required --region eu-west-3, then aws elasticache modify-user-group --user-group-id "
                "billing --user-ids-to-add billing-default --user-ids-to-remove default --region eu-west-3"
            ],
            id="a group of Redis keeps a default, closed",
        ),
        pytest.param(
            "valkey",
            (OPEN,),
            (),
            [
                f"{LETS_IN}`exceptions` in access.yaml, or once every client has a user of its own: aws elasticache "
                "modify-user-group --user-group-id billing --user-ids-to-remove default --region eu-west-3"
            ],
            id="one of Valkey needs none",
        ),
        pytest.param("redis", (OPEN | {"AccessString": "off -@all"},), (), [], id="a closed default is nobody's door"),
    ],
)
def test_others_users_are_told_by_name_until_they_are_excepted(
    engine: str, users: tuple[dict[str, Any], ...], others: tuple[str, ...], said: list[str]
) -> None:
    api = Given(*users, engine=engine)
    backend = users_of(api, *others)
    assert list(backend.plan([]).differences) == said
    assert list(backend.plan([]).apply(EVERYTHING).differences) == said
    assert api.calls == []


@pytest.mark.server
def test_a_whole_run_leaves_others_users_as_they_are(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server, user_group="billing-users", existing=True)
    client = aws_client("elasticache", REGION, tier.endpoint)
    password = "of-before-the-stack-0123456789"
    client.create_user(
        UserId="billing-app", UserName="billing", Engine="redis", AccessString="on ~b:* +@all", Passwords=[password]
    )
    client.create_user(
        UserId="billing-default",
        UserName="default",
        Engine="redis",
        AccessString="on ~* +@all",
        NoPasswordRequired=True,
    )
    others = ["billing-default", "billing-app"]
    client.create_user_group(UserGroupId="billing-users", Engine="redis", UserIds=others)
    before = {each: client.describe_users(UserId=each)["Users"] for each in others}
    report = tier.run()
    assert report.ok
    (group,) = client.describe_user_groups(UserGroupId="billing-users")["UserGroups"]
    made = [each for each in group["UserIds"] if each not in others]
    assert group["UserIds"] == [*others, *made]
    assert {client.describe_users(UserId=each)["Users"][0]["Engine"] for each in made} == {"redis"}
    assert {each: client.describe_users(UserId=each)["Users"] for each in others} == before
    assert _told(report.differences) == ["billing", "default"]
    found = look(tier.manifest, migrations=tier.migrations, store=tier.store).found
    assert _told(each.what for each in found) == ["billing", "default"]
    access = {**tier.manifest.access, "exceptions": {"redis": {"main": ["billing", "default"]}}}
    tier.manifest = tier.manifest.model_copy(update={"access": access})
    found = look(tier.manifest, migrations=tier.migrations, store=tier.store).found
    assert _told(each.what for each in found) == _told(tier.run().differences) == []


def _told(texts: Iterable[str]) -> list[str]:
    """Names of the group's users that are told."""
    return [text.split(": user ")[1].split(" ")[0] for text in texts if text.startswith("main/billing-users: user ")]
