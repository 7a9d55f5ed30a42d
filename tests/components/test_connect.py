"""The policy with which an application logs in by IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.connect import CacheConnection, ConnectArgs, connect_policy

PLACE = {"account_id": "123456789012", "region": "eu-west-1"}
DATABASE = {
    "Sid": "Database",
    "Effect": "Allow",
    "Action": ["rds-db:connect"],
    "Resource": [
        "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-PRIMARY/tmi_app_a",
        "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-REPLICA/tmi_app_a",
    ],
}
CACHES = {
    "Sid": "Caches",
    "Effect": "Allow",
    "Action": ["elasticache:Connect"],
    "Resource": ["arn:group", "arn:aws:elasticache:eu-west-1:123456789012:user:tmi-prod-main-tmi-app-iam"],
}
MAIN = CacheConnection(group_arn="arn:group", user_id="tmi-prod-main-tmi-app-iam")


@pytest.mark.parametrize(
    ("more", "statements"),
    [
        ({"login": "tmi_app_a", "caches": [MAIN]}, [DATABASE, CACHES]),
        ({"login": "tmi_app_a"}, [DATABASE]),
        ({"caches": [MAIN]}, [CACHES]),
    ],
)
def test_only_its_own_logins(more: dict[str, Any], statements: list[Any], record: Any) -> None:
    found: list[str] = []

    async def program() -> None:
        args = ConnectArgs(**PLACE, resource_ids=["db-PRIMARY", "db-REPLICA"], **more)
        found.append(await connect_policy(args).future() or "")

    record(program)
    assert json.loads(found[0]) == {"Version": "2012-10-17", "Statement": statements}
