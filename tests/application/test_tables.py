"""What the tables take and refuse, whoever writes: names, checks, keys, time stamps, and what goes with what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from application_server import ApplicationServer, Connection
from once import kept
from psycopg import errors

pytestmark = pytest.mark.server

TABLES = {
    "audit_log",
    "collaboration_sessions",
    "diagrams",
    "documents",
    "metadata",
    "refresh_tokens",
    "session_participants",
    "sources",
    "threat_model_access",
    "threat_models",
    "threats",
    "user_providers",
    "users",
}
NAMED = {
    "idx_users_email": "users (email varchar_pattern_ops)",
    "idx_users_last_login": "users (last_login)",
    "idx_user_providers_user_id": "user_providers (user_id)",
    "idx_user_providers_provider_lookup": "user_providers (provider, provider_user_id)",
    "idx_threat_models_owner_email": "threat_models (owner_email)",
    "idx_threat_model_access_threat_model_id": "threat_model_access (threat_model_id)",
    "idx_threats_threat_model_id": "threats (threat_model_id)",
    "idx_threats_threat_model_id_created_at": "threats (threat_model_id, created_at)",
    "idx_diagrams_threat_model_id": "diagrams (threat_model_id)",
    "idx_diagrams_threat_model_id_type": "diagrams (threat_model_id, type)",
    "users_email_key": "users (email)",
    "user_providers_user_id_provider_key": "user_providers (user_id, provider)",
    "threat_model_access_threat_model_id_user_email_key": "threat_model_access (threat_model_id, user_email)",
}


@pytest.fixture(scope="module")
def shop_of() -> Iterator[Callable[[ApplicationServer], Connection]]:
    """A server's database with a user, a threat model and a diagram; every statement is the owner's."""

    @contextmanager
    def make(server: ApplicationServer) -> Iterator[Connection]:
        with server.migrated("shop") as connection:
            connection.execute("SET ROLE tmi_owner")
            connection.execute("INSERT INTO users (email, name) VALUES ('Ann@Example.ORG', 'Ann')")
            connection.execute("INSERT INTO threat_models (owner_email, name) VALUES ('ANN@example.org', 'Shop')")
            connection.execute("INSERT INTO diagrams (threat_model_id, name) SELECT id, 'Flow' FROM threat_models")
            yield connection

    with kept(make) as databases:
        yield databases


@pytest.fixture
def tmi(servers: ApplicationServer, shop_of: Callable[[ApplicationServer], Connection]) -> Iterator[Connection]:
    """In a transaction that is rolled back."""
    connection = shop_of(servers)
    with connection.transaction(force_rollback=True):
        yield connection


def test_a_server_without_vector(servers: ApplicationServer) -> None:
    """Everything but the embeddings is made, and undone."""
    with servers.empty("without_vector") as connection:
        connection.execute("DROP EXTENSION IF EXISTS vector")
        runner = servers.runner(connection)
        runner.up()
        made = connection.execute("SELECT to_regclass('embeddings'), to_regclass('audit_log') IS NULL").fetchone()
        assert made == (None, False)
        runner.down(None)
    servers.drop("without_vector")


def test_names(tmi: Connection) -> None:
    rows = dict(tmi.execute("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall())
    found = {name: rows[name].split("public.")[1].replace(" USING btree", "") for name in NAMED}
    assert found == NAMED


def test_every_table(tmi: Connection) -> None:
    """Owned by the owner, commented, with both time stamps, a trigger that keeps them, and an index per foreign key."""
    rows = tmi.execute(
        "SELECT c.relname, pg_get_userbyid(relowner), obj_description(c.oid) IS NOT NULL,"
        " (SELECT count(*) FROM pg_attribute WHERE attrelid = c.oid AND attnotnull AND atthasdef"
        "   AND attname IN ('created_at', 'modified_at') AND atttypid = 'timestamptz'::regtype),"
        " (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = 'keep_timestamps'::regproc),"
        " (SELECT count(*) FROM pg_constraint k WHERE conrelid = c.oid AND contype = 'f' AND NOT EXISTS"
        "   (SELECT FROM pg_index WHERE indrelid = c.oid AND indkey[0] = k.conkey[1]))"
        " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
        " AND relname NOT LIKE '%\\_migrations'"
    ).fetchall()
    tables = TABLES | ({"embeddings"} if _has_vector(tmi) else set())
    assert sorted(rows) == [(table, "tmi_owner", True, 2, 1, 0) for table in sorted(tables)]


def _has_vector(connection: Connection) -> bool:
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'vector'").rowcount == 1


def test_time_stamps(tmi: Connection) -> None:
    tmi.execute("UPDATE users SET created_at = 'epoch', modified_at = 'epoch'")
    row = tmi.execute("SELECT created_at < modified_at, created_at > 'epoch' FROM users").fetchone()
    assert row == (True, True)


def test_email_is_one_whatever_its_case(tmi: Connection) -> None:
    with pytest.raises(errors.UniqueViolation, match="users_email_key"), tmi.transaction():
        tmi.execute("INSERT INTO users (email, name) VALUES ('ANN@EXAMPLE.ORG', 'Ann too')")
    tmi.execute(
        "INSERT INTO threat_model_access (threat_model_id, user_email, role)"
        " SELECT id, 'aNN@example.org', 'owner' FROM threat_models"
    )
    tmi.execute("UPDATE users SET email = 'Anna@Example.org'")
    query = "SELECT owner_email, user_email FROM threat_models m JOIN threat_model_access a ON a.threat_model_id = m.id"
    assert tmi.execute(query).fetchall() == [("anna@example.org", "anna@example.org")]


HASH = "0" * 64
FOR_MODEL = "SELECT id, {} FROM threat_models"
PROVIDER = "INSERT INTO user_providers (user_id, provider, provider_user_id, email) SELECT id, {}, 'a@b.c' FROM users"
TOKEN = "INSERT INTO refresh_tokens (user_id, token, expires_at) SELECT id, {} FROM users"
THREAT = "INSERT INTO threats (threat_model_id, name, {}) SELECT id, 'T', {} FROM threat_models"
METADATA = "INSERT INTO metadata (entity_type, entity_id, key, value) VALUES ({}, gen_random_uuid(), {}, 'v')"


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        (PROVIDER.format("'gitlab', '1'"), "user_providers_provider_check"),
        (TOKEN.format("'a-token', now() + '1 day'"), "refresh_tokens_token_check"),
        (TOKEN.format(f"'{HASH}', now()"), "refresh_tokens_expires_at_check"),
        (THREAT.format("severity", "'High'"), "threats_severity_check"),
        (THREAT.format("likelihood", "'critical'"), "threats_likelihood_check"),
        (THREAT.format("risk_level", "'none'"), "threats_risk_level_check"),
        (THREAT.format("score", "10.1"), "threats_score_check"),
        ("UPDATE diagrams SET type = 'flowchart'", "diagrams_type_check"),
        ("UPDATE threat_models SET threat_model_framework = 'OTHER'", "threat_models_threat_model_framework_check"),
        ("UPDATE threat_models SET name = ' '", "threat_models_name_check"),
        ("UPDATE users SET name = ''", "users_name_check"),
        (METADATA.format("'user'", "'k'"), "metadata_entity_type_check"),
        (METADATA.format("'cell'", "'a b'"), "metadata_key_check"),
        (
            "INSERT INTO sources (threat_model_id, url, type) " + FOR_MODEL.format("'u', 'cvs'"),
            "sources_type_check",
        ),
        (
            "INSERT INTO threat_model_access (threat_model_id, user_email, role) "
            + FOR_MODEL.format("'ann@example.org', 'admin'"),
            "threat_model_access_role_check",
        ),
    ],
)
def test_checks(tmi: Connection, sql: str, constraint: str) -> None:
    with pytest.raises(errors.CheckViolation) as caught:
        tmi.execute(sql.encode())
    assert caught.value.diag.constraint_name == constraint


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (PROVIDER.format("'github', '1'"), 1),
        (TOKEN.format(f"'{HASH}', now() + '1 day'"), 1),
        (THREAT.format("severity, likelihood, risk_level, score", "'critical', 'high', NULL, 9.8"), 1),
        ("UPDATE diagrams SET type = 'data_flow', cells = '[]'", 1),
        (METADATA.format("'cell'", "'Owner_team-1'"), 1),
    ],
)
def test_good_rows(tmi: Connection, sql: str, rows: int) -> None:
    assert tmi.execute(sql.encode()).rowcount == rows


def test_providers_of_one_user(tmi: Connection) -> None:
    tmi.execute(PROVIDER.format("'github', '1'").encode())
    with pytest.raises(errors.UniqueViolation, match="user_providers_user_id_provider_key"), tmi.transaction():
        tmi.execute(PROVIDER.format("'github', '2'").encode())
    tmi.execute(PROVIDER.format("'google', '1'").encode())
    tmi.execute("UPDATE user_providers SET is_primary = true WHERE provider = 'github'")
    with pytest.raises(errors.UniqueViolation, match="idx_user_providers_primary"):
        tmi.execute("UPDATE user_providers SET is_primary = true")


def test_one_account_signs_in_one_user(tmi: Connection) -> None:
    tmi.execute("INSERT INTO users (email, name) VALUES ('bob@example.org', 'Bob')")
    with pytest.raises(errors.UniqueViolation, match="idx_user_providers_provider_lookup"):
        tmi.execute(PROVIDER.format("'github', '1'").encode())


def test_deletes(tmi: Connection) -> None:
    """An owner stays while they own; a model takes all of its own along; a threat outlives its diagram."""
    tmi.execute(THREAT.format("diagram_id", "(SELECT id FROM diagrams)").encode())
    with pytest.raises(errors.Error, match="threat_models_owner_email_fkey"), tmi.transaction():
        tmi.execute("DELETE FROM users")
    tmi.execute("DELETE FROM diagrams")
    assert tmi.execute("SELECT count(*), count(diagram_id) FROM threats").fetchone() == (1, 0)
    tmi.execute("DELETE FROM threat_models")
    assert tmi.execute("SELECT count(*) FROM threats").fetchone() == (0,)
    tmi.execute("DELETE FROM users")
