"""The master's login where what Pulumi made and what the server has are not the same any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from real_servers import Postgres
from tier import FIRST_PASSWORD, REGION, Tier

from bootstrap.aws import aws_client
from bootstrap.postgres.master import MasterError, enter
from bootstrap.secrets import LoginError, Secret, open_postgres
from bootstrap.secrets.store import Stage
from components.credentials import INITIAL
from graph.resource import Resource
from local.handlers.security import SECURITY

pytestmark = pytest.mark.server


@pytest.fixture
def shop(postgres18: Postgres, make_tier: Callable[..., Tier]) -> Tier:
    """A stack whose master has a password of the bootstrap's own."""
    tier = make_tier(postgres18)
    arn, client = tier.manifest.postgres.master_secret, aws_client("secretsmanager", REGION, tier.endpoint)
    first = next(iter(client.describe_secret(SecretId=arn)["VersionIdsToStages"]))
    client.update_secret_version_stage(SecretId=arn, VersionStage=INITIAL, MoveToVersionId=first)
    assert login(tier)[0][-1] == "the first master password was replaced; the one in the infrastructure's state is dead"
    return tier


def login(tier: Tier) -> tuple[tuple[str, ...], str]:
    """What was done on the way, and the password that is current then."""
    entered = enter(tier.manifest.postgres, tier.store)
    entered.conn.close()
    password = tier.credential("master").password
    assert password
    return entered.done, password.reveal()


def put(tier: Tier, **more: Any) -> None:
    """As the provider makes the version of the state anew (PutSecretValue with what the program declares)."""
    client = aws_client("secretsmanager", REGION, tier.endpoint)
    text = json.dumps({"username": f"{tier.name}_master", "password": FIRST_PASSWORD, "initial": True})
    client.put_secret_value(SecretId=tier.manifest.postgres.master_secret, SecretString=text, **more)


def give(tier: Tier, password: str) -> None:
    with tier.postgres.superuser() as conn:
        conn.execute(f"ALTER ROLE {tier.name}_master PASSWORD '{password}'")


def test_a_password_of_before_the_stack_is_nobodys_here_to_replace(shop: Tier) -> None:
    target = shop.manifest.postgres.model_copy(update={"existing": True})
    client = aws_client("secretsmanager", REGION, shop.endpoint)
    held = json.dumps({"username": f"{shop.name}_master", "password": "chosen-before-the-stack", "host": "db.example"})
    client.put_secret_value(SecretId=target.master_secret, SecretString=held)
    with pytest.raises(MasterError) as refused:
        enter(target, shop.store)
    since = ". The master has had its password since before the stack, and others may use it: store that one, "
    assert str(refused.value).endswith(
        f"{since}as the input of `aws secretsmanager put-secret-value --secret-id {target.master_secret} --region "
        f'{REGION} --secret-string file:///dev/stdin`: {{"username": "...", "password": "..."}}'
    )
    empty = client.create_secret(Name=f"{shop.name}/empty")["ARN"]
    with pytest.raises(MasterError) as refused:
        enter(target.model_copy(update={"master_secret": empty}), shop.store)
    how = "`datatier adopt STACK --instance ID --store-master`"
    assert str(refused.value) == f"the secret {empty} is empty{since}{how}"
    give(shop, "chosen-before-the-stack")
    entered = enter(target, shop.store)
    entered.conn.close()
    assert entered.done == ()
    assert client.get_secret_value(SecretId=target.master_secret)["SecretString"] == held


def opens(tier: Tier, password: str) -> bool:
    target = tier.manifest.postgres
    try:
        open_postgres(target, target.primary, f"{tier.name}_master", Secret(password)).close()
    except LoginError:
        return False
    return True


def test_the_label_of_the_first_version_is_one_name_on_both_sides() -> None:
    assert INITIAL in get_args(Stage)


def test_a_first_version_that_is_made_anew_changes_nothing(shop: Tier) -> None:
    before = shop.credential("master")
    put(shop, VersionStages=[INITIAL])
    assert shop.credential("master") == before
    assert login(shop) == ((), before.password.reveal() if before.password else "")


def test_this_computer_keeps_the_first_version_as_secrets_manager_does(aws: str) -> None:
    client = aws_client("secretsmanager", REGION, aws)
    secret = client.create_secret(Name="shop-live/queue-auth")["ARN"]

    def make(value: str, labels: list[str] | None) -> str:
        inputs = {"secretId": secret, "secretString": value, **({"versionStages": labels} if labels else {})}
        declared = Resource(urn="urn:pulumi:live::shop::it", type="it", name="it", inputs=inputs)
        return str(SECURITY["aws:secretsmanager/secretVersion:SecretVersion"].create(client, "", declared)["versionId"])

    def held() -> dict[str, list[str]]:
        by_version = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
        return {version: sorted(labels) for version, labels in by_version.items() if labels}

    first = make("first", [INITIAL])
    assert {version: labels for version, labels in held().items() if version == first} == {
        first: ["AWSCURRENT", "INITIAL"]
    }
    own = make("the bootstrap's", None)
    again = make("first", [INITIAL])
    now = held()
    assert (now[own], now[again]) == (["AWSCURRENT"], ["INITIAL"])
    assert INITIAL not in now.get(first, [])


def test_a_dead_password_that_became_current_is_put_back(shop: Tier) -> None:
    working = login(shop)[1]
    put(shop)  # a program without the label
    assert shop.credential("master").initial
    done, password = login(shop)
    assert done == (
        "the current master password was the infrastructure's first one and dead; the one before it was proven and is "
        "current again",
    )
    assert password == working
    assert login(shop) == ((), working)


def test_a_server_that_was_made_anew_takes_the_first_password_once(shop: Tier) -> None:
    former = login(shop)[1]
    give(shop, FIRST_PASSWORD)  # what CreateDBInstance does
    done, password = login(shop)
    assert done == ("the first master password was replaced; the one in the infrastructure's state is dead",)
    assert password not in (former, FIRST_PASSWORD)
    assert (opens(shop, password), opens(shop, FIRST_PASSWORD)) == (True, False)
    assert login(shop) == ((), password)


def test_a_pending_password_of_the_former_servers_master_is_not_taken_up(shop: Tier) -> None:
    client = aws_client("secretsmanager", REGION, shop.endpoint)
    text = json.dumps({"username": "somebody_before", "password": "of-another-server-altogether"})
    arn = shop.manifest.postgres.master_secret
    client.put_secret_value(SecretId=arn, SecretString=text, VersionStages=["AWSPENDING"])
    give(shop, FIRST_PASSWORD)
    password = login(shop)[1]
    assert shop.credential("master").username == f"{shop.name}_master"
    assert opens(shop, password)


def test_where_no_password_works_it_says_so_and_changes_nothing(shop: Tier) -> None:
    before = shop.credential("master")
    give(shop, "set-by-somebody-else")
    with pytest.raises(MasterError, match="Neither the current nor a pending password works: set one with `aws rds"):
        login(shop)
    assert shop.credential("master") == before
    assert opens(shop, "set-by-somebody-else")
