"""Logins by token of AWS on a PostgreSQL that treats members of rds_iam as RDS does."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rds import token_of, tokens_only
from real_servers import Postgres, postgres, postgres_binaries, postgres_ends
from tier import REGION, Tier

from bootstrap.access_import import import_database
from bootstrap.postgres.master import MasterError, enter
from bootstrap.postgres.tokens import TokenError, prove_tokens
from bootstrap.reconcile.allowed import Allowed
from bootstrap.reconcile.apply import apply_stack
from bootstrap.reconcile.plan import plan_stack
from bootstrap.reconcile.verify import verify_stack
from bootstrap.rotate import rotate
from bootstrap.secrets import Credential, LoginError, Secret, open_postgres

pytestmark = pytest.mark.server


@pytest.fixture(scope="module", params=postgres_ends())
def rds(request: pytest.FixtureRequest) -> Iterator[tuple[Postgres, set[str]]]:
    with (
        tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as folder,
        postgres(postgres_binaries()[request.param], Path(folder), int(request.param)) as server,
    ):
        with server.superuser() as conn:
            conn.execute("CREATE ROLE rds_iam NOLOGIN")
        with tokens_only(server, REGION) as refused:
            yield server, refused


@pytest.fixture
def tier(rds: tuple[Postgres, set[str]], make_tier: Callable[..., Tier], monkeypatch: pytest.MonkeyPatch) -> Tier:
    monkeypatch.setattr("bootstrap.secrets.logins.postgres_token", lambda *where: Secret(token_of(*where)))
    tier = make_tier(rds[0])
    assert tier.run().ok
    with rds[0].superuser() as conn:
        if rds[0].major >= 16:  # RDS lets its master grant rds_iam; PostgreSQL 15 any CREATEROLE
            conn.execute(f"GRANT rds_iam TO {tier.name}_master WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
    return tier


def declare(tier: Tier, auth: str) -> None:
    """Change how the application logs in."""
    access = {**tier.manifest.access, "identities": {**tier.manifest.access["identities"]}}
    access["identities"][f"{tier.name}_app"] = {**access["identities"][f"{tier.name}_app"], "auth": auth}
    target = tier.manifest.postgres.model_copy(update={"iam_region": REGION})  # TLS is tested elsewhere
    tier.manifest = tier.manifest.model_copy(update={"access": access, "postgres": target})


def look(tier: Tier) -> dict[str, Any]:
    with tier.postgres.superuser() as conn:
        query = """SELECT a.rolpassword IS NOT NULL, EXISTS (SELECT FROM pg_auth_members m
            WHERE m.member = a.oid AND m.roleid = 'rds_iam'::regrole) FROM pg_authid a WHERE rolname = %s"""
        return {login: conn.execute(query, (f"{tier.name}_app_{login}",)).fetchone() for login in "ab"}


def changes(report: Any) -> dict[str, tuple[str, ...]]:
    return {step.name: step.detail for step in report.steps if step.changed}


def test_from_password_to_token_and_back(tier: Tier) -> None:
    app, before = f"{tier.name}_app", tier.credential(f"{tier.name}_app")
    assert look(tier) == {"a": (True, False), "b": (False, False)}
    declare(tier, "iam")
    report = tier.run()
    assert [(c.action, c.outcome) for c in report.checks if not c.ok] == []
    assert changes(report)["passwords"] == (f"{app}_a: logs in by token of AWS, and by no password",)
    assert look(tier) == {"a": (False, True), "b": (False, False)}
    held = tier.credential(app)
    assert (held.username, held.password, held.dbname) == (f"{app}_a", None, f"{tier.name}_app")
    # Its old password is asked for no more, and it is told why.
    target = tier.manifest.postgres
    assert before.password
    with pytest.raises(LoginError, match=r"takes no password of a member of rds_iam.* declare `auth: iam`"):
        open_postgres(target, target.primary, f"{app}_a", before.password)
    with open_postgres(target, target.primary, f"{app}_a", None) as conn:
        assert conn.execute("SELECT session_user::text, current_user::text").fetchone() == (f"{app}_a", app)
    # The master of PostgreSQL 16 and later has become a member of rds_iam by way of the login that it made.
    assert changes(tier.run()) == {}
    (rotated,) = rotate(tier.manifest, [app], store=tier.store)
    assert (rotated.outcome, rotated.steps) == ("skipped", ())

    declare(tier, "password")
    report = tier.run()
    assert report.ok
    assert look(tier) == {"a": (True, False), "b": (False, False)}
    assert tier.credential(app).password
    assert changes(tier.run()) == {}


def test_the_plan_tells_that_it_ends_the_password(tier: Tier) -> None:
    declare(tier, "iam")
    app = f"{tier.name}_app"
    with ThreadPoolExecutor(4) as pool:
        planned = plan_stack(tier.manifest, tier.store, pool).changes
        assert [(c.verb, c.subject, c.takes_away, c.identity) for c in planned] == [
            ("complete", f"secret of {app}", False, app),
            ("join", f"member {app}_a of rds_iam", True, app),
        ]
        # Who may take nothing away changes nothing: the secret that is current keeps its password.
        outcome = apply_stack(tier.manifest, tier.store, pool, Allowed(revoke=False))
        assert [change.verb for change in outcome.skipped] == ["join"]
        assert tier.credential(app).password
        assert look(tier)["a"] == (True, False)
        apply_stack(tier.manifest, tier.store, pool)
        assert plan_stack(tier.manifest, tier.store, pool).changes == ()
        assert all(check.ok for check in verify_stack(tier.manifest, tier.store, pool))
    assert look(tier)["a"] == (False, True)


def test_a_token_that_fails_locks_nobody_out(tier: Tier, rds: tuple[Postgres, set[str]]) -> None:
    app, refused = f"{tier.name}_app", rds[1]
    declare(tier, "iam")
    refused.add(f"{app}_a")
    with pytest.raises(TokenError, match=f"rds-db:connect .* Undone: {app}_a log in by password as before"):
        tier.run()
    assert look(tier)["a"] == (True, False)
    assert tier.credential(app).password
    refused.clear()
    assert tier.run().ok


def test_the_master_is_proven_with_the_first_token(tier: Tier, rds: tuple[Postgres, set[str]]) -> None:
    """From PostgreSQL 16 it becomes a member of rds_iam with the logins that it made."""
    server, refused = rds
    if server.major < 16:
        pytest.skip("before PostgreSQL 16 who makes a role is no member of it")
    declare(tier, "iam")
    target, app = tier.manifest.postgres, f"{tier.name}_app"
    with enter(target, tier.store).conn as conn, ThreadPoolExecutor(2) as pool:
        refused.add(f"{tier.name}_master")
        conn.execute(f"GRANT rds_iam TO {app}_a")
        with pytest.raises(TokenError, match=f"{tier.name}_master cannot log in .* Undone"):
            prove_tokens(conn, target, {app: Credential(username=f"{app}_a")}, {f"{app}_a"}, {app}, pool)
    refused.clear()
    assert look(tier)["a"] == (True, False)


def test_a_master_without_a_policy_is_told_what_it_needs(tier: Tier, rds: tuple[Postgres, set[str]]) -> None:
    server, refused = rds
    if server.major < 16:
        pytest.skip("before PostgreSQL 16 who makes a role is no member of it")
    declare(tier, "iam")
    refused.add(f"{tier.name}_master")
    with pytest.raises(MasterError, match=f"needs rds-db:connect on {tier.name}_master"):
        tier.run()
    refused.clear()


def test_where_no_token_is_taken_a_password_stays(postgres18: Postgres, make_tier: Callable[..., Tier]) -> None:
    tier = make_tier(postgres18)
    declare(tier, "iam")
    here = tier.manifest.postgres.model_copy(update={"iam_region": None})
    tier.manifest = tier.manifest.model_copy(update={"postgres": here})
    app = f"{tier.name}_app"
    report = tier.run()
    assert f"{app}: auth: iam needs RDS with IAM authentication; here it logs in with a password" in report.differences
    assert (report.ok, tier.credential(app).password is not None) == (True, True)


def test_an_import_says_iam(tier: Tier) -> None:
    declare(tier, "iam")
    tier.run()
    with enter(tier.manifest.postgres, tier.store).conn as conn:
        identities = import_database(conn).declaration["identities"]
    assert {name: each.get("auth") for name, each in identities.items() if name.startswith(tier.name)} == {
        f"{tier.name}_app": "iam",
        f"{tier.name}_maintainer": None,
        f"{tier.name}_migrator": None,
        f"{tier.name}_monitoring": None,
        f"{tier.name}_reporting": None,
    }
