"""Logins, memory settings and temporary files of PostgreSQL, and what a cache node holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from real_servers import ADMIN_PASSWORD, Postgres, Valkey

from bootstrap.secrets import Secret
from knowledge.thresholds.threshold import Status
from observe.ask import whole
from observe.nodes import redis_nodes
from observe.observation import Row, Rows
from observe.postgres.login_roles import LOGIN_ROLES
from observe.postgres.memory_settings import MEMORY_SETTINGS
from observe.postgres.temporary_files import TEMPORARY_FILES
from observe.read import look
from observe.read_listing import ask_redis
from observe.redis.client_list import CLIENT_LIST
from observe.redis.usage import USAGE, databases, links, lookups, memory, turned_away

REPLICA = {"ip": "10.0.0.2", "port": 6379, "state": "online", "offset": 900, "lag": 1}
RAW: list[tuple[Callable[[Rows], Rows], list[dict[str, object]], list[Row]]] = [
    (
        memory,
        [{"used_memory": 90, "maxmemory": 0, "maxmemory_policy": "noeviction", "used_memory_dataset": 70}],
        [
            {
                "used_bytes": 90,
                "max_bytes": None,
                "policy": "noeviction",
                "data_bytes": 70,
                "clients_bytes": 0,
                "replicas_bytes": 0,
                "resident_bytes": 0,
            }
        ],
    ),
    (
        databases,
        [{"db0": {"keys": 9, "expires": 4, "avg_ttl": 1500}, "db3": {"keys": 1, "expires": 1, "avg_ttl": 0}}],
        [
            {"database": 0, "keys": 9, "without_ttl": 5, "mean_ttl_seconds": 1.5},
            {"database": 3, "keys": 1, "without_ttl": 0, "mean_ttl_seconds": None},
        ],
    ),
    (databases, [{}], []),
    (
        lookups,
        [{"keyspace_hits": 3, "keyspace_misses": 1, "expired_keys": 5, "evicted_keys": 2}],
        [{"commands_per_second": 0, "hits": 3, "misses": 1, "hit_percent": 75, "expired": 5, "evicted": 2}],
    ),
    (
        # Redis before 7.2 does not count what it denies.
        turned_away,
        [{"connected_clients": 4, "maxclients": 10}, {"rejected_connections": 1}],
        [
            {
                "connected": 4,
                "limit": 10,
                "blocked": None,
                "received": None,
                "rejected": 1,
                "denied_login": None,
                "denied_command": None,
                "denied_key": None,
                "denied_channel": None,
            }
        ],
    ),
    (
        links,
        [{"role": "master", "master_repl_offset": 1000, "slave0": REPLICA}, {"rdb_bgsave_in_progress": 1}],
        [
            {
                "role": "primary",
                "other": "10.0.0.2:6379",
                "state": "online",
                "heard_seconds": 1,
                "behind_bytes": 100,
                "saving": True,
            }
        ],
    ),
    (
        links,
        [{"role": "slave", "master_host": "a", "master_port": 7, "master_link_status": "down"}, {}],
        [
            {
                "role": "replica",
                "other": "a:7",
                "state": "down",
                "heard_seconds": 0,
                "behind_bytes": None,
                "saving": False,
            }
        ],
    ),
]


@pytest.mark.parametrize(("read", "info", "rows"), RAW)
def test_what_is_made_of_info(read: Callable[[Rows], Rows], info: list[Row], rows: list[Row]) -> None:
    assert list(read(info)) == rows


@pytest.mark.server
def test_a_real_node_fills_every_column(valkey_server: Valkey) -> None:
    with valkey_server.admin() as client:
        client.set("basket:1", "x", ex=60)
        client.set("basket:2", "x")
        client.get("basket:1")
        nodes = redis_nodes(Secret(f"redis://acl-admin:{ADMIN_PASSWORD}@127.0.0.1:{valkey_server.port}"))
        answers = {each.observation.id: each for each in ask_redis(nodes, [*whole(USAGE), *whole(CLIENT_LIST)])}
    assert all(set(each.rows[0]) >= set(each.observation.columns) for each in answers.values())
    (held,) = (row for row in answers["cache-databases"].rows if row["database"] == 0)
    assert int(str(held["keys"])) - int(str(held["without_ttl"])) >= 1
    assert int(str(answers["lookups"].rows[0]["hits"])) >= 1
    assert int(str(answers["turned-away"].rows[0]["connected"])) >= 2
    assert answers["links"].rows[0]["role"] == "primary"
    assert {each.status for one in answers.values() for each in one.findings} == {Status.OK}


@pytest.mark.server
@pytest.mark.parametrize("major", ["15", "18"])
def test_logins_settings_and_files_of_a_real_server(postgres_of: Callable[[str], Postgres], major: str) -> None:
    with postgres_of(major).superuser() as conn, postgres_of(major).superuser() as sorting:
        conn.execute("CREATE ROLE till LOGIN CONNECTION LIMIT 7 VALID UNTIL '2031-02-03 00:00+00'")
        try:
            sorting.execute("SET work_mem = '64kB'")
            sorting.execute("BEGIN")
            sorting.execute("DECLARE c CURSOR FOR SELECT n FROM generate_series(1, 200000) n ORDER BY n DESC")
            sorting.execute("FETCH 1 FROM c")
            pid = sorting.info.backend_pid
            files, roles, settings = (
                look(conn, "primary", each) for each in (TEMPORARY_FILES, LOGIN_ROLES, MEMORY_SETTINGS)
            )
        finally:
            conn.execute("DROP ROLE till")
    (file,) = (row for row in files.rows if row["pid"] == pid)
    assert int(str(file["temporary_bytes"])) > 100_000
    (role,) = (row for row in roles.rows if row["login"] == "till")
    assert (role["sessions"], role["limit"], role["member_of"], role["newest_seconds"]) == (0, 7, [], None)
    assert f"{role['valid_until']}".startswith("2031-02-0")
    (setting,) = settings.rows
    assert int(str(setting["shared_buffers_bytes"])) > int(str(setting["work_mem_bytes"])) > 0
    assert int(str(setting["connections"])) >= 1
    assert [each.findings for each in (files, roles, settings)] == [(), (), ()]
