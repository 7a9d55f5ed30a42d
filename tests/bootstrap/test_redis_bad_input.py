"""Whatever stands where Redis rules should stand: refused at loading with its key path, or taken by a real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from acl_rules import BAD, user_rules
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from real_servers import Valkey

from bootstrap.access import AccessError, RedisRules, load_access
from bootstrap.access.rules import access_string
from bootstrap.acl.valkey import VALKEY
from bootstrap.redis.by_url import apply_client
from bootstrap.redis.users import User
from bootstrap.secrets import Secret

NAME = "till"
PATH = f"identities.{NAME}.redis.hot"


@pytest.fixture(scope="module")
def server(valkey_server: Valkey) -> Iterator[redis.Redis]:
    with valkey_server.admin() as client:
        yield client
        client.acl_deluser(NAME, "datatier-managed")


def problems(rules: Any) -> list[tuple[str, str]]:
    try:
        load_access({"owner": "o", "identities": {NAME: {"redis": {"hot": rules}}}})
    except AccessError as error:
        return [
            (problem.path, problem.rule + (f" (nearest: {problem.nearest})" if problem.nearest else ""))
            for problem in error.problems
        ]
    return []


@pytest.mark.parametrize(
    ("rules", "path", "rule"),
    [
        ({"commands": ["clientlist"]}, f"{PATH}.commands.0", "`clientlist` is not a command; nearest: `client|list`"),
        ({"commands": ["get", "hgetal"]}, f"{PATH}.commands.1", "`hgetal` is not a command; nearest: `hgetall`"),
        ({"commands": ["client|lst"]}, f"{PATH}.commands.0", "`client|lst` is not a command; nearest: `client|list`"),
        ({"commands": ["config|x"]}, f"{PATH}.commands.0", "`config|x` is not a command"),
        ({"commands": ["get|x|y"]}, f"{PATH}.commands.0", "must be `@category`"),
        ({"commands": ["zzzzzzzzzz"]}, f"{PATH}.commands.0", "`zzzzzzzzzz` is not a command"),
        ({"commands": ["GET"]}, f"{PATH}.commands.0", "in lower case"),
        ({"commands": ["@reed"]}, f"{PATH}.commands.0", "`@reed` is not a command category; nearest: `@read`"),
        ({"commands": ["get"], "deny": ["flushal"]}, f"{PATH}.deny.0", "nearest: `flushall`"),
        # A server takes a first argument behind a plus only.
        ({"commands": ["get"], "deny": ["get|x"]}, f"{PATH}.deny.0", "`get|x` is not a command"),
        ({"rules": "~a +clientlist"}, f"{PATH}.rules", "`clientlist` is not a command; nearest: `client|list`"),
        ({"rules": "~a +get (~b +mgett)"}, f"{PATH}.rules", "`mgett` is not a command; nearest: `mget`"),
        ({"rules": "~a +@reed"}, f"{PATH}.rules", "`+@reed` is not a command category; nearest: `+@read`"),
        ({"rules": "~a -get|x"}, f"{PATH}.rules", "`get|x` is not a command"),
        ({"rules": "~a +get db=x"}, f"{PATH}.rules", "write `db=0` or `db=0,1`"),
        ({"rules": "~a +get db="}, f"{PATH}.rules", "write `db=0`"),
        ({"commands": ["get"], "selectors": [{"commands": ["mgett"]}]}, f"{PATH}.selectors.0.commands.0", "mgett"),
        ({"commands": "get"}, f"{PATH}.commands", "must be a list"),
        ({"commands": [None]}, f"{PATH}.commands.0", "must be text"),
        ({"keys": [["a"]], "commands": ["get"]}, f"{PATH}.keys.0", "must be text"),
        ({"rules": 7}, f"{PATH}.rules", "must be text"),
        ({"rules": ["~a"]}, f"{PATH}.rules", "must be text"),
        ("everything", f"{PATH}", "must be one of monitoring, inventory"),
        (None, f"{PATH}", ""),
        ([], f"{PATH}", ""),
        ({1: 2}, f"{PATH}", ""),
        ({"rules": "~a +get", "rule": 1}, f"{PATH}.rule", "unknown key"),
    ],
)
def test_a_wrong_rule_is_refused_at_loading_with_its_path(rules: Any, path: str, rule: str) -> None:
    found = problems(rules)
    assert found
    assert all(where.startswith(PATH) for where, _ in found)
    assert any(where.startswith(path) and rule in text for where, text in found), found


@pytest.mark.parametrize("command", ["json.get", "ft.search", "vadd", "hgetex", "delifeq", "object"])
def test_commands_of_modules_and_of_other_servers_are_taken(command: str) -> None:
    assert problems({"keys": ["a"], "commands": [command]}) == []
    assert problems({"rules": f"~a +{command}"}) == []


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.text(max_size=4), max_size=3)
)
WORDS = st.one_of(
    st.sampled_from(
        [*BAD, *sorted(VALKEY.commands)[::9], "@read", "@all", "a:*", "%R~a", "~", "&", "(", ")", "+", "-"]
    ),
    st.text(alphabet="~%&+-@()|=,:*?[]\\\"'#!<>abz01 \n\té", max_size=7),
)
LISTED = st.one_of(st.lists(st.one_of(WORDS, ODD), max_size=4), ODD)
FIELDS = ("keys", "read", "write", "channels", "commands", "deny")
SELECTORS = st.lists(st.one_of(st.dictionaries(st.sampled_from(FIELDS), LISTED, max_size=3), ODD), max_size=2)
SAID = st.one_of(
    st.dictionaries(st.sampled_from([*FIELDS, "role", "rule"]), LISTED, max_size=4),
    st.builds(
        lambda fields, selectors: {**fields, "selectors": selectors},
        st.dictionaries(st.sampled_from(FIELDS), LISTED, max_size=3),
        SELECTORS,
    ),
    st.builds(lambda words: {"rules": " ".join(words)}, st.lists(WORDS, max_size=6)),
    st.builds(lambda words: {"rules": " ".join(words)}, user_rules()),
    st.builds(
        lambda keys, commands: {"keys": keys, "commands": commands},
        st.lists(WORDS, max_size=3),
        st.lists(WORDS, min_size=1, max_size=4),
    ),
    ODD,
)


@pytest.mark.server
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@example(said={"rules": "~* (~a"})
@example(said={"rules": "((~a +get))"})
@example(said={"rules": "+get ~\\"})
@example(said={"keys": ["%R~a"], "commands": ["get"]})
@example(said={"keys": ["a"], "commands": ["get"], "deny": ["@all"]})
@given(said=SAID)
def test_what_is_loaded_a_server_takes_and_what_is_not_has_a_path(server: redis.Redis, said: Any) -> None:
    if found := problems(said):
        assert all(path.startswith(PATH) and rule for path, rule in found)
        return
    rules = said if isinstance(said, dict) else {"role": said}
    wanted = [User(name=NAME, rules=access_string(RedisRules.model_validate(rules)), password=Secret("of-a-test"))]
    server.acl_deluser(NAME)
    apply_client(server, wanted)
    assert apply_client(server, wanted).changes == ()
