"""Pool advice: arithmetic over what a server has, and reading that from a real one."""

from __future__ import annotations

import pytest
from real_servers import Postgres

from bootstrap.postgres.pools import Capacity, Pool, advise, read

# As a db.t4g.small: 2 GiB less what RDS keeps, by 9531392 bytes.
SMALL = Capacity(max_connections=198, superuser_reserved=3, rds_reserved=2)
LIMITS = {"app": 60, "migrator": 5, "reporting": 10, "monitoring": 5, "master": None}


@pytest.mark.parametrize(
    ("instances", "limits", "capacity", "budget", "pool", "warned"),
    [
        (1, LIMITS, SMALL, 58, Pool(), 0),
        (2, LIMITS, SMALL, 58, Pool(), 0),
        (3, LIMITS, SMALL, 58, Pool(open=19), 1),
        (20, LIMITS, SMALL, 58, Pool(open=2, idle=2), 2),
        (7, {**LIMITS, "app": 500}, SMALL, 163, Pool(open=23), 1),
        (6, {**LIMITS, "app": None}, SMALL, 163, Pool(), 0),
        (100, {**LIMITS, "app": None}, SMALL, 163, Pool(open=1, idle=1), 1),
        (4, {"app": 60}, None, 58, Pool(open=14), 1),
        (4, {"app": None}, None, None, Pool(), 0),
        (1, LIMITS, Capacity(max_connections=25), -5, Pool(open=1, idle=1), 1),
    ],
)
def test_advice(
    instances: int,
    limits: dict[str, int | None],
    capacity: Capacity | None,
    budget: int | None,
    pool: Pool,
    warned: int,
) -> None:
    advice = advise("app", instances, limits, capacity)
    assert (advice.budget, advice.pool, len(advice.warnings)) == (budget, pool, warned)


@pytest.mark.parametrize(
    ("instances", "limits", "percent", "budget", "warned"),
    [
        (1, LIMITS, 80, 58, 0),
        (20, LIMITS, 80, 58, 1),
        (6, {**LIMITS, "app": None}, 80, 158, 0),
        (7, {**LIMITS, "app": None}, 80, 158, 1),
        (1, {**LIMITS, "app": None}, 10, 19, 1),
        (4, {**LIMITS, "app": None}, 51, 100, 0),
    ],
)
def test_behind_a_proxy(instances: int, limits: dict[str, int | None], percent: int, budget: int, warned: int) -> None:
    """Sessions are the proxy's to hold: the pool stays, and what transactions share is the budget."""
    advice = advise("app", instances, limits, SMALL, percent)
    assert (advice.budget, advice.pool, len(advice.warnings)) == (budget, Pool(), warned)
    assert all("pinned" in warning for warning in advice.warnings)


def test_what_the_warnings_say() -> None:
    assert advise("app", 20, LIMITS, SMALL).warnings == (
        "20 x 25 = 500 connections are more than the 163 that max_connections leaves for it; 2 for each "
        "instance fit, or take a larger class or an RDS Proxy",
        "20 x 25 = 500 connections are more than the connection limit of app allows (60, of which the bootstrap needs "
        "2); 2 for each instance fit, or write `connection_limit: 502` in access.yaml",
    )
    assert "not even one for each instance fits" in advise("app", 100, {"app": 60}).warnings[0]


@pytest.mark.server
def test_a_servers_slots(postgres18: Postgres) -> None:
    with postgres18.superuser() as conn:
        conn.execute("CREATE ROLE pooled LOGIN CONNECTION LIMIT 7")
        conn.execute("CREATE ROLE sibling NOLOGIN CONNECTION LIMIT 7")
        capacity, limits = read(conn)
        conn.execute("DROP ROLE pooled, sibling")
    assert capacity == Capacity(max_connections=50, superuser_reserved=3)
    assert (limits["pooled"], limits["rdsadmin"], "sibling" in limits) == (7, None, False)
