"""Users on real servers: removal only of our own, two passwords, import, every node, and nothing that breaks out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from acl_answers import parse_getuser
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from real_servers import ADMIN_PASSWORD, Valkey, free_port

from bootstrap.access import load_access
from bootstrap.access.model import RedisRules
from bootstrap.access.rules import access_string
from bootstrap.access_import import import_redis
from bootstrap.acl.rules import parse
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.redis import node
from bootstrap.redis.by_url import apply_client, import_users, plan_client
from bootstrap.redis.server import ServerAcl, ServerAclError
from bootstrap.redis.users import User
from bootstrap.secrets import Credential, LoginError, Secret, open_redis, redis_hash
from bootstrap.verify import undeclared

pytestmark = pytest.mark.server

CURRENT, PREVIOUS = Secret("current-of-a-test"), Secret("previous-of-a-test")
RULES = "on ~a:* resetchannels -@all +get"


@pytest.fixture
def client(valkey_server: Valkey) -> Iterator[redis.Redis]:
    """The server with nobody but its administrator and `default`."""
    with valkey_server.admin() as admin:
        kept = admin.acl_list()
        admin.execute_command("ACL", "SETUSER", "default", "off")
        names = [name for name in admin.acl_users() if name not in {"default", "acl-admin"}]
        if names:
            admin.acl_deluser(*names)
        yield admin
        admin.config_set("masteruser", "")
        now = [name for name in admin.acl_users() if name not in {"default", "acl-admin"}]
        if now:
            admin.acl_deluser(*now)
        for line in kept:
            _, name, *rules = line.split(" ")
            admin.execute_command("ACL", "SETUSER", name, "reset", *rules)


def user(name: str, rules: str = RULES, password: Secret | None = CURRENT, previous: Secret | None = None) -> User:
    return User(name=name, rules=rules, password=password, previous=previous)


def told(changes: object) -> list[str]:
    return [str(change) for change in changes]  # type: ignore[attr-defined]


def test_plan_apply_and_again(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "on")
    planned = plan_client(client, [user("one"), user("two")])
    assert [(c.identity, c.verb, c.takes_away) for c in planned.changes] == [
        ("one", "create", False),
        ("two", "create", False),
    ]
    assert planned.differences == ("server: user default is on; if nobody needs it: ACL SETUSER default off",)
    assert client.acl_users() == ["acl-admin", "default"]
    applied = apply_client(client, [user("one"), user("two")])
    assert (applied.changes, applied.differences) == (planned.changes, planned.differences)
    again = plan_client(client, [user("one"), user("two")])
    assert again.changes == ()
    assert [(n.target, n.same, n.differing) for n in again.nodes] == [("server", 2, ())]


def test_another_order_is_no_difference(client: redis.Redis) -> None:
    apply_client(client, [user("one", "on ~a:* ~b:* resetchannels &c -@all +get +set")])
    client.execute_command(
        "ACL", "SETUSER", "one", "resetkeys", "resetchannels", "-@all", "+set", "&c", "~b:*", "~a:*", "+get"
    )
    assert plan_client(client, [user("one", "on ~a:* ~b:* resetchannels &c -@all +get +set")]).changes == ()


def test_two_passwords_during_a_rotation(client: redis.Redis) -> None:
    apply_client(client, [user("one", password=PREVIOUS)])
    (change,) = apply_client(client, [user("one", previous=PREVIOUS)]).changes
    assert (change.verb, change.takes_away) == ("password", False)
    assert set(client.acl_getuser("one")["passwords"]) == {redis_hash(CURRENT), redis_hash(PREVIOUS)}
    assert plan_client(client, [user("one", previous=PREVIOUS)]).changes == ()
    # Other rules in between leave both of them.
    apply_client(client, [user("one", RULES + " +set", previous=PREVIOUS)])
    assert len(client.acl_getuser("one")["passwords"]) == 2
    (change,) = apply_client(client, [user("one", RULES + " +set")]).changes
    assert (change.verb, change.takes_away) == ("password", True)
    assert client.acl_getuser("one")["passwords"] == [redis_hash(CURRENT)]


def test_without_a_password_those_that_are_there_stay(client: redis.Redis) -> None:
    apply_client(client, [user("one")])
    assert plan_client(client, [user("one", password=None)]).changes == ()
    assert plan_client(client, [user("none", password=None)]).differences == (
        "server: user none has no password; set one: ACL SETUSER none #SHA256",
    )


def test_only_what_was_made_here_is_removed(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "stranger", "on", "nopass", "+get")
    client.execute_command("ACL", "SETUSER", "replica", "on", "nopass", "+psync", "+replconf", "+ping")
    client.config_set("masteruser", "replica")
    apply_client(client, [user("one"), user("two")])
    applied = apply_client(client, [user("one")])
    assert applied.changes == ()
    assert applied.differences == (
        "server: user two is no longer declared; `datatier access apply --allow-drop` deletes it",
        "server: user stranger is not declared; declare it, name it under `exceptions` in access.yaml, or if nobody "
        "needs it: ACL DELUSER stranger",
    )
    removed = apply_client(client, [user("one")], remove=True)
    assert told(removed.changes) == ["server: two: deleted"]
    assert sorted(client.acl_users()) == ["acl-admin", "datatier-managed", "default", "one", "replica", "stranger"]
    assert apply_client(client, [user("one")], remove=True).changes == ()


SENTINEL = "allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|kill"


@pytest.mark.parametrize(
    ("name", "rules", "masteruser", "told"),
    [
        ("replica", "+psync +replconf +ping", "replica", False),
        ("replica", "+ping +psync +replconf ~* +@all -@all +psync", "replica", False),
        # Nobody's word but the name, or the word and more rights than a replica needs.
        ("replica", "+psync +replconf +ping", "", True),
        ("replica", "+psync +replconf +ping", "another", True),
        ("replica", "+psync +replconf +ping +get ~*", "replica", True),
        ("replica", "+psync +replconf (~* +get)", "replica", True),
        ("replica", "+@all ~*", "replica", True),
        ("health", "+ping", "", True),
        ("health", "+ping", "replica", True),
        ("idle", "", "", True),
        ("sync", "+psync", "", True),
        ("sentinel", SENTINEL, "", True),
        ("datatier-managed-by-nobody", "+get ~*", "", True),
    ],
)
def test_who_is_no_replica_is_told_and_imported(
    client: redis.Redis, name: str, rules: str, masteruser: str, told: bool
) -> None:
    client.execute_command("ACL", "SETUSER", name, "on", ">a-password", *rules.split())
    client.config_set("masteruser", masteruser)
    differences = plan_client(client, []).differences
    assert [text.split(" ")[2] for text in differences] == [name] * told
    imported = import_users(client)
    names = [each["present"] for each in imported.users.values()]
    assert (names + [text.split(" ")[1].rstrip(":") for text in imported.differences] == [name]) == told
    assert plan_client(client, [], others=[name]).differences == ()


def test_default_is_told_by_an_import_and_left_alone_where_it_is_named(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "on", ">a-password", "~*", "+@all")
    assert import_users(client).differences == (
        "user default is on, and whoever names no user is it; give each application an identity of its own",
    )
    live = node.read(client, "server")
    assert told(node.plan(live, [], admin="acl-admin").changes) == ["server: default: turned off"]
    assert node.plan(live, [], admin="acl-admin", others=["default"]).changes == ()


def test_verify_tells_who_can_log_in_undeclared(client: redis.Redis, valkey_server: Valkey) -> None:
    client.execute_command("ACL", "SETUSER", "intern", "on", ">a-password", "~shop:*", "+get")
    client.execute_command("ACL", "SETUSER", "gone", "off", "~shop:*", "+get")
    client.execute_command("ACL", "SETUSER", "sentinel", "on", ">a-password", *SENTINEL.split())
    apply_client(client, [user("till")])
    access = load_access(
        {
            "owner": "o",
            "identities": {"till": {"redis": {"hot": {"keys": ["shop:*"], "commands": ["get"]}}}},
            "exceptions": {"redis": {"hot": ["sentinel"]}},
        }
    )
    at = Endpoint(name="first", host="127.0.0.1", port=valkey_server.port)
    target = CacheTarget(endpoint=at, nodes=(at,), tls=False, admin_secret="arn:admin")
    admin = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
    live = undeclared._on_node("hot", target, at, admin, access)
    assert [(c.identity, c.target, c.expected, c.outcome, c.ok) for c in live] == [
        ("intern", "hot/first", "refused", "allowed", False)
    ]


def test_the_marker_lets_nobody_in(client: redis.Redis) -> None:
    apply_client(client, [user("one")])
    marker = parse_getuser(client.execute_command("ACL", "GETUSER", node.MARKER))
    assert str(marker) == "off ~one resetchannels -@all"
    assert marker is not None
    assert not marker.hashes


def test_stacks_that_share_a_server_do_not_remove_each_others_users(client: redis.Redis) -> None:
    for scope, name in (("x", "one"), ("y", "two")):
        live = node.read(client, "server")
        node.write(live, node.plan(live, [user(name)], admin="acl-admin", scope=scope, remove=True))
    assert {"one", "two"} <= set(client.acl_users())


def test_an_import_is_a_declaration_whose_plan_is_empty(client: redis.Redis) -> None:
    made = {
        "ours": RedisRules(keys=("a:*",), read=("b:*",), channels=("c:*",), commands=("@read", "set")),
        "free": None,
        "sel": None,
    }
    declared = made["ours"]
    assert declared
    client.execute_command("ACL", "SETUSER", "ours", *access_string(declared).split(), ">x")
    client.execute_command("ACL", "SETUSER", "free", "on", ">x", "~*", "&*", "+@all", "-flushall")
    client.execute_command("ACL", "SETUSER", "sel", "on", ">x", "%R~a", "-@all", "+get", "(~b +set)", "db=0")
    client.execute_command("ACL", "SETUSER", "off", "off", ">x", "+get")
    client.execute_command("ACL", "SETUSER", "open", "on", "nopass", "+get")
    client.execute_command("ACL", "SETUSER", "mute", "on", "+get")
    client.execute_command("ACL", "SETUSER", "Upper", "on", ">x", "+get")
    found = import_users(client)
    assert found.users == {
        "ours": {
            "keys": ["a:*"],
            "read": ["b:*"],
            "channels": ["c:*"],
            "commands": ["@read", "set"],
            "present": "ours",
        },
        "free": {"rules": "~* &* +@all -flushall", "present": "free"},
        "sel": {"rules": "%R~a resetchannels db=0 -@all +get (~b resetchannels -@all +set)", "present": "sel"},
        "upper": {"rules": "resetchannels -@all +get", "present": "Upper"},
    }
    assert [difference.split(" ")[1] for difference in found.differences] == ["mute", "off", "open"]
    wanted = [
        user(str(rules["present"]), access_string(RedisRules.model_validate(rules)), password=None)
        for rules in found.users.values()
    ]
    assert found.beside == ("mute", "off", "open")
    planned = plan_client(client, wanted, others=found.beside)
    assert (planned.changes, planned.differences) == ((), ())
    client.execute_command("ACL", "SETUSER", "later", "on", ">x", "+get")
    (difference,) = plan_client(client, wanted, others=found.beside).differences
    assert difference.startswith("server: user later is not declared")


def test_an_imported_server_has_an_empty_plan_and_what_comes_later_is_told(
    client: redis.Redis, valkey_server: Valkey
) -> None:
    client.execute_command("ACL", "SETUSER", "till", "on", ">x", "~a:*", "resetchannels", "-@all", "+get")
    client.execute_command("ACL", "SETUSER", "Sentinel", "on", ">x", *SENTINEL.split())
    client.execute_command("ACL", "SETUSER", "gone", "off", "+get")
    url = Secret(f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{valkey_server.port}/0")
    declaration = {"owner": "o", "identities": {}, "exceptions": {"postgres": {"intern": ["login"]}}}
    left_out = import_redis(declaration, url, "hot")
    assert [*declaration["identities"]] == ["sentinel", "till"]
    assert declaration["exceptions"] == {"postgres": {"intern": ["login"]}, "redis": {"hot": ["gone"]}}
    assert len(left_out) == 1
    found = plan_urls(load_access(declaration), None, url, "hot")
    assert ([*found.changes], [*found.differences]) == ([], [])
    client.execute_command("ACL", "SETUSER", "later", "on", ">x", "+get")
    (told,) = plan_urls(load_access(declaration), None, url, "hot").differences
    assert "user later is not declared; declare it, name it under `exceptions`" in told


def test_a_database_limit_and_a_missing_password_rule_are_mended(client: redis.Redis) -> None:
    apply_client(client, [user("one"), user("two", RULES.replace(" -@all", " db=1 -@all"))])
    client.execute_command("ACL", "SETUSER", "one", "db=3")
    client.execute_command("ACL", "SETUSER", "two", "db=4")
    both = [user("one"), user("two", RULES.replace(" -@all", " db=1 -@all"))]
    assert told(apply_client(client, both).changes) == [
        "server: one: all databases",
        "server: two: databases [1] only",
    ]
    assert plan_client(client, both).changes == ()


def test_a_refused_user_is_named_without_its_hash(client: redis.Redis) -> None:
    with pytest.raises(node.NodeError, match="server did not take SETUSER one: ") as caught:
        apply_client(client, [user("one", "on ~a -@all +nothing")])
    assert redis_hash(CURRENT) not in str(caught.value)


def test_each_node_is_told_apart(client: redis.Redis, valkey_server: Valkey, valkey_cluster: Valkey) -> None:
    """A node that joined later, or came back without its ACL file, is found and mended; one that is down is told."""
    ports = {"first": valkey_server.port, "second": valkey_cluster.port, "down": free_port()}
    nodes = tuple(Endpoint(name=name, host="127.0.0.1", port=port) for name, port in ports.items())
    target = CacheTarget(endpoint=nodes[0], nodes=nodes[:1], tls=False)
    admin = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
    wanted = [user("one"), user("two")]
    with ThreadPoolExecutor(3) as pool:
        ServerAcl("main", target, admin, pool).plan(wanted).apply(BUT_DROPS)
        both = ServerAcl("main", target.model_copy(update={"nodes": nodes[:2]}), admin, pool)
        assert [(n.target, n.same, n.differing) for n in both.plan(wanted).nodes] == [
            ("main/first", 2, ()),
            ("main/second", 0, ("default", "one", "two")),
        ]
        assert {c.target for c in both.plan(wanted).apply(BUT_DROPS).changes} == {"main/second"}
        assert both.plan(wanted).changes == ()
        with valkey_cluster.admin() as other:
            other.execute_command("ACL", "SETUSER", "two", "+flushall")
        assert told(both.plan(wanted).changes) == ["main/second: two: may no longer: flushall"]
        three = ServerAcl("main", target.model_copy(update={"nodes": nodes}), admin, pool)
        with pytest.raises(ServerAclError, match=r"cannot reach Redis down .* \(the other 2 of 3 nodes are done"):
            three.plan(wanted).apply(BUT_DROPS)
        assert both.plan(wanted).changes == ()


def test_a_primary_knows_its_replicas_login_by_their_word(
    client: redis.Redis, valkey_server: Valkey, valkey_cluster: Valkey
) -> None:
    client.execute_command("ACL", "SETUSER", "mirror", "on", ">a-password", "+psync", "+replconf", "+ping")
    ports = {"primary": valkey_server.port, "replica": valkey_cluster.port, "down": free_port()}
    nodes = tuple(Endpoint(name=name, host="127.0.0.1", port=port) for name, port in ports.items())
    admin = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
    target = CacheTarget(endpoint=nodes[0], nodes=nodes, tls=False)
    with ThreadPoolExecutor(1) as pool:
        acl = ServerAcl("main", target, admin, pool)
        at = [acl.plan([]).differences]
        with valkey_cluster.admin() as replica:
            replica.config_set("masteruser", "mirror")
        at.append(acl.plan([]).differences)
    assert [["mirror" in text for text in each] for each in at] == [[True], []]


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("a:*?[]^-\\\"'%~&+@()<>#! \n\r\t\x00é{}|=,/"), st.characters(codec="utf-8")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(key=HOSTILE, channel=HOSTILE, inner=HOSTILE)
def test_patterns_arrive_intact_or_are_refused(client: redis.Redis, key: str, channel: str, inner: str) -> None:
    """Nothing in a pattern becomes another rule: not on the server, and not in its ACL file."""
    fields = {"keys": [key], "channels": [channel], "commands": ["get"]}
    selectors = [{"keys": [inner], "commands": ["set"]}]
    try:
        rules = RedisRules.model_validate(fields | {"selectors": selectors})
    except ValidationError:
        try:
            rules = RedisRules.model_validate(fields)
        except ValidationError:
            return
    apply_client(client, [user("hostile", access_string(rules))])
    assert plan_client(client, [user("hostile", access_string(rules))]).changes == ()
    client.execute_command("ACL", "LOAD")
    kept = parse_getuser(client.execute_command("ACL", "GETUSER", "hostile"))
    assert kept is not None
    patterns = {"*"} if kept.root.allkeys else set(kept.root.keys)
    assert (patterns, kept.root.channels, kept.on, kept.nopass) == ({key}, (channel,), True, False)
    assert [set(s.keys) or {"*"} for s in kept.selectors] == ([{inner}] if rules.selectors else [])
    assert kept.hashes == {redis_hash(CURRENT)}
    assert kept.root.commands == parse(access_string(rules)).root.commands


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(password=HOSTILE)
def test_any_password_arrives_intact(client: redis.Redis, valkey_server: Valkey, password: str) -> None:
    assume("\x00" not in password)
    apply_client(client, [user("hostile", password=Secret(password))])
    endpoint = Endpoint(name="primary", host="127.0.0.1", port=valkey_server.port)
    cache = CacheTarget(endpoint=endpoint, tls=False)
    open_redis(cache, endpoint, "hostile", Secret(password)).close()
    with pytest.raises(LoginError):
        open_redis(cache, endpoint, "hostile", Secret(password + "x"))


def test_who_may_not_govern_is_told_what_is_missing(client: redis.Redis, valkey_server: Valkey) -> None:
    apply_client(client, [user("one")])
    endpoint = Endpoint(name="primary", host="127.0.0.1", port=valkey_server.port)
    with (
        open_redis(CacheTarget(endpoint=endpoint, tls=False), endpoint, "one", CURRENT) as one,
        pytest.raises(node.NodeError, match=r"server does not list its users: .* may ACL LIST, CAT and SETUSER"),
    ):
        import_users(one)
