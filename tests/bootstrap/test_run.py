"""A whole bootstrap on real servers: the first run, the second, and runs that others disturb."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from real_servers import Postgres, Valkey
from tier import FIRST_PASSWORD, REGION, Tier

from bootstrap.handler import VerificationError, handler
from bootstrap.postgres.master import MasterError
from bootstrap.report import Report
from bootstrap.secrets import AwsStore, LoginError, Secret, SecretStoreError, open_postgres

pytestmark = pytest.mark.server
STEPS = ["master", "secrets", "roles", "passwords", "cache main", "secrets proven"]
STEPS += ["extensions", "migrations", "privileges", "verify"]


def failed(report: Report) -> list[tuple[str, str, str, str]]:
    return [(c.identity, c.target, c.action, c.outcome) for c in report.checks if not c.ok]


def changes(report: Report) -> dict[str, tuple[str, ...]]:
    return {step.name: step.detail for step in report.steps if step.changed}


def test_first_and_second_run(postgres_server: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(postgres_server, valkey_server)
    first = tier.run()
    assert failed(first) == []
    assert [step.name for step in first.steps] == STEPS
    assert (first.migration.version, first.migration.dirty) == (1, False)
    assert first.access.allowed > 30
    assert first.access.refused > 60
    second = tier.run()
    assert changes(second) == {}
    assert second.access == first.access
    assert second.differences == first.differences
    # The password that the infrastructure's state knows opens nothing any more.
    target = tier.manifest.postgres
    with pytest.raises(LoginError, match="password authentication failed"):
        open_postgres(target, target.primary, f"{tier.name}_master", Secret(FIRST_PASSWORD))


def test_what_is_proven(settled: Tier) -> None:
    n = settled.name
    checks = {(c.identity, c.target, c.action): (c.expected, c.outcome) for c in settled.run().checks}
    allowed, refused = ("allowed", "allowed"), ("refused", "refused")
    expected = {
        (f"{n}_app", "primary", f"log in as {n}_app_a"): allowed,
        (f"{n}_app", "primary", f"log in as {n}_app_b, the login not in use"): refused,
        (f"{n}_app", "primary", "insert into 2 tables"): allowed,
        (f"{n}_app", "primary", "write the data tier's own tables"): refused,
        (f"{n}_app", "primary", "create a table"): refused,
        (f"{n}_app", "primary", "create a temporary table"): refused,
        (f"{n}_app", "primary", "alter a table"): refused,
        (f"{n}_app", "primary", "drop a table"): refused,
        (f"{n}_app", "primary", f"become {n}_owner"): refused,
        (f"{n}_reporting", "primary", "read 2 tables"): allowed,
        (f"{n}_reporting", "primary", "update 2 tables"): refused,
        (f"{n}_monitoring", "primary", "read server settings"): allowed,
        (f"{n}_monitoring", "primary", "read 2 tables"): refused,
        (f"{n}_migrator", "primary", "create a table"): allowed,
        (f"{n}_migrator", "primary", "truncate the migrations' table"): allowed,
        (f"{n}_migrator", "primary", "create a role"): refused,
        (f"{n}_app", "main/primary", "SET session:*"): allowed,
        (f"{n}_app", "main/primary", "SUBSCRIBE rounds:*"): allowed,
        (f"{n}_app", "main/primary", "FLUSHALL"): refused,
        (f"{n}_app", "main/primary", "CONFIG SET"): refused,
        (f"{n}_app", "main/primary", "KEYS"): refused,
        (f"{n}_app", "main/primary", "SET a key outside its patterns"): refused,
        (f"{n}_app", "main/primary", "SUBSCRIBE to a foreign channel"): refused,
        (f"{n}_cache", "main/primary", "EVAL"): refused,
        ("default", "main/primary", "log in"): refused,
    }
    assert {key: checks.get(key) for key in expected} == expected


def test_nothing_is_left_behind(settled: Tier, valkey_server: Valkey) -> None:
    def contents() -> list[Any]:
        with settled.postgres.superuser(f"{settled.name}_app") as conn, valkey_server.admin() as admin:
            tables = conn.execute("SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            roles = conn.execute("SELECT rolname FROM pg_roles")
            return [sorted(tables), sorted(roles), admin.dbsize(), admin.acl_users()]

    before = contents()
    assert settled.run().ok
    assert contents() == before


def test_logins_act_as_their_role(settled: Tier) -> None:
    query = "SELECT session_user::text, current_user::text, current_setting('statement_timeout')"
    seen = {}
    for identity in ("migrator", "app", "reporting"):
        with settled.login(f"{settled.name}_{identity}") as conn:
            seen[identity] = conn.execute(query).fetchone()
    n = settled.name
    assert seen == {
        "migrator": (f"{n}_migrator_a", f"{n}_owner", "0"),
        "app": (f"{n}_app_a", f"{n}_app", "30s"),
        "reporting": (f"{n}_reporting_a", f"{n}_reporting", "5min"),
    }


class Dying(AwsStore):
    """A store that fails for good at the n-th write, as a killed run would."""

    def __init__(self, endpoint: str, left: int) -> None:
        super().__init__(REGION, endpoint)
        self.left = left

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise SecretStoreError("the run was killed here")

    def put_pending(self, *args: Any, **named: Any) -> Any:
        self._spend()
        return super().put_pending(*args, **named)

    def promote(self, *args: Any) -> None:
        self._spend()
        super().promote(*args)


# 2 writes replace the master password, 5 make secrets, 5 promote them.
@pytest.mark.parametrize("writes", [0, 1, 2, 4, 7, 9, 11])
def test_a_run_that_stopped_is_finished_by_the_next(
    writes: int, postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18, valkey_server)
    with pytest.raises(SecretStoreError, match="killed here"):
        tier.run(Dying(tier.endpoint, writes))
    assert failed(tier.run()) == []
    assert changes(tier.run()) == {}


def test_several_at_once(postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(postgres18, valkey_server)
    reports: list[Report] = []
    errors: list[BaseException] = []

    def one() -> None:
        try:
            reports.append(tier.run())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [failed(report) for report in reports] == [[]] * 6
    assert sum("migrations" in changes(report) for report in reports) == 1


def test_no_password_shows(
    postgres18: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier], caplog: pytest.LogCaptureFixture
) -> None:
    tier = make_tier(postgres18, valkey_server)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("botocore").setLevel(logging.DEBUG)
        with pytest.raises(SecretStoreError) as killed:
            tier.run(Dying(tier.endpoint, 9))
        reports = [tier.run(), tier.run()]
        with tier.postgres.superuser() as conn:
            conn.execute(f"ALTER ROLE {tier.name}_master PASSWORD 'another'")
        with pytest.raises(MasterError) as locked_out:
            tier.run()
    errors = ["".join(traceback.format_exception(error.value)) for error in (killed, locked_out)]
    texts = [caplog.text, *(report.model_dump_json() for report in reports), *errors]
    passwords = tier.passwords()
    known = len(passwords)  # a set of them would be shown where it is not so
    assert known == 11  # master, 5 with a login, 5 with Redis
    assert not any(p in text for p in (*passwords, FIRST_PASSWORD) for text in texts)


class Endless:
    """Lambda's context at the beginning of a run."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:app-bootstrap"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def test_the_lambda_handler(settled: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bootstrap.handler.BUNDLED", settled.migrations)
    event = settled.manifest.model_dump(mode="json")
    assert handler(event, Endless())["access"]["failed"] == 0
    with settled.postgres.superuser(f"{settled.name}_app") as conn:
        # A stranger's trigger that no plan looks at, but a probe meets.
        conn.execute(f"GRANT {settled.name}_monitoring TO {settled.name}_master")
        conn.execute("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$")
        conn.execute("CREATE TRIGGER no BEFORE INSERT ON users FOR EACH STATEMENT EXECUTE FUNCTION no()")
    try:
        with pytest.raises(VerificationError, match=rf"{settled.name}_app on primary: insert into 2 tables: allowed"):
            handler(event, Endless())
    finally:
        with settled.postgres.superuser(f"{settled.name}_app") as conn:
            conn.execute("DROP FUNCTION no() CASCADE")
