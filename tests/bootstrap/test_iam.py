"""Logging in by IAM: no password is made, `rds_iam` is granted, and where there is no AWS the password stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from real_servers import Postgres, Valkey
from tier import Tier

from bootstrap import iam
from bootstrap.access import AccessError, load_access
from bootstrap.postgres.apply import apply
from bootstrap.postgres.desired import desired
from bootstrap.postgres.master import enter
from bootstrap.redis.elasticache import ElastiCacheUsers
from bootstrap.redis.users import users
from bootstrap.rotate import rotate
from bootstrap.secrets import Credential, Secret
from bootstrap.secrets.identities import complete


def declared(auth: str = "iam", privileges: str = "readwrite") -> dict[str, Any]:
    main = {"keys": ["a:*"], "commands": ["@read"]}
    return {
        "owner": "tmi_owner",
        "identities": {"tmi_app": {"postgres": privileges, "redis": {"main": main}, "auth": auth}},
    }


def test_the_migrator_has_a_password() -> None:
    with pytest.raises(AccessError, match="the bootstrap itself logs in as it"):
        load_access(declared(privileges="migrator"))


@pytest.mark.server
def test_without_aws_the_password_stays(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server)
    app = f"{tier.name}_app"
    access = dict(tier.manifest.access)
    access["identities"] = {**access["identities"], app: {**access["identities"][app], "auth": "iam"}}
    tier.manifest = tier.manifest.model_copy(update={"access": access})
    report = tier.run()
    assert report.ok
    assert f"{app}: `auth: iam` needs RDS, ElastiCache and TLS; it logs in by password here" in report.differences
    assert tier.credential(app).password
    (done,) = rotate(tier.manifest, [app], grace=0, store=tier.store, drain=0)
    assert done.outcome == "rotated"
    assert tier.run().changed == 0


@pytest.mark.server
def test_on_rds_it_joins_rds_iam_and_has_no_password(postgres_server: Postgres, make_tier: Callable[..., Tier]) -> None:
    """As far as a server without AWS's own login goes: roles and memberships, under a manifest as on AWS."""
    tier = make_tier(postgres_server)
    app = f"{tier.name}_app"
    identities = {app: {"postgres": "readwrite", "auth": "iam"}}
    declaration = {**tier.manifest.access, "identities": identities, "keyspaces": {}}
    secure = tier.manifest.postgres.model_copy(update={"sslmode": "verify-full"})
    on_aws = tier.manifest.model_copy(update={"postgres": secure, "aws_endpoint": None, "access": declaration})
    access = iam.access_of(on_aws)
    assert (access.identities[app].auth, access.rotates(app)) == ("iam", False)
    assert iam.notes(on_aws)[0].startswith(f"{app}: logs in by IAM")
    made = complete(on_aws, access, app, Credential(username=f"{app}_b", password=Secret("old")))
    assert (made.username, made.password) == (f"{app}_a", None)

    with postgres_server.superuser() as superuser:
        superuser.execute("CREATE ROLE rds_iam NOLOGIN")
        superuser.execute(f"GRANT rds_iam TO {tier.name}_master WITH ADMIN OPTION")
    with enter(tier.manifest.postgres, tier.store).conn as conn:
        join = f'GRANT "rds_iam" TO "{app}_a"'
        changes = [change.sql for change in apply(conn, desired(access, {app: "a"}))]
        assert [sql.removesuffix(" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE") for sql in changes].count(join) == 1
        assert apply(conn, desired(access, {app: "a"})) == ()
        by_password = iam.access_of(tier.manifest.model_copy(update={"access": declaration}))
        back = [change.sql for change in apply(conn, desired(by_password, {app: "a"}))]
        assert len(back) == 1
        assert back[0].startswith(f'REVOKE "rds_iam" FROM "{app}_a"')
    with postgres_server.superuser() as superuser:
        superuser.execute("DROP ROLE rds_iam")


class Api:
    """ElastiCache, as far as a first user goes."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.members: list[str] = []

    def describe_users(self, **_: Any) -> Any:
        return {"Users": [{**user, "Status": "active"} for user in self.created]}

    def create_user(self, **fields: Any) -> None:
        self.created.append(fields)

    def describe_user_groups(self, UserGroupId: str) -> Any:  # noqa: N803
        return {"UserGroups": [{"UserIds": self.members, "Status": "active"}]}

    def modify_user_group(self, UserGroupId: str, UserIdsToAdd: list[str]) -> None:  # noqa: N803
        self.members += UserIdsToAdd


def test_on_elasticache_id_and_name_are_the_same() -> None:
    api = Api()
    access = load_access(declared())
    backend = ElastiCacheUsers(api, prefix="tmi-prod", cache="main", group="tmi-prod-main", engine="valkey")
    wanted = users(access, "main", {"tmi_app": Credential()}, frozenset())
    backend.apply(wanted)
    assert api.created == [
        {
            "UserId": "tmi-prod-main-tmi-app-iam",
            "UserName": "tmi-prod-main-tmi-app-iam",
            "Engine": "valkey",
            "AccessString": wanted[0].rules,
            "AuthenticationMode": {"Type": "iam"},
        }
    ]
    assert api.members == ["tmi-prod-main-tmi-app-iam"]
    assert backend.apply(wanted).changes == ()
