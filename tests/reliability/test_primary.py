"""The primary dies in the middle of a bootstrap and comes back; a replica takes its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from fingerprint import fingerprint
from growing import finish, grow, rows
from mortal import Mortal, await_halt, folder, mortal, stopped_at
from real_servers import SUPERUSER_PASSWORD, Postgres, Valkey, replica_of
from tier import Tier

from bootstrap.errors import BootstrapError
from bootstrap.manifest import Endpoint
from bootstrap.migrate import MigrateError
from bootstrap.postgres.master import MasterError
from bootstrap.run import run
from bootstrap.secrets import LoginError

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def primary() -> Iterator[Mortal]:
    with folder() as place, mortal(place) as made:
        yield made


@pytest.fixture
def used(primary: Mortal, main_cache: Valkey, make_tier: Callable[..., Tier]) -> Tier:
    """A stack in use whose next bootstrap has something to do."""
    tier = make_tier(primary.server, main_cache)
    assert tier.run().ok
    with tier.login(f"{tier.name}_app") as conn:
        conn.execute("INSERT INTO events (what) SELECT n FROM generate_series(0, 99) n")
    grow(tier)
    return tier


@pytest.fixture(scope="module")
def expected(primary: Mortal, main_cache: Valkey, make_tier: Callable[..., Tier]) -> dict[str, list[str]]:
    """Where the next bootstrap ends when nothing happens."""
    tier = make_tier(primary.server, main_cache)
    assert tier.run().ok
    grow(tier)
    assert tier.run().ok
    return fingerprint(tier)


def ends_well(tier: Tier, expected: dict[str, list[str]], *, dirty: bool) -> None:
    """The next run ends where an undisturbed one ends; only a file that was cut short may ask for a `force` before."""
    report, forced = finish(tier)
    assert report.ok
    assert dirty or not forced
    state = fingerprint(tier)
    if forced:
        state["history"] = expected["history"]
    assert state == expected
    assert tier.run().changed == 0
    assert rows(tier) == list(range(100))


@pytest.mark.parametrize(
    ("tag", "says", "dirty"),
    [
        ("CREATE TABLE", "000002_notes.up.sql:3:1: the connection was lost", True),
        ("GRANT", "the connection was lost, so PostgreSQL undoes the whole plan; run it again", False),
        (
            "ALTER DEFAULT PRIVILEGES",
            "the connection was lost, so PostgreSQL undoes the whole plan; run it again",
            False,
        ),
    ],
)
def test_the_primary_dies_in_a_statement(
    tag: str, says: str, dirty: bool, used: Tier, primary: Mortal, expected: dict[str, list[str]]
) -> None:
    with stopped_at(used, tag), ThreadPoolExecutor(1) as pool:
        running = pool.submit(used.run)
        await_halt(used)
        primary.kill()
        with pytest.raises((BootstrapError, MigrateError), match=says):
            running.result()
        with pytest.raises(LoginError, match="refused"):
            used.run()
        primary.revive()
    ends_well(used, expected, dirty=dirty)


@pytest.mark.parametrize("after", ["master", "secrets", "roles", "passwords", "secrets proven", "migrations"])
def test_the_primary_dies_between_two_steps(
    after: str, used: Tier, primary: Mortal, expected: dict[str, list[str]]
) -> None:
    def progress(name: str, seconds: float) -> None:
        if name == after:
            primary.kill()

    with pytest.raises(BootstrapError):
        run(used.manifest, migrations=used.migrations, store=used.store, progress=progress)
    primary.revive()
    ends_well(used, expected, dirty=False)


def test_a_replica_is_refused_and_promoted_it_is_the_primary(
    server: Postgres, main_cache: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(server, main_cache)
    assert tier.run().ok
    with tier.login(f"{tier.name}_app") as conn:
        conn.execute("INSERT INTO events (what) SELECT n FROM generate_series(0, 99) n")
    with folder() as place, replica_of(server, place) as port:
        endpoint = Endpoint(name="primary", host="127.0.0.1", port=port)
        tier.manifest = tier.manifest.model_copy(
            update={"postgres": tier.manifest.postgres.model_copy(update={"primary": endpoint})}
        )
        with pytest.raises(MasterError, match=r"is a replica that is not promoted \(pg_is_in_recovery\)") as refused:
            tier.run()
        assert "aws rds promote-read-replica" in str(refused.value)
        with psycopg.connect(
            host="127.0.0.1", port=port, dbname="postgres", user="rdsadmin", password=SUPERUSER_PASSWORD
        ) as conn:
            conn.execute("SELECT pg_promote()")
        tier.postgres = Postgres(port, server.major)
        grow(tier)
        assert tier.run().ok
        assert tier.run().changed == 0
        assert rows(tier) == list(range(100))
        assert tier.credential(f"{tier.name}_app").port == port
