"""Clients named in a declaration: the rules that they come to, what is wrong said with its place, and real servers that
take them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_servers import ADMIN_PASSWORD, Valkey, valkey

from bootstrap.access import AccessError, analyse, load_access
from bootstrap.access.commands import FORBIDDEN_CATEGORIES, command_rule
from bootstrap.access.model import RedisRules
from bootstrap.access.names import pattern
from bootstrap.access.presets import written_out
from bootstrap.access.rules import access_string
from bootstrap.access_explain import explain_redis
from bootstrap.acl.rules import parse
from bootstrap.acl.valkey import VALKEY
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.redis.by_url import apply_client, import_users
from bootstrap.redis.users import User
from bootstrap.secrets import Credential, Secret
from bootstrap.verify.redis import verify_node
from knowledge.redis.clients import RedisClient, client, names

NAME, CACHE = "shop_worker", "jobs"
PATH = f"identities.{NAME}.redis.{CACHE}"
USABLE = tuple(name for name in names() if not client(name).unusable)
PLAIN = ("@read", "@transaction", "@write")


def declared(rules: Any, **more: Any) -> dict[str, Any]:
    return {"owner": "shop_owner", "identities": {NAME: {"redis": {CACHE: rules}}}, **more}


def rules_of(rules: Any) -> RedisRules:
    return load_access(declared(rules)).identities[NAME].redis[CACHE]


def everything(name: str) -> dict[str, Any]:
    """Rules of a client with all of its switches on."""
    options = client(name).options
    return {"client": {name: {key: True for key, each in options.items() if isinstance(each.default, bool)}}}


@pytest.mark.parametrize(
    ("rules", "keys", "channels", "commands"),
    [
        ({"client": "bullmq"}, ("shop_worker:*",), (), (*PLAIN, "eval", "evalsha", "info")),
        ({"client": "bullmq", "prefix": "queue"}, ("queue:*",), (), (*PLAIN, "eval", "evalsha", "info")),
        # Two of one prefix, and rules besides.
        (
            {"client": ["redis-py", "bullmq"], "prefix": "q", "keys": ["report:*"], "commands": ["scan"]},
            ("report:*", "q:*"),
            ("q:*",),
            ("scan", *PLAIN, "@pubsub", "evalsha", "script|load", "eval", "info"),
        ),
        ({"client": {"redis-py": {"locks": False}}}, ("shop_worker:*",), ("shop_worker:*",), (*PLAIN, "@pubsub")),
        (
            {"client": {"redis-py": {"prefix": "lock"}, "limits": None}},
            ("lock:*", "shop_worker:*"),
            ("lock:*",),
            (*PLAIN, "@pubsub", "evalsha", "script|load"),
        ),
        # The database is part of the channels' names; patterns are word for word.
        (
            {"client": {"celery": {"database": 3}}, "prefix": "c"},
            ("c:*",),
            ("c:*", "c:/3.celery.pidbox", "c:/3.celeryev/*", "c:/3.celeryev/worker.*"),
            (*PLAIN, "@pubsub", "evalsha", "script|exists", "script|load", "time"),
        ),
        # One pattern for each word of a list.
        (
            {"client": {"saq": {"queues": ["fast", "slow"]}}},
            ("saq:fast:*", "saq:slow:*", "saq:job:fast:*", "saq:job:slow:*", "saq:abort:*"),
            ("saq:job:fast*", "saq:job:slow*"),
            (*PLAIN, "@pubsub", "evalsha", "info", "script|load"),
        ),
        # One that has channels alone.
        (
            {"client": {"socket.io": {"namespaces": ["/", "/chat"]}}, "prefix": "io"},
            (),
            (
                *("io:socket.io#/#*", "io:socket.io#/chat#*", "io:socket.io-request#/#", "io:socket.io-request#/chat#"),
                *("io:socket.io-response#/#*", "io:socket.io-response#/chat#*"),
            ),
            ("@pubsub",),
        ),
        ({"client": "arq"}, ("arq:*",), (), (*PLAIN, "info")),
        ({"client": "huey"}, ("huey.*.shop_worker",), (), (*PLAIN, "evalsha", "script|load")),
        (
            {"client": {"dramatiq": {"results": True}}, "prefix": "d"},
            ("d:*", "d", "?" * 32),
            (),
            (*PLAIN, "evalsha", "script|load"),
        ),
        ({"commands": ["get"], "keys": ["a"]}, ("a",), (), ("get",)),
    ],
)
def test_clients_are_written_out(
    rules: Any, keys: tuple[str, ...], channels: tuple[str, ...], commands: tuple[str, ...]
) -> None:
    found = written_out(rules_of(rules))
    assert (found.keys, found.channels, found.commands) == (keys, channels, commands)
    assert (found.client, found.prefix) == ((), None)


def test_the_access_string_has_the_base_of_everybody_and_what_the_client_adds() -> None:
    plain = access_string(rules_of({"keys": ["q:*"], "commands": ["@read", "@write", "@transaction"]}))
    found = access_string(rules_of({"client": "bullmq", "prefix": "q"}))
    assert found == f"{plain} +eval +evalsha +info"
    assert "+@scripting" not in found


@pytest.mark.parametrize("name", USABLE)
def test_the_access_string_is_read_back_as_it_was_written(name: str) -> None:
    """ElastiCache keeps it as text, in ASCII, and puts `-@all` before the commands where it is not there."""
    text = access_string(rules_of(everything(name)))
    assert str(parse(text, table=VALKEY)) == text
    assert text.isascii()
    assert text.isprintable()
    assert " -@all +" in text


@pytest.mark.parametrize(
    ("rules", "path", "rule"),
    [
        ({"client": "bulmq"}, "client", "no client `bulmq` is known; nearest: `bullmq`; known: aiocache, arq, "),
        ({"client": ["rq", "rqq"]}, "client", "no client `rqq` is known; nearest: `rq`; known: "),
        (
            {"client": "upstash-ratelimit"},
            "client",
            "`upstash-ratelimit` cannot be used: its scripts ask for a flag that only its own service knows",
        ),
        (
            {"client": {"celery": {"databse": 1}}},
            "client",
            "`celery` has no option `databse`: it has prefix, database; nearest: `database`",
        ),
        ({"client": {"arq": {"queue": "a"}}}, "client", "`arq` has no option `queue`: it has none"),
        ({"client": {"celery": {"database": "1"}}}, "client", "`database` of `celery` must be a number"),
        ({"client": {"celery": {"database": True}}}, "client", "`database` of `celery` must be a number"),
        ({"client": {"redis-py": {"locks": 1}}}, "client", "`locks` of `redis-py` must be true or false"),
        ({"client": {"saq": {"queues": "a"}}}, "client", "`queues` of `saq` must be a list of words"),
        ({"client": {"saq": {"queues": ["a b"]}}}, "client", "`queues` of `saq` is part of a pattern: ASCII"),
        (
            {"client": {"bullmq": {"prefix": "a:"}}},
            "client",
            "prefix of `bullmq`: `a:` ends with a colon: write `a`, ",
        ),
        ({"client": {"bullmq": 3}}, "client", "`bullmq` takes a mapping of options: {bullmq: {prefix: ...}}"),
        (
            {"client": [3]},
            "client",
            "must be clients of docs/clients.md: `bullmq`, `[bullmq, redis-py]`, `{celery: {database: 1}}`",
        ),
        ({"client": 3}, "client", "must be clients of docs/clients.md: `bullmq`"),
        (
            {"client": "bullmq", "prefix": "q:"},
            "prefix",
            "`q:` ends with a colon: write `q`, the colon is put there as needed",
        ),
        ({"client": "bullmq", "prefix": "q*"}, "prefix", "`q*` must be letters, digits and _ . : / @ { } -, without"),
        ({"client": "arq", "prefix": "q"}, "", "`arq` takes no prefix, its keys are `arq:*`: take out `prefix`"),
        ({"client": "huey", "prefix": "a-b"}, "", "prefix `a-b`: `huey` drops every character but [A-Za-z0-9_]+"),
        ({"client": ["rq", "rq"]}, "client", "names `rq` twice"),
        ({"client": "rq", "role": "monitoring"}, "", "`monitoring` is a ready-made role, and a `client` has rules"),
        ({"client": "rq", "rules": "~a +get"}, "", "`rules` says everything: take out client or `rules`"),
        ({"prefix": "q", "commands": ["get"]}, "", "`prefix` is for a `client`, and there is none: write the keys as"),
        (
            {"keys": ["a"]},
            "",
            "needs `commands`, a `client` such as `bullmq`, or a ready-made role such as `monitoring`",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(rules: Any, path: str, rule: str) -> None:
    with pytest.raises(AccessError) as caught:
        load_access(declared(rules))
    (problem,) = caught.value.problems
    assert problem.path == (f"{PATH}.{path}" if path else PATH)
    assert problem.rule.startswith(rule)


@pytest.mark.parametrize("name", names())
def test_a_client_gets_single_commands_that_an_identity_may_have(name: str) -> None:
    known = client(name)
    every = [known.rights, *(option.rights for option in known.options.values())]
    for command in (command for rights in every for command in rights.commands):
        assert command_rule(command) == command
        assert not command.startswith("@"), FORBIDDEN_CATEGORIES
    for each in (each for rights in every for each in (*rights.keys, *rights.channels)):
        assert pattern(each) == each
    assert known.versions
    assert known.sources
    # What it has to be configured with for its prefix is said, unless there is none.
    assert known.prefixed == any("{prefix}" in setting.value for setting in known.settings)


@pytest.mark.parametrize("name", USABLE)
def test_by_itself_nothing_about_a_client_is_unwise(name: str) -> None:
    found = analyse(load_access(declared({"client": name})))
    assert [each for each in found if each.level == "warning"] == []


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"client": {"django-redis": {"scan": True}}}, "reaches beyond its own keys with scan: the names of all keys"),
        (
            {"client": {"rueidis": {"client_side_cache": True}}},
            "reaches beyond its own keys with client|caching, client|tracking: client tracking tells the names of all "
            "keys that change",
        ),
        ({"client": "rq", "keys": ["shop_worker:a:*"]}, "`shop_worker:a:*` adds nothing to `shop_worker:*`"),
    ],
)
def test_what_an_option_tells_of_others_is_reported(rules: Any, message: str) -> None:
    found = [each.message for each in analyse(load_access(declared(rules))) if each.level == "warning"]
    assert found == [message]


def test_key_spaces_are_held_against_what_a_client_may_write() -> None:
    space = {
        "pattern": "q:{queue}:{id}",
        "cache": CACHE,
        "type": "any",
        "ttl": "none",
        "purpose": "jobs",
        "owner": NAME,
    }
    load_access(declared({"client": "bullmq", "prefix": "q"}, keyspaces={"jobs": space}))
    with pytest.raises(AccessError, match=r"no identity may write `q:\{queue\}:\{id\}` in `jobs`"):
        load_access(declared({"client": "bullmq"}, keyspaces={"jobs": space}))


def test_explain_says_what_a_client_brings_and_has_to_be_configured_with() -> None:
    rules = rules_of({"client": {"rq": None, "django": {"prefix": "site"}}, "keys": ["a"]})
    rq, django = client("rq"), client("django")

    def of(known: RedisClient, what: str, *on: str) -> dict[str, Any]:
        return {"what": what, "on": list(on), "why": f"client {known.name}"}

    assert [reason.data() for reason in explain_redis(rules)] == [
        {"what": "uses the clients", "on": ["rq", "django"], "why": "declared"},
        {"what": "has clients whose keys begin with", "on": ["shop_worker"], "why": "declared"},
        {"what": "reads and writes keys", "on": ["a"], "why": "declared"},
        of(rq, "reads and writes keys", "shop_worker:*"),
        of(rq, "publishes and subscribes to channels", "shop_worker:pubsub:*"),
        of(rq, "runs commands besides", "evalsha", "script|load"),
        {
            "what": "RQ must be configured with",
            "on": ["RQ_KEY_PREFIX=shop_worker"],
            "why": "in the environment, before rq is imported; channels follow it",
        },
        *(of(rq, "RQ: outside of a prefix", each) for each in rq.outside),
        *(of(rq, "RQ: may not", each) for each in rq.refused),
        *(of(rq, "RQ: may fail without an error", each) for each in rq.silent),
        of(django, "reads and writes keys", "site:*"),
        {
            "what": "Django's cache must be configured with",
            "on": ["KEY_PREFIX: site"],
            "why": "in CACHES; keys become `PREFIX:VERSION:KEY`",
        },
        of(django, "Django's cache: when it is emptied", django.clears[0]),
        *(of(django, "Django's cache: may fail without an error", each) for each in django.silent),
        {"what": "as the server has it", "on": [access_string(rules)], "why": "access string"},
    ]


def _servers() -> list[str | None]:
    """The server of this tier, and Debian's Redis where it is: ElastiCache has both engines."""
    return [None, *filter(None, [shutil.which("redis-server")])]


@pytest.fixture(scope="module", params=_servers(), ids=["valkey", "redis"][: len(_servers())])
def server(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-presets-", dir="/tmp") as folder,
        valkey(Path(folder), program=request.param) as started,
    ):
        yield started


@pytest.mark.server
def test_every_client_s_rules_are_taken_kept_and_proved(server: Valkey) -> None:
    """All of them at once: applied, then nothing to change, each probe as declared, and an import says the same."""
    rules = {
        f"u_{name.replace('-', '_').replace('.', '_')}": access_string(rules_of(everything(name))) for name in USABLE
    }
    passwords = {user: Secret(f"of-{user}") for user in rules}
    users = [User(name=user, rules=text, password=passwords[user]) for user, text in rules.items()]
    with server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", "default", "off")
        assert len(apply_client(admin, users).changes) == len(rules)
        assert apply_client(admin, users).changes == ()
        imported = import_users(admin).users
        again = [
            User(name=user, rules=access_string(RedisRules.model_validate(each)), password=passwords[user])
            for user, each in imported.items()
        ]
        assert {user.name for user in again} == rules.keys()
        assert apply_client(admin, again).changes == ()
    endpoint = Endpoint(name="primary", host="127.0.0.1", port=server.port)
    target = CacheTarget(endpoint=endpoint, tls=False)
    administrator = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
    checks = list(verify_node(target, {user: parse(text) for user, text in rules.items()}, passwords, administrator))
    assert [check for check in checks if not check.ok] == []
    assert {check.identity for check in checks} == {*rules, "default"}
