"""Whatever a user had before, one apply brings it to what is wanted, and a server that ends otherwise is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import redis
from acl_rules import user_rules
from hypothesis import HealthCheck, example, given, settings
from real_servers import Valkey
from redis.exceptions import ResponseError

from bootstrap.acl.rules import RuleError, parse
from bootstrap.acl.valkey import VALKEY
from bootstrap.redis import node
from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import User
from bootstrap.secrets import Secret

pytestmark = pytest.mark.server

NAME = "billing"
PASSWORD = Secret("password-of-a-test")
# Each of the three places where databases are limited, in each form, and the words that look like one of them.
ROOTS = ("", "db=0,2", "db=1", "alldbs", "resetdbs", "%W~db=1", "~skip-sanitize-payload")
SELECTORS = ("", "(~x:* db=1 +get)", "(~x:* +get)", "(~x:* resetdbs +get)", "(~x:* db=0,2 +get) (~y db=3 +@all)")


@pytest.fixture(scope="module")
def server(valkey_server: Valkey) -> Iterator[redis.Redis]:
    with valkey_server.admin() as client:
        yield client
        client.acl_deluser(NAME, node.MARKER)


def access(rules: str) -> str:
    """The canonical access string of a user with these rules."""
    return str(parse(f"on {rules} on resetpass", table=VALKEY))


def brought(server: redis.Redis, live: Sequence[str], wanted: str) -> None:
    server.acl_deluser(NAME)
    try:
        server.execute_command("ACL", "SETUSER", NAME, *live)
    except ResponseError:
        return
    apply_client(server, [User(name=NAME, rules=wanted, password=PASSWORD)])
    assert apply_client(server, [User(name=NAME, rules=wanted, password=PASSWORD)]).changes == ()


@pytest.mark.parametrize("wanted_selectors", SELECTORS)
@pytest.mark.parametrize("wanted_root", ROOTS)
def test_databases_of_a_user_and_of_its_selectors_are_no_business_of_each_other(
    server: redis.Redis, wanted_root: str, wanted_selectors: str
) -> None:
    wanted = access(f"~cache:* resetchannels +@all {wanted_root} {wanted_selectors}")
    for root in ROOTS:
        for selectors in SELECTORS:
            live = ["on", ">old", "~cache:*", "+@all", *root.split(), *node.merged(selectors.split())]
            brought(server, live, wanted)
            brought(server, [*live, "clearselectors"], wanted)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@example(live=["~cache:*", "+@all", "db=0,2"], wanted=["~cache:*", "+@all", "(~x:* db=1 -@all +get)"])
@given(live=user_rules(), wanted=user_rules())
def test_one_apply_is_enough_from_any_rules_to_any_rules(
    server: redis.Redis, live: list[str], wanted: list[str]
) -> None:
    try:
        rules = access(" ".join(wanted))
    except RuleError:
        return
    brought(server, live, rules)


def test_a_server_that_ends_otherwise_than_wanted_is_no_success(
    server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.execute_command("ACL", "SETUSER", NAME, "reset", "on", "nopass", "~other:*", "+get")
    monkeypatch.setattr(node, "write", lambda *_: None)
    with pytest.raises(
        node.NodeError, match=r"server: billing: may now: set .*somebody else may be changing its users"
    ):
        apply_client(server, [User(name=NAME, rules=access("~other:* +get +set"), password=PASSWORD)])
