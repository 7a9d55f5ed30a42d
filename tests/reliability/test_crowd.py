"""Many at once: sixteen bootstraps that together do the work once, and servers whose connections are all taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest
from fingerprint import fingerprint
from growing import grow
from real_servers import Postgres, Valkey
from tier import Tier
from victims import Host

from bootstrap.postgres.lock import hold
from bootstrap.report import Report
from bootstrap.secrets import LoginError

pytestmark = pytest.mark.server
CROWD = 16


@pytest.mark.parametrize(("phase", "files"), [("first", ["000001_first"]), ("next", ["000002_notes", "000003_labels"])])
def test_sixteen_bootstraps_at_once(
    phase: str,
    files: list[str],
    server: Postgres,
    main_cache: Valkey,
    victims: Host,
    make_tier: Callable[..., Tier],
    tmp_path: Path,
) -> None:
    alone, tier = make_tier(server, main_cache), make_tier(server, main_cache)
    if phase == "next":
        for each in (alone, tier):
            assert each.run().ok
            grow(each)
    assert alone.run().ok
    crowd = [victims.start(tier.manifest, tier.migrations, tmp_path / str(number)) for number in range(CROWD)]
    codes = [victim.wait() for victim in crowd]
    assert codes == [0] * CROWD, [victim.said() for victim in crowd if victim.said()[:1] != "{"]
    reports = [Report.model_validate_json(victim.said()) for victim in crowd]
    assert [check for report in reports for check in report.checks if not check.ok] == []
    steps = [step for report in reports for step in report.steps if step.name == "migrations" and step.changed]
    assert [step.detail for step in steps] == [tuple(f"{name} up" for name in files)]
    assert fingerprint(tier) == fingerprint(alone)
    assert tier.run().changed == 0


def test_a_full_server_is_not_taken_for_a_wrong_password(
    server: Postgres, main_cache: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(server, main_cache)
    assert tier.run().ok
    with ExitStack() as taken:
        for _ in range(50):
            with suppress(psycopg.OperationalError):
                taken.enter_context(server.superuser())
        with pytest.raises(LoginError, match=r"slots are reserved|too many clients") as full:
            tier.run()
        assert not full.value.refused
    assert tier.run().changed == 0


def test_a_full_pool_proves_its_password(server: Postgres, main_cache: Valkey, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(server, main_cache)
    tier.manifest.access["limits"]["connection_limit"] = 2
    assert tier.run().ok
    with tier.login(f"{tier.name}_app"), tier.login(f"{tier.name}_app"):
        report = tier.run()
    assert report.changed == 0
    (wrong,) = [check for check in report.checks if not check.ok]
    assert (wrong.action, "too many connections for role" in wrong.outcome) == (f"log in as {tier.name}_app_a", True)


def test_the_lock_of_a_computer_that_is_gone_is_given_back(server: Postgres) -> None:
    names = [f"tcp_keepalives_{name}" for name in ("idle", "interval", "count")]
    with server.superuser() as conn, hold(conn):
        seconds = [conn.execute("SELECT setting::int FROM pg_settings WHERE name = %s", (n,)).fetchone() for n in names]
    assert seconds == [(10,), (5,), (3,)]
