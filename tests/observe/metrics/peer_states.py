"""Nodes in every state that changes what redis_exporter tells, and the names of what is told of each."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis
from postgres_server import free_port
from redis.backoff import NoBackoff
from redis.retry import Retry

STATES = ("primary", "replica", "cluster", "empty")
"""A primary with keys, errors, a slow command and a replica; that replica; a node in cluster mode; a fresh node."""
Names = frozenset[tuple[str, str, str]]
"""Family, type, names of its labels in alphabetical order."""


def open_node(port: int) -> redis.Redis:
    return redis.Redis(port=port, protocol=2, retry=Retry(NoBackoff(), 0))


@contextmanager
def node(binary: Path, folder: Path, *options: str, port: int | None = None) -> Iterator[int]:
    """A server that answers, if only that it cannot yet; gives its port."""
    port = port or free_port()
    folder.mkdir()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                with open_node(port) as client:
                    client.ping()
                break
            except (redis.ResponseError, redis.AuthenticationError, redis.exceptions.BusyLoadingError):
                break
            except redis.ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait(20)


@contextmanager
def nodes(binary: Path, folder: Path) -> Iterator[dict[str, int]]:
    """The four; gives their ports."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        watched = ("--latency-monitor-threshold", "1", "--enable-debug-command", "yes")
        primary = stack.enter_context(node(binary, folder / "p", "--repl-diskless-sync-delay", "0", *watched))
        replica = stack.enter_context(node(binary, folder / "r", "--replicaof", f"127.0.0.1 {primary}"))
        bus = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        cluster = stack.enter_context(node(binary, folder / "c", *bus))
        empty = stack.enter_context(node(binary, folder / "e"))
        with open_node(cluster) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        with open_node(primary) as client:
            client.set("basket:1", "", ex=100)
            client.select(3)
            client.hset("customer:1", "name", "")
            client.execute_command("DEBUG", "SLEEP", "0.02")
            with suppress(redis.ResponseError):
                client.execute_command("NOSUCHCOMMAND")
            assert client.wait(1, 20_000) == 1
        with open_node(replica) as client:
            while client.info("replication")["master_link_status"] != "up":
                time.sleep(0.02)
        yield {"primary": primary, "replica": replica, "cluster": cluster, "empty": empty}


def names(text: str) -> Names:
    """The names in an exposition, without what an exporter tells of its own process and program."""
    kinds: dict[str, str] = {}
    found: set[tuple[str, str, str]] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            kinds[name] = kind
        elif not line.startswith("#"):
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? \S+", line)
            assert match, line
            family = next(name for name in (match[1], re.sub("_(bucket|sum|count)$", "", match[1])) if name in kinds)
            labels = ",".join(sorted(re.findall(r'(\w+)="', match[2] or "")))
            found.add((match[1], kinds[family], labels))
    return frozenset(each for each in found if not re.match("process_|redis_exporter_build_info", each[0]))
