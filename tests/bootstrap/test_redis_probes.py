"""The probes of the Redis users: few, harmless, and such that they notice what is otherwise than declared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from real_servers import ADMIN_PASSWORD, Valkey

from bootstrap.access.model import RedisRules
from bootstrap.access.rules import access_string
from bootstrap.acl.rules import RuleSet, merged, parse
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.report import Check
from bootstrap.secrets import Credential, Secret
from bootstrap.verify.redis import _Node, _outcome, probes

pytestmark = pytest.mark.server

ADMIN = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
PASSWORD = Secret("a-password-of-the-probes")
NAME = "probed"
RULES = RedisRules.model_validate(
    {"keys": ["a:*", "fixed"], "read": ["b:*"], "channels": ["c:*"], "commands": ["@read", "@write", "@pubsub"]}
)


@pytest.fixture
def at(valkey_server: Valkey) -> Iterator[_Node]:
    endpoint = Endpoint(name="primary", host="127.0.0.1", port=valkey_server.port)
    with valkey_server.admin() as admin:
        text = access_string(RULES).split()
        admin.execute_command("ACL", "SETUSER", NAME, "reset", f">{PASSWORD.reveal()}", *text)
        admin.set("fixed", "kept")
        yield _Node(CacheTarget(endpoint=endpoint, tls=False), endpoint, "main/primary")
        admin.acl_deluser(NAME)
        admin.delete("fixed")


def declared(text: str = "") -> RuleSet:
    return parse(f"{access_string(RULES)} {text}")


def outcomes(checks: Iterator[Check]) -> dict[str, str]:
    made = list(checks)
    assert [c for c in made if not c.ok] == []
    return {c.action: c.outcome for c in made}


ALLOWED = {"GET a:*", "GET fixed", "GET b:*", "SET a:*", "SUBSCRIBE c:*"}
REFUSED = {
    *("SET b:*", "GET a key outside its patterns", "SET a key outside its patterns", "SUBSCRIBE to a foreign channel"),
    *("PUBLISH to a channel outside its patterns", "EVAL", "FLUSHALL", "FLUSHDB", "KEYS", "CONFIG SET", "DEBUG"),
    *("SHUTDOWN", "ACL SETUSER", "CLIENT TRACKING", "SCAN", "SCRIPT FLUSH"),
}


def test_an_administrator_is_asked(at: _Node) -> None:
    found = outcomes(at.ask(ADMIN, {NAME: declared()}))
    assert {action for action, outcome in found.items() if outcome == "allowed"} == ALLOWED | {"SET fixed"}
    assert {action for action, outcome in found.items() if outcome == "refused"} == REFUSED


def test_without_an_administrator_harmless_commands_are_sent(at: _Node, valkey_server: Valkey) -> None:
    found = outcomes(at.login(NAME, NAME, PASSWORD, declared(), probe=True))
    # SET of a key that may be there is not sent: it would overwrite it.
    assert {action for action, outcome in found.items() if outcome == "allowed"} == ALLOWED | {"log in"}
    assert {action for action, outcome in found.items() if outcome == "refused"} == REFUSED
    with valkey_server.admin() as admin:
        assert admin.get("fixed") == "kept"
        assert admin.keys("*datatier*") == []


@pytest.mark.parametrize(
    ("drift", "seen"),
    [
        (["+flushall"], {"FLUSHALL"}),
        (["~b:*"], {"SET b:*"}),
        (["allkeys"], {"SET b:*", "GET a key outside its patterns", "SET a key outside its patterns"}),
        (["allchannels"], {"PUBLISH to a channel outside its patterns", "SUBSCRIBE to a foreign channel"}),
        (["-get"], {"GET a:*", "GET fixed", "GET b:*"}),
        (["resetchannels"], {"SUBSCRIBE c:*"}),
        (["(~* +set)"], {"SET b:*", "SET a key outside its patterns"}),
    ],
)
def test_what_is_otherwise_is_noticed(drift: list[str], seen: set[str], at: _Node, valkey_server: Valkey) -> None:
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", NAME, *drift)
    asked = {c.action for c in at.ask(ADMIN, {NAME: declared()}) if not c.ok}
    sent = {c.action for c in at.login(NAME, NAME, PASSWORD, declared(), probe=True) if not c.ok}
    assert asked == sent == seen


@pytest.mark.parametrize(
    "rules",
    [
        "~a:* resetchannels db=1 -@all +get +set +select",
        "~a:* resetchannels db=2,3 -@all +@read +@write (~b:* resetchannels db=1 -@all +get +keys) +select",
        "~a:* resetchannels resetdbs -@all +get +select (~b:* resetchannels db=0 -@all +set)",
    ],
)
def test_who_is_limited_to_databases_is_asked_there(rules: str, at: _Node, valkey_server: Valkey) -> None:
    text = access_string(RedisRules(rules=rules))
    with valkey_server.admin() as admin:
        words = list(merged(text.split()))
        admin.execute_command("ACL", "SETUSER", NAME, "reset", f">{PASSWORD.reveal()}", *words)
    outcomes(at.ask(ADMIN, {NAME: parse(text)}))
    outcomes(at.login(NAME, NAME, PASSWORD, parse(text), probe=True))


def test_many_patterns_are_not_all_probed() -> None:
    rules = RedisRules(keys=tuple(f"k{number}:*" for number in range(200)), commands=("@read", "@write"))
    assert len(probes(parse(access_string(rules)), "word")) == 8 + 8 + 5 + 10


def test_what_is_declared_is_expected_even_if_it_is_unwise(at: _Node, valkey_server: Valkey) -> None:
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", NAME, "+flushall")
    found = {c.action: (c.expected, c.outcome) for c in at.ask(ADMIN, {NAME: declared("+flushall")})}
    assert found["FLUSHALL"] == ("allowed", "allowed")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("This user has no permissions to run the 'flushall' command", "refused"),  # Redis 7.0
        ("User shop has no permissions to access the 'b' key", "refused"),  # 7.2, Valkey
        ("User a\nb has no permissions to run the 'get' command", "refused"),
        ("OK", "allowed"),
        ("a value that says: User x has no permissions to read", "allowed"),
    ],
)
def test_what_dryrun_says(answer: str, outcome: str) -> None:
    assert _outcome(answer) == outcome
