"""What each user may not see is missing and said, and is not asked: nothing of it reaches ACL LOG."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import partial

import pytest
import redis
from real_servers import Valkey

from bootstrap.access.model import RedisRules
from bootstrap.access.rules import access_string
from bootstrap.acl.stored import RESTRICTED
from bootstrap.manifest import CacheTarget, Endpoint
from bootstrap.secrets import Secret, open_redis_url
from observe.metrics.redis.source import RedisSource
from observe.node import RedisNode
from observe.rights import lack

pytestmark = pytest.mark.server
_numbers = itertools.count(1)
CONFIG = {
    "redis_config_client_output_buffer_limit_bytes",
    "redis_config_client_output_buffer_limit_overcome_seconds",
    "redis_config_io_threads",
    "redis_config_maxclients",
    "redis_config_maxmemory",
    "redis_config_repl_backlog_size",
    "redis_commandlog_execution_slower_than",
    "redis_commandlog_large_reply_max_len",
    "redis_commandlog_large_request_max_len",
    "redis_commandlog_reply_larger_than",
    "redis_commandlog_request_larger_than",
    "redis_commandlog_slow_execution_max_len",
}
COMMANDLOG = {
    "redis_commandlog_large_reply_length",
    "redis_commandlog_large_request_length",
    "redis_commandlog_slow_length",
}
LAST_SLOW = {"redis_last_slow_execution_duration_seconds", "redis_slowlog_last_id"}
MONITORING = RedisRules(role="monitoring")
# OPERATIONS: what is on no node of ElastiCache, taken out of everything.
ELASTICACHE = "on ~* &* +@all " + " ".join(f"-{each}" for each in sorted(RESTRICTED))
OWN_NODE = Endpoint(name="a", host="127.0.0.1", port=1)
SELF_MANAGED, ON_ELASTICACHE = CacheTarget(endpoint=OWN_NODE, nodes=(OWN_NODE,)), CacheTarget(endpoint=OWN_NODE)


@pytest.fixture
def admin(valkey_server: Valkey) -> Iterator[redis.Redis]:
    with valkey_server.admin() as client:
        client.acl_log_reset()
        yield client
        client.acl_log_reset()


def source(
    server: Valkey, rules: str, target: CacheTarget | None = None, declared: RedisRules | None = None
) -> RedisSource:
    """A new user with these rules; looked at by URL, or as what is declared of a cache."""
    user = f"watcher{next(_numbers)}"
    with server.admin() as client:
        client.execute_command("ACL", "SETUSER", user, "reset", *rules.split(), ">of-a-test")
    url = Secret(f"redis://{user}:of-a-test@127.0.0.1:{server.port}")
    node = RedisNode(name="basket/a", cache="basket", address="", connect=partial(_connect, url))
    if target is not None:
        known = partial(lack, target, "basket", user, declared)
        node = RedisNode(name="basket/a", cache="basket", address="", connect=partial(_connect, url), lack=known)
    return RedisSource(lambda: node)


def _connect(url: Secret, seconds: float) -> redis.Redis:
    return open_redis_url(url, seconds=seconds)


def told(of: RedisSource) -> tuple[set[str], set[str]]:
    """Names of the families that are there, and of those that are refused."""
    scrape = of.scrape(time.monotonic() + 20)
    return {each.name for each in scrape.families if each.samples}, {each.metric for each in scrape.refused}


def denied(admin: redis.Redis) -> int:
    """Commands that were refused since the start, to anybody."""
    return int(admin.info("stats")["acl_access_denied_cmd"])


@pytest.mark.parametrize(
    ("rules", "target", "declared", "lost", "denials"),
    [
        pytest.param("on ~* &* +@all", None, None, set(), 0, id="who may do everything"),
        pytest.param(
            access_string(MONITORING),
            SELF_MANAGED,
            MONITORING,
            CONFIG | COMMANDLOG | LAST_SLOW,
            0,
            id="the role monitoring",
        ),
        pytest.param(ELASTICACHE, ON_ELASTICACHE, None, CONFIG, 0, id="an AUTH token of ElastiCache"),
        pytest.param(ELASTICACHE, None, None, CONFIG, 2, id="a user of ElastiCache by URL asks once"),
        pytest.param(
            "on -@all +info +@connection",
            None,
            None,
            CONFIG
            | COMMANDLOG
            | LAST_SLOW
            | {"redis_latency_spike_last", "redis_latency_spike_duration_seconds", "redis_slowlog_length"}
            | {"redis_commands_latencies_usec"},
            9,
            id="INFO alone by URL",
        ),
    ],
)
def test_what_is_lost(
    rules: str,
    target: CacheTarget | None,
    declared: RedisRules | None,
    lost: set[str],
    denials: int,
    valkey_server: Valkey,
    admin: redis.Redis,
) -> None:
    watched, everything = source(valkey_server, rules, target, declared), source(valkey_server, "on ~* &* +@all")
    before = denied(admin)
    whole, _ = told(everything)
    for _ in range(100):
        seen, refused = told(watched)
    everything.close()
    watched.close()
    # No event was slow enough for LATENCY LATEST.
    assert whole - seen == lost - {"redis_latency_spike_last", "redis_latency_spike_duration_seconds"}
    assert refused == lost
    assert denied(admin) - before == denials
    assert bool(admin.acl_log()) == bool(denials)


@pytest.mark.parametrize(
    ("target", "declared", "command", "expected"),
    [
        (SELF_MANAGED, MONITORING, "info", None),
        (SELF_MANAGED, None, "config|get", None),
        (
            SELF_MANAGED,
            MONITORING,
            "commandlog|len",
            (
                "shop_watch lacks +commandlog|len",
                "commandlog|len among the commands of shop_watch for basket in access.yaml, written out in place of "
                "`monitoring`",
            ),
        ),
        (
            SELF_MANAGED,
            MONITORING,
            "config|get",
            (
                "shop_watch lacks +config|get, which no identity gets: it reads or changes what governs the server",
                "",
            ),
        ),
        (
            SELF_MANAGED,
            RedisRules(commands=("info",)),
            "slowlog|len",
            ("shop_watch lacks +slowlog|len", "slowlog|len among the commands of shop_watch for basket in access.yaml"),
        ),
        (
            ON_ELASTICACHE,
            RedisRules(commands=("info",)),
            "config|get",
            ("ElastiCache has no config|get: see its parameter group", ""),
        ),
        (ON_ELASTICACHE, None, "slowlog|get", None),
    ],
)
def test_what_is_known_before(
    target: CacheTarget, declared: RedisRules | None, command: str, expected: tuple[str, str] | None
) -> None:
    assert lack(target, "basket", "shop_watch", declared, command) == expected
