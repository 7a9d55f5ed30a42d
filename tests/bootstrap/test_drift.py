"""What somebody changed behind the bootstrap's back is seen, mended by the next run, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from real_servers import ADMIN_PASSWORD, Postgres, Valkey
from tier import REGION, Tier

from bootstrap.access import load_access
from bootstrap.aws import aws_client
from bootstrap.postgres.apply import ApplyError, apply
from bootstrap.postgres.change import ident
from bootstrap.postgres.desired import desired
from bootstrap.reconcile.allowed import BUT_DROPS
from bootstrap.redis.server import ServerAcl
from bootstrap.redis.users import users
from bootstrap.report import Report
from bootstrap.secrets import Credential, LoginError, Secret, open_redis

pytestmark = pytest.mark.server


def changes(report: Report) -> list[str]:
    return [detail for step in report.steps for detail in step.detail]


@pytest.mark.parametrize(
    ("drift", "mended"),
    [
        ("ALTER ROLE {n}_app_a CONNECTION LIMIT 3", 'ALTER ROLE "{n}_app_a" CONNECTION LIMIT 60'),
        ("ALTER ROLE {n}_app_b LOGIN", 'ALTER ROLE "{n}_app_b" NOLOGIN'),
        ("ALTER ROLE {n}_app_a NOLOGIN", 'ALTER ROLE "{n}_app_a" LOGIN'),
        ("ALTER ROLE {n}_app CREATEDB", 'ALTER ROLE "{n}_app" NOCREATEDB'),
        ("ALTER ROLE {n}_app_a SET work_mem = '1GB'", 'ALTER ROLE "{n}_app_a" RESET "work_mem"'),
        (
            "ALTER ROLE {n}_app_a SET statement_timeout = 0",
            """ALTER ROLE "{n}_app_a" SET "statement_timeout" = '30s'""",
        ),
        ("ALTER ROLE {n}_app_a RESET role", """ALTER ROLE "{n}_app_a" SET "role" = '{n}_app'"""),
        ("COMMENT ON ROLE {n}_app IS NULL", """COMMENT ON ROLE "{n}_app" IS 'data-tier: managed'"""),
        (
            "GRANT {n}_app TO {n}_reporting GRANTED BY {n}_master",
            'REVOKE "{n}_app" FROM "{n}_reporting" GRANTED BY "{n}_master"',
        ),
        (
            "REVOKE {n}_app FROM {n}_app_a GRANTED BY {n}_master",
            'GRANT "{n}_app" TO "{n}_app_a" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE',
        ),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        ("GRANT CREATE ON SCHEMA public TO {n}_app", 'REVOKE CREATE ON SCHEMA public FROM "{n}_app"'),
        ("GRANT CONNECT ON DATABASE {n}_app TO PUBLIC", 'REVOKE CONNECT ON DATABASE "{n}_app" FROM PUBLIC'),
        ("REVOKE DELETE ON users FROM {n}_app", 'GRANT DELETE ON TABLE public.users TO "{n}_app"'),
        ("GRANT INSERT ON users TO {n}_reporting", 'REVOKE INSERT ON TABLE public.users FROM "{n}_reporting"'),
        (
            "GRANT ALL ON users TO {n}_app_b",
            "REVOKE SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, "
            'MAINTAIN ON TABLE public.users FROM "{n}_app_b"',
        ),
        (
            "GRANT UPDATE ON schema_migrations TO {n}_app",
            'REVOKE UPDATE ON TABLE public.schema_migrations FROM "{n}_app"',
        ),
        ("GRANT SELECT ON users TO PUBLIC", "REVOKE SELECT ON TABLE public.users FROM PUBLIC"),
        ("GRANT EXECUTE ON FUNCTION answer() TO PUBLIC", "REVOKE EXECUTE ON ROUTINE public.answer() FROM PUBLIC"),
        (
            "REVOKE USAGE ON SEQUENCE events_id_seq FROM {n}_app",
            'GRANT USAGE ON SEQUENCE public.events_id_seq TO "{n}_app"',
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
            'ALTER DEFAULT PRIVILEGES FOR ROLE "{n}_owner" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
        ),
        (
            "ALTER DEFAULT PRIVILEGES FOR ROLE {n}_owner IN SCHEMA public GRANT TRUNCATE ON TABLES TO {n}_app",
            'ALTER DEFAULT PRIVILEGES FOR ROLE "{n}_owner" IN SCHEMA "public" REVOKE TRUNCATE ON TABLES FROM "{n}_app"',
        ),
        ("ALTER DATABASE {n}_app OWNER TO {n}_master", 'ALTER DATABASE "{n}_app" OWNER TO "{n}_owner"'),
    ],
)
def test_postgres(drift: str, mended: str, settled: Tier) -> None:
    n = settled.name
    with settled.postgres.superuser(f"{n}_app") as conn:
        conn.execute(drift.format(n=n).encode())
    wanted = desired(load_access(settled.manifest.access), {})
    with settled.login("master") as conn:
        assert [str(change) for change in apply(conn, wanted, BUT_DROPS).changes][:1] == [mended.format(n=n)]
        assert apply(conn, wanted, BUT_DROPS).changes == ()


def test_another_password_is_mended(settled: Tier) -> None:
    n = settled.name
    before = settled.credential(f"{n}_app")
    with settled.postgres.superuser() as conn:
        conn.execute(f"ALTER ROLE {n}_app_a PASSWORD 'another'")
    report = settled.run()
    assert changes(report) == [f"{n}_app_a: PostgreSQL had another password than the secret, set again"]
    assert report.ok
    assert settled.credential(f"{n}_app") == before


def test_a_role_that_is_no_longer_declared_is_reported(settled: Tier) -> None:
    n = settled.name
    with settled.postgres.superuser() as conn:
        conn.execute(f"CREATE ROLE {n}_old; COMMENT ON ROLE {n}_old IS 'data-tier: managed'")
    report = settled.run()
    assert f"role {n}_old is marked as managed but no longer declared; drop it when nothing of it is left" in (
        report.differences
    )
    with settled.postgres.superuser() as conn:
        conn.execute(f"DROP ROLE {n}_old")


def test_a_membership_that_only_a_superuser_can_end_is_reported(settled: Tier) -> None:
    n = settled.name
    with settled.postgres.superuser() as conn:
        conn.execute(f"GRANT pg_read_all_data TO {n}_monitoring")
    report = settled.run()
    with settled.postgres.superuser() as conn:
        conn.execute(f"REVOKE pg_read_all_data FROM {n}_monitoring")
    assert [d for d in report.differences if "pg_read_all_data" in d] == [
        f"role {n}_monitoring is a member of pg_read_all_data, which only rdsadmin can end: "
        f'REVOKE "pg_read_all_data" FROM "{n}_monitoring" GRANTED BY "rdsadmin"'
    ]
    # The probes see what the catalogs of the tables do not show: no ACL mentions pg_read_all_data.
    assert [(c.identity, c.action) for c in report.checks if not c.ok] == [(f"{n}_monitoring", "read 2 tables")]


def test_strangers_are_left_alone(settled: Tier) -> None:
    n = settled.name
    with settled.postgres.superuser(f"{n}_app") as conn:
        conn.execute(f'CREATE ROLE "{n}-Stranger"; GRANT SELECT ON users TO "{n}-Stranger"; CREATE TABLE theirs ()')
    report = settled.run()
    assert changes(report) == []
    assert [d for d in report.differences if "theirs" in d] == [
        "table public.theirs belongs to rdsadmin, so its privileges are left alone; as rdsadmin: "
        f'ALTER TABLE public.theirs OWNER TO "{n}_owner"'
    ]
    with settled.postgres.superuser(f"{n}_app") as conn:
        granted = conn.execute("SELECT has_table_privilege(%s, 'users', 'SELECT')", (f"{n}-Stranger",)).fetchone()
        conn.execute(f'DROP TABLE theirs; DROP OWNED BY "{n}-Stranger"; DROP ROLE "{n}-Stranger"')
    assert granted == (True,)


def test_a_role_of_another_creator_is_refused_with_the_fix(
    postgres18: Postgres, make_tier: Callable[..., Tier]
) -> None:
    tier = make_tier(postgres18)
    with postgres18.superuser() as conn:
        conn.execute(f"CREATE ROLE {tier.name}_app")
    with pytest.raises(ApplyError, match=f"GRANT {tier.name}_app TO {tier.name}_master WITH ADMIN OPTION"):
        tier.run()
    with postgres18.superuser() as conn:
        conn.execute(f"GRANT {tier.name}_app TO {tier.name}_master WITH ADMIN OPTION")
    assert tier.run().ok


@pytest.mark.parametrize(
    ("drift", "mended"),
    [
        (["DELUSER", "{n}_app"], "created: on ~auth:*"),
        (["SETUSER", "{n}_app", "~*"], "no longer the key pattern *"),
        (["SETUSER", "{n}_app", "+flushall"], "may no longer: flushall"),
        (["SETUSER", "{n}_app", "-get"], "may now: get"),
        (["SETUSER", "{n}_app", "allchannels"], "only the channels rounds:*"),
        (["SETUSER", "{n}_app", "(~* +@all)"], "loses the selector (~* resetchannels +@all)"),
        (["SETUSER", "{n}_app", "off"], "turned on"),
        (["SETUSER", "{n}_app", "nopass"], "no longer without a password"),
        (["SETUSER", "{n}_app", ">another"], "password set to the secret's"),
        (["SETUSER", "{n}_app", "resetpass"], "password set to the secret's"),
        (["SETUSER", "default", "on"], "turned off"),
    ],
)
def test_redis(drift: list[str], mended: str, settled: Tier, valkey_server: Valkey) -> None:
    n = settled.name
    access = load_access(settled.manifest.access)
    credentials = {name: settled.credential(name) for name in access.identities}
    wanted = users(access, "main", credentials, frozenset())
    with ThreadPoolExecutor(1) as pool:
        admin_secret = Credential(username="acl-admin", password=Secret(ADMIN_PASSWORD))
        acl = ServerAcl("main", settled.manifest.caches["main"], admin_secret, pool)
        with valkey_server.admin() as admin:
            admin.execute_command("ACL", *(word.format(n=n) for word in drift))
        planned = acl.plan(wanted)
        assert acl.plan(wanted).apply(BUT_DROPS).changes == planned.changes
        (done, *_) = map(str, planned.changes)
        assert done.startswith(f"main/primary: {drift[1].format(n=n)}: ")
        assert mended in done
        assert acl.plan(wanted).apply(BUT_DROPS).changes == ()


def test_other_users_are_reported_but_for_a_replicas(settled: Tier, valkey_server: Valkey) -> None:
    with valkey_server.admin() as admin:
        admin.execute_command("ACL", "SETUSER", "replication", "on", "nopass", "+psync", "+replconf", "+ping")
        admin.execute_command("ACL", "SETUSER", "somebody", "on", "nopass", "+get")
        admin.config_set("masteruser", "replication")
    differences = settled.run().differences
    with valkey_server.admin() as admin:
        admin.acl_deluser("replication", "somebody")
        admin.config_set("masteruser", "")
    assert [d for d in differences if "replication" in d or "somebody" in d] == [
        "main/primary: user somebody is not declared; declare it, name it under `exceptions` in access.yaml, or if "
        "nobody needs it: ACL DELUSER somebody"
    ]


def test_users_survive_a_restart_of_the_server(settled: Tier, valkey_server: Valkey) -> None:
    """ACL SAVE wrote them where an ACL file is configured."""
    assert f"user {settled.name}_app on" in valkey_server.aclfile.read_text()


def test_a_lost_secret_gives_a_new_password_everywhere(settled: Tier, valkey_server: Valkey) -> None:
    n = settled.name
    old = settled.credential(f"{n}_app")
    arn = settled.manifest.secrets[f"{n}_app"]
    client = aws_client("secretsmanager", REGION, settled.endpoint)
    client.put_secret_value(SecretId=arn, SecretString="{}")
    report = settled.run()
    assert report.ok
    new = settled.credential(f"{n}_app")
    assert new.password != old.password
    assert new.redis_password != old.redis_password
    cache = settled.manifest.caches["main"]
    assert old.redis_password
    with pytest.raises(LoginError, match="cannot log in"):
        open_redis(cache, cache.endpoint, f"{n}_app", old.redis_password)
    assert changes(settled.run()) == []


@pytest.mark.parametrize("name", ['a"b', "a.b", "ä", "%s", "x" * 63, "a'b", "a\\b", "a\nb"])
def test_identifiers_stay_inside_their_quotes(name: str, settled: Tier) -> None:
    with settled.postgres.superuser() as conn:
        row = conn.execute(f"SELECT 1 AS {ident(name)}".encode()).description
    assert row
    assert row[0].name == name
