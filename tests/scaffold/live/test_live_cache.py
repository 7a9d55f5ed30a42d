"""A cache as people run it: its users, its keys, and what whoever looks may not see."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from real_servers import ADMIN_PASSWORD, Valkey, free_port, valkey

from bootstrap.errors import AskedError
from bootstrap.secrets import LoginError, Secret, open_database_url
from scaffold.live import cache as reader
from scaffold.live.cache import read_cache
from scaffold.live.recognised import Recognised

pytestmark = pytest.mark.server
DEBIAN = Path("/usr/bin/redis-server")
OPTIONS = ("--notify-keyspace-events", "Ex", "--maxmemory-policy", "allkeys-lru")


def url(server: Valkey, user: str = "acl-admin", password: str = ADMIN_PASSWORD) -> Secret:
    return Secret(f"redis://{user}:{password}@127.0.0.1:{server.port}/0")


@contextmanager
def filled(server: Valkey) -> Iterator[redis.Redis]:
    """Sessions, jobs of BullMQ, and a counter in database 3."""
    with server.admin() as client:
        client.flushall()
        for number in range(30):
            client.hset(f"session:{number:032x}", mapping={"user": "u"})
            client.expire(f"session:{number:032x}", 86_000)
        for part in ("meta", "1", "2"):
            client.hset(f"bull:mail:{part}", mapping={"n": 1})
        client.set("bull:mail:id", 2)
        with redis.Redis(port=server.port, username="acl-admin", password=ADMIN_PASSWORD, db=3, protocol=2) as third:
            third.set("visits", 7)
        yield client
        for name in client.acl_users():
            if name not in {"default", "acl-admin"}:
                client.acl_deluser(name)
        client.flushall()


def test_users_keys_and_clients(live_valkey: Valkey) -> None:
    with filled(live_valkey) as client:
        client.acl_setuser(
            "demo_web", enabled=True, passwords=["+x"], keys=["session:*"], categories=["+@read", "+@write"]
        )
        client.acl_setuser("demo_off", enabled=False, passwords=["+x"])
        calls = client.info("commandstats")
        found = read_cache("main", url(live_valkey))
        after = client.info("commandstats")
    assert (found.product, found.eviction, found.events, found.shards, found.open) == (
        "valkey",
        "noeviction",
        "",
        0,
        False,
    )
    assert list(found.users) == ["demo_web"]
    assert found.beside == ("demo_off",)
    assert found.clients == (Recognised(client="bullmq", prefix="bull"),)
    assert [(each.database, each.pattern, each.group.keys) for each in found.seen] == [
        (0, "bull:mail:*", 2),
        (0, "bull:mail:id", 1),
        (0, "bull:mail:meta", 1),
        (0, "session:*", 30),
        (3, "visits", 1),
    ]
    assert [note.text.partition(";")[0] for note in found.notes] == [
        "main: user default is on, and whoever names no user is it",
        "main: user demo_off is off",
    ]
    sent = {name for name, each in after.items() if each["calls"] > calls.get(name, {"calls": 0})["calls"]}
    assert sent <= {
        f"cmdstat_{name}"
        for name in ("acl|list", "acl|whoami", "acl|cat", "auth", "config|get", "hello", "info", "memory|usage", "ping",
                     "pttl", "scan", "select", "type", "client|setinfo", "command", "role")
    }  # fmt: skip


def test_where_everybody_is_default_nobody_is_imported(live_valkey: Valkey) -> None:
    with filled(live_valkey):
        found = read_cache("main", url(live_valkey))
    assert (found.open, dict(found.users), found.beside) == (True, {}, ())


def test_a_sample_is_enough(live_valkey: Valkey) -> None:
    with filled(live_valkey) as client:
        pipe = client.pipeline(transaction=False)
        for number in range(3000):
            pipe.set(f"page:{number}", "x", ex=600)
        pipe.execute()
        found = read_cache("main", url(live_valkey), sample=300)
    (note,) = [note.text for note in found.notes if "sample" in note.text]
    assert note.startswith("main: the key spaces are from a sample of ")
    assert "page:*" in [each.pattern for each in found.seen]


# (what the login lacks, what is said; whether anything is read)
LACKING = [
    ("-info", "main: limited may not ask INFO, without which nothing is known of it: ACL SETUSER limited +info", False),
    ("-scan", "a scan takes +info +scan +type +pttl +memory|usage", True),
    ("-acl|list", "ACL SETUSER limited +acl|list +acl|cat +acl|whoami, then run init again", True),
    ("-config|get", "main: whether keyspace events are on is not known", True),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said", "rest"), LACKING)
def test_what_a_login_may_not_see_is_named_with_its_grant(
    live_valkey: Valkey, rule: str, said: str, rest: bool
) -> None:
    with filled(live_valkey) as client:
        client.execute_command("ACL", "SETUSER", "limited", "on", ">x", "~*", "+@all", rule)
        if not rest:
            with pytest.raises(AskedError) as refused:
                read_cache("main", url(live_valkey, "limited", "x"))
            assert str(refused.value) == said
            return
        found = read_cache("main", url(live_valkey, "limited", "x"))
    assert [note.text for note in found.notes if said in note.text], found.notes
    assert bool(found.seen) == (rule != "-scan")


@pytest.mark.skipif(not DEBIAN.exists(), reason="no Redis of Debian's here")
def test_redis_7_0() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="dt-redis-", dir="/tmp") as folder,
        valkey(Path(folder), *OPTIONS, program=str(DEBIAN)) as server,
        filled(server) as client,
    ):  # fmt: skip
        client.acl_setuser("demo_web", enabled=True, passwords=["+x"], keys=["session:*"], categories=["+@read"])
        found = read_cache("main", url(server))
    assert (found.product, found.version.split(".")[:2]) == ("redis", ["7", "0"])
    assert (found.eviction, set(found.events), list(found.users)) == ("allkeys-lru", {"x", "E"}, ["demo_web"])
    assert [each.pattern for each in found.seen if each.database == 0][-1] == "session:*"


class _Old:
    """The client of a server before users."""

    def info(self) -> dict[str, Any]:
        return {"redis_version": "5.0.14", "os": "Linux"}


def test_a_server_before_users_is_too_old() -> None:
    with pytest.raises(AskedError) as refused:
        reader._server("main", _Old(), "default")  # type: ignore[arg-type]  # answers INFO alone
    assert str(refused.value) == (
        "main: this server is Redis 5.0.14, and there are users from Redis 6.0 on: upgrade it, or load a snapshot of "
        "it into a newer one and read that"
    )


@contextmanager
def greeting(text: bytes) -> Iterator[int]:
    """A port on which another engine greets first, as MySQL does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    conn, _ = listener.accept()
                except OSError:
                    return
                with conn:
                    conn.sendall(text)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(67)


@pytest.mark.parametrize("engine", ["redis", "postgres"])
def test_another_engine_and_nobody_at_all(engine: str) -> None:
    def tried(port: int) -> str:
        secret = os.urandom(8).hex()
        opened = {"redis": lambda url: read_cache("main", url), "postgres": open_database_url}[engine]
        with pytest.raises(LoginError) as refused:
            opened(Secret(f"{engine}://u:{secret}@127.0.0.1:{port}/0"))
        assert secret not in str(refused.value)
        return str(refused.value)

    nobody = tried(free_port())
    assert "refused" in nobody.lower()
    with greeting(MYSQL) as port:
        assert tried(port)
