"""Who looks again and again: with the credentials of now, and at every cache that somebody may watch."""

from __future__ import annotations

from typing import Any

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Manifest
from bootstrap.secrets import Credential, LoginError, Secret
from clients.errors import EmptySecretError, NoLoginError
from observe.health import looker
from observe.health.looker import Looker
from observe.logins import Login
from observe.node import PostgresNode
from observe.nodes import postgres_nodes, redis_nodes

FOUND = Credential(username="shop_watch_a", password=Secret("hidden"))


def manifest(**identities: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "stack": "live",
            "prefix": "shop-live",
            "region": "eu-west-3",
            "postgres": {
                "primary": {"name": "primary", "host": "db", "port": 5432},
                "replicas": [{"name": "copy", "host": "copy", "port": 5433}],
                "database": "shop",
                "master_secret": "arn:master",
                "replica_lag": 7,
            },
            "caches": {
                "basket": {"endpoint": {"name": "basket", "host": "b", "port": 6379}, "user_group": "shop-basket"},
            },
            "secrets": {name: f"arn:{name}" for name in identities},
            "access": {"owner": "shop_owner", "identities": identities},
        }
    )


WATCHED = {"shop_watch": {"postgres": "monitoring", "redis": {"basket": "monitoring"}}}


def test_the_servers_of_a_stack_with_what_it_declares_and_no_secret_is_read_for_that() -> None:
    found = manifest(**WATCHED)
    assert [(each.name, each.address, each.replica, each.lag_limit) for each in postgres_nodes(found)] == [
        ("primary", "db:5432", False, 7),
        ("copy", "copy:5433", True, 7),
    ]
    assert [(each.name, each.cache, each.address) for each in redis_nodes(found)] == [("basket", "basket", "b:6379")]
    with pytest.raises(NoLoginError, match="no identity `nobody`"):
        postgres_nodes(found, "nobody")


def test_a_cache_that_nobody_may_watch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looker, "postgres_nodes", lambda _: ())
    found = manifest(shop_watch={"postgres": "monitoring"})
    (finding,) = Looker(found, found).look().findings
    assert (finding.check, finding.status.value, finding.object) == ("up", "skipped", "basket")
    assert "redis: {basket: monitoring}" in finding.mend


def test_a_server_that_refused_is_logged_in_to_with_what_its_secret_holds_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []

    def refuse(_: int) -> Any:
        raise LoginError("password authentication failed", refused=True)

    def nodes(_: object) -> tuple[PostgresNode, ...]:
        made.append(1)
        return (PostgresNode(name="primary", address="db:5432", replica=False, connect=refuse),)

    monkeypatch.setattr(looker, "postgres_nodes", nodes)
    watch = Looker(manifest(**WATCHED), None)
    assert len(made) == 1
    for times in (2, 3):
        (node,) = watch.look().nodes
        assert (node.up, node.findings[0].message) == (False, "password authentication failed")
        assert len(made) == times


@pytest.mark.parametrize(
    "error", [EmptySecretError("empty"), BootstrapError("no store"), LoginError("no", refused=True)]
)
def test_a_credential_is_read_once_and_after_a_failure_again(error: Exception) -> None:
    answers: list[Exception | Credential] = [error, FOUND]

    def read() -> Credential:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    login = Login(read)
    with pytest.raises(LoginError, match=f"^{error}$") as caught:
        login.ready()
    assert caught.value.refused is isinstance(error, LoginError)
    assert (login.read(), login.read(), answers) == (FOUND, FOUND, [])
