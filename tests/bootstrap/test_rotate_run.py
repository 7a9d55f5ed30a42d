"""Rotations on real servers: the grace period, its end, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from real_servers import Postgres, Valkey, replica_of
from rotation import IN_GRACE, SETTLED, stand, works
from tier import Tier

from bootstrap import credentials
from bootstrap.manifest import Endpoint
from bootstrap.rotate import Rotated, RotationError, rotate
from bootstrap.secrets import Credential, open_postgres

pytestmark = pytest.mark.server


def one(tier: Tier, identity: str, **more: object) -> Rotated:
    (result,) = rotate(tier.manifest, [identity], store=tier.store, **{"drain": 0, **more})  # type: ignore[arg-type]
    return result


def actions(result: Rotated) -> list[tuple[str, str]]:
    return [(step.verb, step.target) for step in result.steps]


FORWARD = [("stage", "secret"), ("admit", "postgres"), ("admit", "cache main"), ("prove", "secret")]
FORWARD += [("promote", "secret")]
RETIRE = [("retire", "postgres"), ("retire", "cache main"), ("close", "secret")]


def test_a_rotation_from_its_begin_to_its_end(
    postgres_server: Postgres, valkey_server: Valkey, make_tier: Callable[..., Tier], monkeypatch: pytest.MonkeyPatch
) -> None:
    tier = make_tier(postgres_server, valkey_server)
    assert tier.run().ok
    app = f"{tier.name}_app"
    old = tier.credential(app)

    begun = one(tier, app)
    assert (begun.outcome, actions(begun)) == ("rotated", FORWARD), begun
    assert begun.valid_until is not None
    assert timedelta(hours=23) < begun.valid_until - datetime.now(UTC) < timedelta(hours=25)
    assert stand(tier, app, valkey_server) == IN_GRACE
    new = tier.credential(app)
    assert (old.username, new.username) == (f"{app}_a", f"{app}_b")
    assert new.password != old.password
    assert new.redis_password != old.redis_password
    assert works(tier, old)

    # In its grace nothing begins, and a bootstrap leaves both be.
    again = one(tier, app)
    assert (again.outcome, again.steps) == ("in grace", ())
    assert "--finish" in again.notes[0]
    report = tier.run()
    assert (report.ok, report.changed) == (True, 0)
    assert works(tier, old)

    # Past it a bootstrap retires the old one, and says so once.
    monkeypatch.setattr(credentials, "_now", lambda: datetime.now(UTC) + timedelta(hours=25))
    report = tier.run()
    assert report.ok
    assert [step.name for step in report.steps if step.changed] == ["rotation"]
    assert stand(tier, app, valkey_server) == SETTLED
    assert not works(tier, old)
    assert tier.run().changed == 0


def test_finish_ends_the_grace(settled: Tier, valkey_server: Valkey) -> None:
    app = f"{settled.name}_app"
    assert one(settled, app).outcome == "rotated"
    ended = one(settled, app, finish=True)
    assert (ended.outcome, actions(ended)) == ("retired", RETIRE)
    assert stand(settled, app, valkey_server) == SETTLED
    assert one(settled, app, finish=True).outcome == "nothing to do"
    assert settled.run().changed == 0


def test_without_grace_sessions_are_told_and_ended(settled: Tier, valkey_server: Valkey) -> None:
    app = f"{settled.name}_app"
    with settled.login(app) as held:
        done = one(settled, app, grace=0)
        assert (done.outcome, actions(done)) == ("rotated", FORWARD + RETIRE)
        assert "1 sessions of" in done.notes[0]
        with pytest.raises(Exception, match="terminating connection"):
            held.execute("SELECT 1")
    assert stand(settled, app, valkey_server) == SETTLED


def test_all_by_age(settled: Tier, valkey_server: Valkey) -> None:
    def outcomes(**more: object) -> set[str]:
        return {r.outcome for r in rotate(settled.manifest, None, store=settled.store, drain=0, **more)}  # type: ignore[arg-type]

    assert outcomes(older_than=86400) == {"nothing to do"}
    before = {name: settled.credential(name) for name in ("master", *settled.manifest.secrets)}
    planned = rotate(settled.manifest, None, store=settled.store, grace=0, dry_run=True)
    assert {r.outcome for r in planned} == {"planned"}
    assert {name: settled.credential(name) for name in before} == before
    done = rotate(settled.manifest, None, store=settled.store, grace=0, drain=0)
    assert {r.identity: r.outcome for r in done} == dict.fromkeys([*settled.manifest.secrets, "master"], "rotated")
    assert [r.steps for r in planned] == [r.steps for r in done]
    for name, old in before.items():
        assert settled.credential(name) != old
        assert not works(settled, old)
    assert works(settled, settled.credential("master"))
    assert settled.run().changed == 0


def test_what_cannot_do_the_same_is_not_made_current(settled: Tier, valkey_server: Valkey) -> None:
    app = f"{settled.name}_app"
    old = settled.credential(app)
    other = f"{app}_{'b' if old.username == f'{app}_a' else 'a'}"
    with settled.postgres.superuser() as conn:
        conn.execute(f"ALTER ROLE {other} SET default_transaction_read_only = on")
    failed = one(settled, app)
    assert failed.outcome == "failed"
    assert "insert into 2 tables: allowed expected" in failed.notes[0]
    assert f"datatier access rotate {app}" in failed.notes[0]
    assert settled.credential(app) == old
    assert works(settled, old)
    # A bootstrap takes the unproven login away and mends the role; the rotation goes on with what is pending.
    assert settled.run().ok
    done = one(settled, app, grace=86400)
    assert actions(done) == FORWARD[1:]
    assert one(settled, app, finish=True).outcome == "retired"
    assert stand(settled, app, valkey_server) == SETTLED


def test_a_pending_credential_of_another_wish_is_made_anew(settled: Tier, valkey_server: Valkey) -> None:
    app = f"{settled.name}_app"
    arn = settled.manifest.secrets[app]
    useless = settled.store.put_pending(arn, Credential(username=f"{app}_a", grace=5))
    done = one(settled, app, grace=0)
    assert actions(done) == FORWARD + RETIRE
    assert useless.id not in {settled.store.stages(arn).pending, settled.store.stages(arn).current}
    assert stand(settled, app, valkey_server) == SETTLED


def test_a_secret_brought_up_to_date_is_no_rotation(settled: Tier) -> None:
    """After a rotation that is over, a change of the declaration makes a new version; its grace is nobody's."""
    cache = f"{settled.name}_cache"
    assert one(settled, cache, grace=0).outcome == "rotated"
    declared, old = settled.manifest, settled.credential(cache)
    identities = {**declared.access["identities"], cache: {"postgres": "readonly"}}
    changed = {**declared.access, "identities": identities, "keyspaces": {}}
    settled.manifest = declared.model_copy(update={"access": changed})
    try:
        assert settled.run().ok
        assert (old.grace, settled.credential(cache).grace) == (0, None)
        assert settled.run().changed == 0
        assert actions(one(settled, cache, grace=0))[0] == ("stage", "secret")
    finally:
        settled.manifest = declared
        assert settled.run().ok


def test_replicas_take_part(postgres18: Postgres, make_tier: Callable[..., Tier], replica_folder: Path) -> None:
    tier = make_tier(postgres18)
    with replica_of(postgres18, replica_folder) as port:
        replica = Endpoint(name="reporting", host="127.0.0.1", port=port)
        postgres = tier.manifest.postgres.model_copy(update={"replicas": (replica,)})
        tier.manifest = tier.manifest.model_copy(update={"postgres": postgres})
        assert tier.run().ok
        name = f"{tier.name}_reporting"
        old = tier.credential(name)
        assert old.username
        assert old.password
        with open_postgres(postgres, replica, old.username, old.password) as held:
            done = one(tier, name, grace=0)
            assert (done.outcome, len(done.notes)) == ("rotated", 1), done
            assert f"1 sessions of {old.username} on reporting" in done.notes[0]
            with pytest.raises(Exception, match="terminating connection"):
                held.execute("SELECT 1")
        new = tier.credential(name)
        assert new.username
        assert new.password
        open_postgres(postgres, replica, new.username, new.password).close()


def test_who_is_not_there(settled: Tier, make_tier: Callable[..., Tier], postgres18: Postgres) -> None:
    with pytest.raises(RotationError, match="no identity nobody; there are"):
        rotate(settled.manifest, ["nobody"], store=settled.store)
    fresh = make_tier(postgres18)
    assert "run `datatier bootstrap`" in one(fresh, f"{fresh.name}_app").notes[0]
