"""Access rules as data: parsed, expanded and compared as a real server does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from acl_answers import parse_getuser, parse_line
from acl_rules import command_rules, selector_rules, user_rules
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from real_servers import Valkey
from redis.exceptions import ResponseError

from bootstrap.acl.compare import differences, text_differences
from bootstrap.acl.expand import expand
from bootstrap.acl.glob import common, includes, literal, matches, universal
from bootstrap.acl.permits import Call, permits
from bootstrap.acl.rules import Permission, RuleError, RuleSet, parse
from bootstrap.acl.table import fetch, rendered
from bootstrap.acl.valkey import TEXT, VALKEY, VERSION

USER = "scratch-of-the-rules"
GLOBS = st.text(alphabet="ab*?[]^-\\", max_size=7)


@pytest.fixture(scope="module")
def server(valkey_server: Valkey) -> Iterator[redis.Redis]:
    with valkey_server.admin() as client:
        client.response_callbacks.clear()
        yield client
        client.execute_command("ACL", "DELUSER", USER)


def ours(rules: list[str]) -> RuleSet | None:
    try:
        return parse(" ".join(rules), table=VALKEY)
    except RuleError:
        return None


def theirs(server: redis.Redis, rules: list[str]) -> Any:
    server.execute_command("ACL", "DELUSER", USER)
    try:
        server.execute_command("ACL", "SETUSER", USER, *rules)
    except ResponseError:
        return None
    return server.execute_command("ACL", "GETUSER", USER)


@pytest.mark.server
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(rules=["db=0", "db=1,2"])
@given(rules=user_rules())
def test_rules_are_read_as_the_server_reads_them(server: redis.Redis, rules: list[str]) -> None:
    read, answer = ours(rules), theirs(server, rules)
    assert (read is None) == (answer is None)
    if read is None:
        return
    listed = parse_getuser(answer)
    assert listed is not None
    # What a server lists as `~*` is either.
    spelled = str(read).replace("%RW~*", "~*")
    assert str(listed).replace("%RW~*", "~*") == spelled
    assert listed.hashes == read.hashes
    (line,) = [one for one in server.execute_command("ACL", "LIST") if one.startswith(f"user {USER} ")]
    assert str(parse_line(line)[1]).replace("%RW~*", "~*") == spelled
    assert differences(listed, read, VALKEY) == ()


@pytest.mark.server
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules=st.lists(command_rules(), min_size=2, max_size=8))
def test_commands_are_expanded_as_the_server_does(server: redis.Redis, rules: list[str]) -> None:
    read = ours(["~*", "&*", *rules])
    if theirs(server, ["~*", "&*", *rules]) is None:
        assert read is None
        return
    assert read is not None
    allowed = expand(read.root, VALKEY)
    asked = {
        "get": ["get", "k"],
        "set": ["set", "k", "v"],
        "config|get": ["config", "get", "x"],
        "config|set": ["config", "set", "x", "y"],
        "client|list": ["client", "list"],
        "select": ["select", "5"],
        "flushall": ["flushall"],
        "publish": ["publish", "c", "m"],
        "command": ["command"],
        "command|docs": ["command", "docs"],
        "keys": ["keys", "*"],
        "eval": ["eval", "", "0"],
        "xinfo|stream": ["xinfo", "stream", "k"],
        "info": ["info"],
        "acl|log": ["acl", "log"],
        "acl|cat": ["acl", "cat"],
        "client|kill": ["client", "kill", "x"],
        "lpush": ["lpush", "k", "v"],
        "select|0": ["select", "0"],
        "get|x": ["get", "x"],
    }
    pipe = server.pipeline(transaction=False)
    for words in asked.values():
        pipe.execute_command("ACL", "DRYRUN", USER, *words)
    said = dict(zip(asked, (answer == "OK" for answer in pipe.execute()), strict=True))
    expected = {
        name: name in allowed.commands
        or name in allowed.arguments
        or name.partition("|")[0] in allowed.commands & {"select", "get"}
        for name in asked
    }
    assert said == expected


ASKED = (
    (("GET", "{key}"), Call(command="get", keys=(("{key}", Permission.READ),))),
    (("SET", "{key}", "v"), Call(command="set", keys=(("{key}", Permission.WRITE),))),
    (("GETSET", "{key}", "v"), Call(command="getset", keys=(("{key}", Permission.BOTH),))),
    (
        ("COPY", "{key}", "a"),
        Call(command="copy", keys=(("{key}", Permission.READ), ("a", Permission.WRITE))),
    ),
    (("PUBLISH", "{key}", "m"), Call(command="publish", channel="{key}")),
    (("FLUSHALL",), Call(command="flushall")),
    (("KEYS", "*"), Call(command="keys")),
    (("EVAL", "", "0"), Call(command="eval")),
    (("INFO",), Call(command="info")),
    (("CLIENT", "LIST"), Call(command="client|list")),
)


@pytest.mark.server
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    root=st.lists(selector_rules(), min_size=3, max_size=7),
    selectors=st.lists(st.lists(selector_rules(), min_size=2, max_size=5), max_size=2),
    key=st.sampled_from(["a", "a:b:c", "bx", "xyz", "xaz", "q*"]),
)
def test_calls_are_permitted_as_the_server_permits_them(
    server: redis.Redis, root: list[str], selectors: list[list[str]], key: str
) -> None:
    # DRYRUN asks for the database that it is called in, which is 0 here.
    words = [*root, *(f"({' '.join(rules)})" for rules in selectors)]
    read = ours(words)
    if theirs(server, words) is None:
        assert read is None
        return
    assert read is not None
    pipe = server.pipeline(transaction=False)
    for asked, _ in ASKED:
        pipe.execute_command("ACL", "DRYRUN", USER, *(word.replace("{key}", key) for word in asked))
    calls = [
        replace(
            call,
            keys=[(name.replace("{key}", key), need) for name, need in call.keys],
            channel=call.channel and key,
        )
        for _, call in ASKED
    ]
    assert [answer == "OK" for answer in pipe.execute()] == [permits(read, call, VALKEY) for call in calls]


@pytest.mark.server
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pattern=GLOBS, keys=st.lists(st.text(alphabet="ab*?[]^-\\", min_size=1, max_size=5), min_size=1, max_size=8))
def test_patterns_match_as_the_server_matches(server: redis.Redis, pattern: str, keys: list[str]) -> None:
    server.execute_command("ACL", "SETUSER", USER, "reset", "+get", f"~{pattern}")
    pipe = server.pipeline(transaction=False)
    for key in keys:
        pipe.execute_command("ACL", "DRYRUN", USER, "GET", key)
    assert [answer == "OK" for answer in pipe.execute()] == [matches(pattern, key) for key in keys]


@settings(max_examples=300, deadline=None)
@given(one=GLOBS, other=GLOBS, keys=st.lists(st.text(alphabet="ab*?[]^-\\", min_size=1, max_size=5), max_size=20))
def test_overlap_and_inclusion(one: str, other: str, keys: list[str]) -> None:
    shared = common(one, other)
    both = [key for key in keys if matches(one, key) and matches(other, key)]
    if shared is None:
        assert both == []
    elif one and other:
        assert matches(one, shared)
        assert matches(other, shared)
    if includes([other], one):
        assert [key for key in keys if matches(one, key) and not matches(other, key)] == []
        assert includes([other, "zzz"], one)
    assert includes([one], one)
    assert matches(literal(one), one)


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (["cache:*"], "cache:user:?*", True),
        (["cache:user:*"], "cache:*", False),
        (["a*", "b*"], "[ab]*", True),
        (["a*", "b*"], "[a-c]*", False),
        (["?", "??*"], "*", True),
        (["??*"], "*", False),
        (["[^a]*", "a*"], "*", True),
        (["session:*"], "session:?*:?*", True),
        ([], "a", False),
    ],
)
def test_inclusion(outer: list[str], inner: str, expected: bool) -> None:
    assert includes(outer, inner) is expected


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("cache:*", "*:user", "cache:user"),
        ("a?", "?b", "ab"),
        ("a*", "b*", None),
        ("[a-m]*", "[n-z]*", None),
        ("[a-n]x", "[n-z]x", "nx"),
        ("\\*", "?", "*"),
        ("*", "**", "a"),
    ],
)
def test_what_patterns_share(one: str, other: str, shared: str | None) -> None:
    assert common(one, other) == shared


def test_universal_patterns() -> None:
    assert [p for p in ("*", "**", "?*", "*?", "[^a]*", "a*", "") if universal(p)] == ["*", "**", "?*", "*?"]


BASE = "on ~a:* %R~b:* resetchannels &c:* -@all +@read +set"


@pytest.mark.parametrize(
    ("live", "wanted", "said"),
    [
        (BASE, BASE, []),
        ("on &c:* +@read %R~b:* +set ~a:*", BASE, []),
        ("on %W~a:* %R~a:* %R~b:* &c:* +@read +set sanitize-payload", BASE, []),
        ("on ~a:* ~a:b:* %R~b:* %R~b:c &c:* +@read +get +set", BASE, []),
        (f"{BASE} (~x -@all)", BASE, []),
        (f"{BASE} (~x +get) (~x +get)", f"{BASE} (+get ~x)", []),
        ("on ~a* -@all +get", "on ~a ~a?* -@all +get", []),
        (
            "on ~* +@all -config",
            "on ~* +@all -config|get -config|help -config|set -config|rewrite -config|resetstat",
            [],
        ),
        (f"{BASE} +flushall", BASE, [("may no longer: flushall", True)]),
        (f"{BASE} -set", BASE, [("may now: set", False)]),
        ("on ~a:* -@all", "on %R~a:* -@all", [("key pattern a:* now read-only", True)]),
        ("on %R~a:* -@all", "on ~a:* -@all", [("key pattern a:* now read and written", False)]),
        ("on %R~a:* -@all", "on %W~a:* -@all", [("key pattern a:* now write-only", True)]),
        ("on ~* -@all", "on ~a:* -@all", [("no longer the key pattern *", True)]),
        ("on ~a:* -@all", "on ~* -@all", [("new key pattern *", False)]),
        ("on &* -@all", "on &c -@all", [("only the channels c", True)]),
        ("on &c:* -@all", "on &c:1 -@all", [("no longer the channels c:*", True), ("new channels c:1", False)]),
        ("on &a -@all", "on &* -@all", [("every channel", False)]),
        ("on &* -@all", "on -@all", [("no longer the channels *", True)]),
        ("off -@all", "on -@all", [("turned on", False)]),
        ("on nopass -@all", "on -@all", [("no longer without a password", True)]),
        ("on skip-sanitize-payload -@all", "on -@all", [("payloads of RESTORE are checked", False)]),
        ("on db=0,1 -@all", "on -@all", [("all databases", False)]),
        ("on -@all", "on db=0 -@all", [("databases [0] only", True)]),
        (
            "on +@all",
            f"on -@all {' '.join('+' + c for c in sorted(VALKEY.commands))}",
            [("may no longer call commands that the server gets later", True)],
        ),
        ("on (~x +get) -@all", "on -@all", [("loses the selector (~x resetchannels -@all +get)", True)]),
        (
            "on (~x +get) -@all",
            "on (~x +set) -@all",
            [
                ("selector (~x resetchannels -@all +set): may no longer: get", True),
                ("selector (~x resetchannels -@all +set): may now: set", False),
            ],
        ),
        ("on +select|0 -@all +select|1", "on +select", [("may now: select", False)]),
        ("on +select|0", "on -@all", [("may no longer: select|0", True)]),
        (
            "on role=reader -@all",
            "on -@all",
            [("on role=reader -@all -> on -@all (compared by text: `role=reader`: is not a rule of an ACL)", True)],
        ),
        ("on role=reader -@all", "on  role=reader -@all", []),
    ],
)
def test_differences(live: str, wanted: str, said: list[tuple[str, bool]]) -> None:
    assert [(str(d), d.takes_away) for d in text_differences(live, wanted, VALKEY)] == said


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "None"),
        # Redis 6.0: no marks, no channels, flags that say what later fields say.
        (
            ["flags", ["on", "allkeys"], "passwords", [], "commands", "+@all", "keys", ["*"]],
            "on ~* resetchannels +@all",
        ),
        (
            ["flags", ["on"], "passwords", [], "commands", "-@all +get", "keys", ["a", "b:*"], "channels", ["c"]],
            "on ~a ~b:* resetchannels &c -@all +get",
        ),
        (
            {
                "flags": {"off"},
                "passwords": [],
                "commands": "-@all",
                "keys": "",
                "channels": "",
                "news": "x",
                "selectors": [{"commands": "-@all +get", "keys": "~a", "channels": "&*", "databases": "db=3"}],
            },
            "off resetchannels -@all (~a &* db=3 -@all +get)",
        ),
    ],
)
def test_answers_of_getuser(answer: Any, text: str) -> None:
    assert str(parse_getuser(answer)) == text


@pytest.mark.parametrize("rule", [">quite-clear", "<in-the-clear", "#not-a-hash", "!" + "0" * 64])
def test_an_error_shows_no_password(rule: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(rule)
    assert rule[1:] not in str(caught.value)


@pytest.mark.server
def test_the_committed_table_is_the_servers(server: redis.Redis) -> None:
    """Regenerate bootstrap/acl/valkey.py when the test server gets a new version."""
    info = server.execute_command("INFO", "server")
    version = next(line.partition(":")[2] for line in str(info).splitlines() if line.startswith("valkey_version:"))
    assert version == VERSION
    assert rendered(fetch(server)) == TEXT.lstrip()
