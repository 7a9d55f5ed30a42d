"""Passwords and names of any kind through the whole chain: none breaks out of its statement, each logs in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from fingerprint import fingerprint
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from real_servers import Postgres, Valkey
from tier import REGION, Tier

from bootstrap.access.names import MAX_IDENTITY
from bootstrap.aws import aws_client
from bootstrap.manifest import CacheTarget, Endpoint, PasswordRule, PostgresTarget
from bootstrap.postgres.change import ident, literal
from bootstrap.secrets import (
    AwsStore,
    Credential,
    LoginError,
    Secret,
    new_password,
    open_postgres,
    open_redis,
    redis_hash,
    scram_verifier,
)

pytestmark = pytest.mark.server
# All that ASCII has but NUL, which no PostgreSQL string can hold; and what RDS takes (printable, without / " @).
ASCII = "".join(map(chr, range(1, 128)))
SPECIAL = "".join(c for c in ASCII if c.isprintable() and not c.isalnum() and c not in ' /"@')
NASTY = [
    "'; DROP ROLE nasty; --",
    "\\'",
    "%s%%(x)s",
    "$$;$$",
    "a b\tc\nd\re",
    "{}:{0}",
    "@/?#&=+:%",
    "'\"\\`",
    "#<>!+@all",
]
RULES = st.builds(PasswordRule, length=st.integers(16, 64), special=st.text(SPECIAL, min_size=1, max_size=8))


def nasty(test: Callable[..., None]) -> Callable[..., None]:
    for text in NASTY:
        test = example(password=text)(test)
    quiet = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    return quiet(test)


PASSWORDS = st.one_of(st.text(ASCII, min_size=1, max_size=100), RULES.map(lambda rule: new_password(rule).reveal()))


@pytest.fixture(scope="module")
def role(server: Postgres) -> Iterator[str]:
    name = 'nasty "role'
    with server.superuser() as conn:
        conn.execute(f"CREATE ROLE {ident(name)} LOGIN".encode())
        yield name
        conn.execute(f"DROP ROLE {ident(name)}".encode())


@nasty
@given(password=PASSWORDS)
def test_any_password_logs_in_to_postgresql(password: str, server: Postgres, role: str) -> None:
    endpoint = Endpoint(name="primary", host="127.0.0.1", port=server.port)
    target = PostgresTarget(primary=endpoint, database="postgres", sslmode="disable", master_secret="")
    with server.superuser() as conn:
        conn.execute(f"ALTER ROLE {ident(role)} PASSWORD {literal(scram_verifier(Secret(password)))}".encode())
    with open_postgres(target, endpoint, role, Secret(password)) as conn:
        assert conn.execute("SELECT session_user::text").fetchone() == (role,)


@nasty
@given(password=PASSWORDS)
def test_any_password_logs_in_to_redis(password: str, main_cache: Valkey) -> None:
    node = Endpoint(name="primary", host="127.0.0.1", port=main_cache.port)
    with main_cache.admin() as admin:
        admin.execute_command("ACL", "SETUSER", "nasty", "on", "resetpass", "+@all", f"#{redis_hash(Secret(password))}")
        open_redis(CacheTarget(endpoint=node, tls=False), node, "nasty", Secret(password)).close()
        with pytest.raises(LoginError):
            open_redis(CacheTarget(endpoint=node, tls=False), node, "nasty", Secret(password + "x"))
        admin.acl_deluser("nasty")


@nasty
@given(password=PASSWORDS)
def test_any_password_is_kept_by_secrets_manager(password: str, aws: str) -> None:
    client = aws_client("secretsmanager", REGION, aws)
    arn = client.create_secret(
        Name=f"nasty/{hash(password)}-{len(password)}", SecretString=json.dumps({"username": "x"})
    )
    store = AwsStore(REGION, aws)
    store.promote(arn["ARN"], store.put_pending(arn["ARN"], Credential(username="x", password=Secret(password))))
    found = store.get(arn["ARN"])
    client.delete_secret(SecretId=arn["ARN"], ForceDeleteWithoutRecovery=True)
    assert found is not None
    assert found.credential.password == Secret(password)


def test_names_as_long_as_postgresql_takes_them(
    server: Postgres, main_cache: Valkey, make_tier: Callable[..., Tier]
) -> None:
    stem = "n" * (MAX_IDENTITY - len("_monitoring"))
    tier = make_tier(server, main_cache, name=stem)
    assert max(len(f"{name}_a") for name in tier.manifest.secrets) == 63
    report = tier.run()
    assert [check for check in report.checks if not check.ok] == []
    assert tier.run().changed == 0
    short = make_tier(server, main_cache)
    assert short.run().ok
    assert fingerprint(tier) == fingerprint(short)
