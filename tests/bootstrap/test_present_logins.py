"""Logins from before the stack: no bootstrap touches their passwords, the first rotation ends them after its grace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import own_database
import pytest
from application import Application
from real_servers import Postgres, Valkey
from rotation import works
from test_rotate_handler import begin
from tier import Tier

from bootstrap.access import AccessError, load_access
from bootstrap.access_import import UnsayableError, import_database
from bootstrap.dry_run import dry_run
from bootstrap.reconcile.by_url import plan_urls
from bootstrap.reconcile.plan import plan_stack
from bootstrap.redis.by_url import import_users, live_users, plan_client
from bootstrap.redis.users import users_of_rules
from bootstrap.rotate import rotate
from bootstrap.rotate.handler import STEPS, retire, rotate_step
from bootstrap.secrets import Credential, LoginError, Secret, open_postgres, open_redis

pytestmark = pytest.mark.server

OWN = Secret("what-only-the-application-has-1")
"""The password that it was given long before."""


class Unmoved(Application):
    """An application with the user names and passwords of its own configuration."""

    def __init__(self, tier: Tier, present: Credential) -> None:
        super().__init__(tier, "", ttl=0)
        self._present = present

    def _credential(self, *, fresh: bool = False) -> Credential:
        return self._present


@pytest.fixture
def old(make_tier: Callable[..., Tier], postgres18: Postgres, valkey_server: Valkey) -> Iterator[Tier]:
    """A tier as it was found: a schema, an application that logs in to both engines, no secret but the master's."""
    tier = make_tier(postgres18, valkey_server)
    name, app = tier.name, f"{tier.name}_app"
    with tier.postgres.superuser() as conn:
        conn.execute(f"CREATE ROLE {name}_owner NOLOGIN")
        conn.execute(f"CREATE ROLE {app} LOGIN CONNECTION LIMIT 40 PASSWORD '{OWN.reveal()}'")
        conn.execute(f"ALTER ROLE {app} SET statement_timeout = '21s'")
        conn.execute(f"GRANT {name}_owner, {app} TO {name}_master WITH ADMIN OPTION")
        conn.execute(f"CREATE DATABASE {app} OWNER {name}_owner")
    with tier.postgres.superuser(app) as conn:
        conn.execute(f"SET ROLE {name}_owner")
        conn.execute("CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL)")
        conn.execute("CREATE TABLE events (id bigserial PRIMARY KEY, user_id bigint)")
        conn.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON users, events TO {app}")
        conn.execute(f"GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}")
        conn.execute(f"RESET ROLE; CREATE TABLE its_own (id int); ALTER TABLE its_own OWNER TO {app}")
    for path in tier.migrations.iterdir():
        path.unlink()
    # The baseline is what is there: it would fail if it were run.
    for stem, up in (
        ("000001_baseline", "CREATE TABLE users (id bigserial);"),
        ("000002_later", "CREATE TABLE later ();"),
    ):
        (tier.migrations / f"{stem}.up.sql").write_text(up)
        (tier.migrations / f"{stem}.down.sql").write_text("SELECT 1;")
    tier.manifest = tier.manifest.model_copy(
        update={"postgres": tier.manifest.postgres.model_copy(update={"existing": True})}
    )
    access: dict[str, Any] = tier.manifest.access
    entry = access["identities"][app]
    entry["postgres"] = {"privileges": "readwrite", "login": "present"}
    entry["redis"]["main"]["present"] = f"{name}-app"
    access["exceptions"] = {"postgres": {app: ["owns table public.its_own"]}}
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", f"{name}-app", "on", f">{OWN.reveal()}", "~cache:*", "+@all")
        yield tier
        admin.execute_command("ACL", "DELUSER", f"{name}-app")


def present(tier: Tier) -> Credential:
    """What the application logs in with of its own."""
    return Credential(username=f"{tier.name}_app", password=OWN, redis_username=f"{tier.name}-app", redis_password=OWN)


def refused(tier: Tier) -> tuple[bool, bool]:
    """Whether PostgreSQL and the cache refuse the present login."""
    who, target = present(tier), tier.manifest.postgres
    (cache,) = tier.manifest.caches.values()
    found = []
    for login in (
        lambda: open_postgres(target, target.primary, who.username or "", OWN),
        lambda: open_redis(cache, cache.endpoint, who.redis_username, OWN),
    ):
        try:
            login().close()
            found.append(False)
        except LoginError as error:
            found.append(error.refused)
    return found[0], found[1]


def test_nobody_notices(old: Tier, valkey_server: Valkey) -> None:
    app = f"{old.name}_app"
    unmoved = Unmoved(old, present(old))
    with unmoved.running():
        planned = dry_run(old.manifest, migrations=old.migrations, store=old.store)
        assert "000001_baseline is what is here: it will count as applied" in planned.notes
        assert [each.subject for each in planned.changes if each.verb == "migrate"] == ["migration 000002_later.up.sql"]
        report = old.run()
        assert [text for text in report.warnings if text.startswith(f"{app}: the login from before")]
        assert next(step.detail for step in report.steps if step.name == "migrations") == (
            "000001_baseline taken as applied: it is what was here",
            "000002_later up",
        )
        assert [str(each) for each in report.checks if not each.ok] == []
        assert old.run().ok
        moved = Application(old, app, ttl=0.05)
        with moved.running():
            rotate(old.manifest, [app], store=old.store)
            unmoved.await_requests(40)
            moved.await_sessions()
    assert (unmoved.failures, moved.failures, unmoved.refused, moved.refused) == ([], [], 0, 0)
    assert (unmoved.logins, moved.logins) == ({app}, {f"{app}_a", f"{app}_b"})
    assert refused(old) == (False, False)  # the grace lasts


def test_the_first_rotation_is_its_end(old: Tier) -> None:
    app = f"{old.name}_app"
    assert old.run().ok
    assert _differs(old) == []
    (asked,) = rotate(old.manifest, [app], store=old.store, dry_run=True)
    assert [step.text for step in asked.steps if step.verb in {"stage", "admit", "retire"}] == [
        "a new credential as AWSPENDING, login " + f"{app}_b",
        f"ALTER ROLE \"{app}_b\" LOGIN PASSWORD '***'",
        f"a second password for {app}_a, on every node",
    ]
    rotate(old.manifest, [app], store=old.store)
    assert old.run().ok  # the grace lasts, whatever is bootstrapped meanwhile
    assert refused(old) == (False, False)
    (planned,) = rotate(old.manifest, [app], finish=True, store=old.store, dry_run=True)
    assert [step.text for step in planned.steps] == [
        f'ALTER ROLE "{app}_a" NOLOGIN PASSWORD NULL, and "{app}", the login from before the stack -- then its '
        "sessions end",
        f"every password of {app}_a but the current one goes, and {old.name}-app, the user from before the stack, is "
        "shut out",
        "AWSPREVIOUS comes off: the old credential is retired",
    ]
    (done,) = rotate(old.manifest, [app], finish=True, store=old.store)
    assert (done.outcome, done.notes) == ("retired", ())
    assert refused(old) == (True, True)
    assert _differs(old) == []
    report = old.run()
    assert report.ok
    assert not [text for text in report.warnings if "from before the stack" in text]
    with old.login(app) as conn:
        assert conn.execute("SELECT current_user, current_setting('statement_timeout')").fetchone() == (app, "30s")
        conn.execute("INSERT INTO its_own VALUES (1)")  # what the role owns it owns still
    # The second one has no more to end.
    rotate(old.manifest, [app], store=old.store, grace=0)
    assert old.credential(app).username == f"{app}_a"
    assert refused(old) == (True, True)
    assert _differs(old) == []


def test_a_schedule_ends_nobodys_login(old: Tier) -> None:
    app = f"{old.name}_app"
    assert old.run().ok
    before, token = old.credential(app), begin(old, app)
    for step in STEPS:
        rotate_step(old.manifest, old.manifest.secrets[app], token, step, store=old.store, grace=0)
    assert old.credential(app).username == f"{app}_b"
    assert len(retire(old.manifest, old.store)) == 3
    assert old.run().ok
    assert not works(old, before)
    assert refused(old) == (False, False)
    rotate(old.manifest, [app], grace=0, store=old.store)
    assert refused(old) == (True, True)


def _differs(tier: Tier) -> list[str]:
    with ThreadPoolExecutor(2) as pool:
        found = plan_stack(tier.manifest, tier.store, pool)
    # Users of other tiers are on the server too.
    return [*map(str, found.changes), *(text for text in found.differences if f" {tier.name}" in text)]


def test_an_import_finds_it_and_finds_it_again_beside_its_siblings(old: Tier, valkey_server: Valkey) -> None:
    app, user = f"{old.name}_app", f"{old.name}-app"
    for bootstrapped in (False, True):
        with old.postgres.superuser(app) as conn, valkey_server.admin() as client:
            declaration = import_database(conn).declaration
            entry = declaration["identities"][app]
            assert (entry["postgres"]["login"], entry["postgres"]["settings"]["statement_timeout"]) == (
                ("present", "30s") if bootstrapped else ("present", "21s")
            )
            found = import_users(client)
            if not bootstrapped:
                assert found.users[app] == {"rules": "~cache:* resetchannels +@all", "present": user}
                entry["redis"] = {"main": found.users[app]}
                plan = plan_urls(load_access(declaration), conn, None, "main")
                assert (plan.changes, plan.differences) == ((), ())
                access = load_access({"owner": "o", "identities": {app: {"redis": {"main": found.users[app]}}}})
                users = users_of_rules(access, "main", live_users(client))
                assert [each.name for each in users] == [user]
                assert plan_client(client, users, others=access.cache_others("main")).changes == ()
        assert old.run().ok


def test_a_database_that_only_administrators_use_has_no_identity_yet(postgres18: Postgres) -> None:
    database = own_database.make(postgres18)
    with database.master() as conn:
        conn.execute("CREATE TABLE orders (id int)")
        conn.execute(f"REVOKE CONNECT ON DATABASE {database.n} FROM PUBLIC")  # roles of other tests are on the server
    with database.superuser() as conn:
        with pytest.raises(UnsayableError, match="no role of this server can be an identity"):
            import_database(conn)
        assert "identities" not in import_database(conn, alone=True).declaration


def test_whose_siblings_would_be_other_roles_is_left_out(postgres18: Postgres) -> None:
    database = own_database.make(postgres18)
    n = database.n
    database.execute("CREATE ROLE {n}_web LOGIN; CREATE ROLE {n}_web_a LOGIN")
    with database.superuser() as conn:
        found = import_database(conn)
    assert f"{n}_web" not in found.declaration["identities"]
    assert [text for text in found.left_out if f"{n}_web" in text] == [
        f"role {n}_web is left out: {n}_web_a, what one of its logins would be called, is another role"
    ]
    assert found.declaration["exceptions"]["postgres"][f"{n}_web"] == ["login"]


USER = {"keys": ["a:*"], "commands": ["get"], "present": "orders-app"}
# identities -> what is wrong with them
MISDECLARED: list[tuple[dict[str, Any], str]] = [
    (
        {"one": {"redis": {"main": USER}}, "two": {"redis": {"main": USER}}},
        "identities.two.redis.main.present: is the user of `one` too, and would end with the rotation of one",
    ),
    (
        {"one": {"redis": {"main": {**USER, "present": "two"}}}, "two": {"redis": {"main": {**USER, "present": "x"}}}},
        "identities.one.redis.main.present: is the user of `two` too, and would end with the rotation of one",
    ),
    (
        {"one": {"auth": "iam", "postgres": {"privileges": "readonly", "login": "present"}}},
        "identities.one: logs in by token, so there is no password that goes on working",
    ),
    ({"one": {"auth": "iam", "redis": {"main": USER}}}, "identities.one: logs in by token"),
]


@pytest.mark.parametrize(("identities", "sentence"), MISDECLARED)
def test_what_cannot_be_declared(identities: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AccessError) as refused:
        load_access({"owner": "o", "identities": identities})
    assert sentence in " ".join(map(str, refused.value.problems))
