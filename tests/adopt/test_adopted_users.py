"""ElastiCache's users as a declaration: passwords go on working, and what is nobody's identity is named."""

from __future__ import annotations

from typing import Any

import pytest
from described_cache import parameter_group, running, user

from adopt.users import users
from bootstrap.access import RedisRules, access_string, load_access
from bootstrap.redis.by_url import ImportedUsers

LOCKED = user("orders-default", "default", "off -@all")
CARTS = "on ~cart:* resetchannels -@all +@read +@write"
OURS: dict[str, Any] = {"keys": ["cart:*"], "commands": ["@read", "get"], "deny": ["keys"]}
PLAIN: dict[str, Any] = {"rules": "~cart:* resetchannels -@all +@read +@write"}

# (users besides the locked default, identities, names among the exceptions, sentences)
ROWS: list[tuple[str, list[dict[str, Any]], dict[str, Any], tuple[str, ...], list[str]]] = [
    (
        "a password under an id of its own",
        [user("u-17", "orders_app", CARTS)],
        {"orders_app": {**PLAIN, "present": "u-17"}},
        ("orders-default",),
        [],
    ),
    (
        "a name that no identity may have",
        [user("orders-app", "Orders.App", CARTS)],
        {"orders_app": {**PLAIN, "present": "orders-app"}},
        ("orders-default",),
        [],
    ),
    (
        "two names that become one identity's",
        [user("one", "orders_app", CARTS), user("two", "orders-app", CARTS)],
        {"orders_app": {**PLAIN, "present": "one"}},
        ("orders-default", "two"),
        [
            "user orders-app (two) must be lower-case letters, digits and single `_` between them, beginning with a "
            "letter; it stays as it is"
        ],
    ),
    (
        "rules that a declaration says as a string",
        [user("batch", "batch", "on ~a:* resetchannels -@all +@all -flushall (~b:* +get)")],
        {
            "batch": {
                "rules": "~a:* resetchannels +@all -flushall (~b:* resetchannels -@all +get)",
                "present": "batch",
            }
        },
        ("orders-default",),
        [],
    ),
    (
        "no word on channels, which are all of them then",
        [user("u-17", "orders_app", "on ~cart:* -@all +get")],
        {"orders_app": {"rules": "~cart:* &* -@all +get", "present": "u-17"}},
        ("orders-default",),
        [],
    ),
    (
        "rules in the declaration's own words",
        [user("u-17", "orders_app", access_string(RedisRules.model_validate(OURS)))],
        {"orders_app": {**OURS, "present": "u-17"}},
        ("orders-default",),
        [],
    ),
    (
        "tokens, nobody's password, off",
        [
            user("jobs", "jobs", CARTS, type_="iam"),
            user("open", "open", CARTS, type_="no-password"),
            user("gone", "gone", f"off{CARTS[2:]}"),
        ],
        {},
        ("orders-default", "jobs", "open", "gone"),
        [
            "user jobs (jobs) logs in by IAM token; it stays as it is",
            "user open (open) logs in without a password; whoever reaches the cache is it; it stays as it is",
            "user gone (gone) is off; it stays as it is",
        ],
    ),
    (
        "the default that AWS makes",
        [user("default", "default", "on ~* +@all", type_="no-password")],
        {},
        ("orders-default", "default"),
        [
            "user default (default) is whoever names no user, and opens the cache; switch it off when nobody logs in "
            "as it; it stays as it is"
        ],
    ),
]


@pytest.mark.parametrize(("more", "found", "beside", "sentences"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_users(
    more: list[dict[str, Any]], found: dict[str, Any], beside: tuple[str, ...], sentences: list[str]
) -> None:
    seen = users(running(users=(LOCKED, *more)))
    assert seen == ImportedUsers(users=found, beside=beside, differences=tuple(sentences))


def test_a_user_of_another_group_is_another_caches() -> None:
    elsewhere = {**user("u-18", "reports", CARTS), "UserGroupIds": ["reports"]}
    assert users(running(users=(LOCKED, elsewhere))).users == {}


def test_what_is_declared_is_made_at_the_side_of_the_user() -> None:
    rules = users(running(users=(user("u-17", "orders_app", CARTS),))).users["orders_app"]
    access = load_access({"owner": "o", "identities": {"orders_app": {"redis": {"main": rules}}}})
    assert access.present("orders_app") == {"cache main": "u-17"}
    assert access.redis_user("orders_app") == "orders_app_a"
    assert access.cache_others("main") == {"u-17"}
    assert access_string(access.cache_users("main")["orders_app"]).startswith("on ~cart:* resetchannels -@all")


def test_where_the_group_says_so_no_word_on_channels_is_none() -> None:
    closed = parameter_group("own", acl_pubsub_default="resetchannels")
    quiet = user("u-17", "orders_app", "on ~cart:* -@all +get")
    found = users(running(users=(quiet,), parameters=closed)).users["orders_app"]
    assert found == {"rules": "~cart:* resetchannels -@all +get", "present": "u-17"}
