"""Whose rows are whose, what the audit log keeps, and how its partitions come and go: under the roles of the tier."""

from __future__ import annotations

import pytest
from application_server import Acting, ApplicationServer, Connection
from psycopg import errors
from threat_models import ANN, BOB, EVE

pytestmark = pytest.mark.server

PRIVATE = {
    "threat_models": 1,
    "threat_model_access": 1,
    "diagrams": 1,
    "threats": 1,
    "documents": 1,
    "sources": 1,
    "metadata": 5,
    "collaboration_sessions": 1,
    "session_participants": 1,
    "threat_model_overview": 1,
}


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    ("role", "user", "factor"),
    [
        ("tmi_app", "", 0),  # nobody said for whom: nothing
        ("tmi_app", "nobody@example.org", 0),
        ("tmi_app", ANN, 1),
        ("tmi_app", "ANN@Example.org", 1),
        ("tmi_app", BOB, 1),  # a reader
        ("tmi_app", EVE, 1),
        ("tmi_reporting", "", 2),
        ("tmi_owner", "", 2),
    ],
)
def test_who_sees_what(acting: Acting, role: str, user: str, factor: int) -> None:
    connection = acting(role, user)
    shared = 1 if factor == 2 or (factor and user != EVE) else 0
    expected = {table: rows * factor for table, rows in PRIVATE.items()} | {"threat_model_access": shared}
    assert {table: count(connection, table) for table in PRIVATE} == expected


def test_a_setting_of_an_earlier_transaction_is_nobody(servers: ApplicationServer, filled: Connection) -> None:
    """After SET LOCAL the setting is empty, not NULL: a pooled connection must not act for the empty address."""
    with servers.server.superuser("filled") as connection:
        connection.execute(f"BEGIN; SET LOCAL app.user_email = '{ANN}'; COMMIT".encode())
        assert connection.execute("SELECT current_setting('app.user_email'), app_user_email()").fetchone() == ("", None)


WRITES = [
    ("UPDATE threat_models SET name = 'x'", {ANN: 1, BOB: 0, "": 0}),
    ("UPDATE threats SET name = 'x'", {ANN: 1, BOB: 0, "": 0}),
    ("DELETE FROM documents", {ANN: 1, BOB: 0, "": 0}),
    ("UPDATE metadata SET value = 'x'", {ANN: 5, BOB: 0, "": 0}),
    ("DELETE FROM threat_model_access", {ANN: 1, BOB: 0, "": 0}),
    ("DELETE FROM threat_models", {ANN: 1, BOB: 0, "": 0}),
    ("UPDATE audit_log SET action = 'x'", {ANN: 0, BOB: 0, "": 0}),
    ("DELETE FROM audit_log", {ANN: 0, BOB: 0, "": 0}),
]


@pytest.mark.parametrize(("sql", "rows"), WRITES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("user", [ANN, BOB, ""])
def test_who_writes_what(acting: Acting, sql: str, rows: dict[str, int], user: str) -> None:
    assert acting("tmi_app", user).execute(sql.encode()).rowcount == rows[user]


@pytest.mark.parametrize(
    ("user", "sql"),
    [
        (BOB, "INSERT INTO threats (threat_model_id, name) SELECT id, 'mine' FROM threat_models"),
        (BOB, "INSERT INTO threat_models (owner_email, name) VALUES ('ann@example.org', 'for Ann')"),
        (
            BOB,
            "INSERT INTO threat_model_access (threat_model_id, user_email, role)"
            " SELECT id, 'eve@example.org', 'owner' FROM threat_models",
        ),
        ("", "INSERT INTO threat_models (owner_email, name) VALUES ('ann@example.org', 'nobody''s')"),
        (
            ANN,
            "INSERT INTO audit_log (table_name, row_id, action, new_row)"
            " VALUES ('x', gen_random_uuid(), 'INSERT', '{}')",
        ),
        (BOB, "SELECT FROM audit_log_default"),
        (BOB, "SELECT keep_audit_log_partitions()"),
    ],
)
def test_refused(acting: Acting, user: str, sql: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        acting("tmi_app", user).execute(sql.encode())


def test_a_model_is_shared_by_its_owner(acting: Acting) -> None:
    """Made, returned at once, shared; the other one works on it, joins its session, and cannot share it further."""
    connection = acting("tmi_app", EVE)
    made = connection.execute("INSERT INTO threat_models (owner_email, name) VALUES (%s, 'New') RETURNING id", (EVE,))
    (model,) = made.fetchall()[0]
    connection.execute(
        "INSERT INTO threat_model_access (threat_model_id, user_email, role) VALUES (%s, %s, 'writer') RETURNING id",
        (model, BOB),
    )
    acting("tmi_app", BOB)
    connection.execute("INSERT INTO threats (threat_model_id, name) VALUES (%s, 't') RETURNING id", (model,))
    drawn = connection.execute("INSERT INTO diagrams (threat_model_id, name) VALUES (%s, 'd') RETURNING id", (model,))
    opened = connection.execute(
        "INSERT INTO collaboration_sessions (threat_model_id, diagram_id, websocket_url) VALUES (%s, %s, 'w')"
        " RETURNING id",
        (model, drawn.fetchall()[0][0]),
    )
    (session,) = opened.fetchall()[0]
    join = "INSERT INTO session_participants (session_id, user_id) SELECT %s, id FROM users WHERE email = %s"
    connection.execute(join, (session, BOB))
    with pytest.raises(errors.UniqueViolation, match="idx_session_participants_present"), connection.transaction():
        connection.execute(join, (session, BOB))
    connection.execute("UPDATE session_participants SET left_at = now() WHERE session_id = %s", (session,))
    connection.execute(join, (session, BOB))
    with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
        connection.execute(
            "INSERT INTO threat_model_access (threat_model_id, user_email, role) VALUES (%s, %s, 'owner')", (model, ANN)
        )
    connection.execute("UPDATE threat_models SET name = 'Newer' WHERE id = %s", (model,))
    give = "UPDATE threat_models SET owner_email = %s WHERE id = %s"
    with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
        connection.execute(give, (BOB, model))
    acting("tmi_app", EVE)
    assert connection.execute(give, (BOB, model)).rowcount == 1, "the owner gives it away"


def test_metadata_of_a_cell_goes_with_its_diagram(acting: Acting) -> None:
    connection = acting("tmi_app", ANN)
    insert = "INSERT INTO metadata (entity_type, entity_id, key, value) VALUES ('cell', %s, 'k', 'v') RETURNING id"
    connection.execute(insert, ("11111111-1111-1111-1111-111111111111",))
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(insert, ("22222222-2222-2222-2222-222222222222",))


def test_the_audit_log(acting: Acting) -> None:
    """The row before and after, who, when and in which session; each sees what is one's own, reporting all."""
    connection = acting("tmi_app", ANN)
    connection.execute("SET LOCAL app.session_id = 's-1'")
    connection.execute("UPDATE threats SET severity = 'high'")
    connection.execute("DELETE FROM threats")
    query = (
        "SELECT action, table_name, old_row ->> 'severity', new_row ->> 'severity', user_email, session_id, login,"
        " created_at = now() FROM audit_log WHERE session_id IS NOT NULL ORDER BY old_row ->> 'severity' NULLS FIRST"
    )
    expected = [
        ("UPDATE", "threats", None, "high", ANN, "s-1", "rdsadmin", True),
        ("DELETE", "threats", "high", None, ANN, "s-1", "rdsadmin", True),
    ]
    assert connection.execute(query).fetchall() == expected
    assert acting("tmi_app", EVE).execute(query).fetchall() == []
    assert acting("tmi_reporting").execute(query).fetchall() == expected


def test_a_change_by_cascade_is_audited_too(acting: Acting) -> None:
    connection = acting("tmi_app", ANN)
    connection.execute("DELETE FROM threat_models")
    query = "SELECT table_name, count(*) FROM audit_log WHERE action = 'DELETE' GROUP BY 1 ORDER BY 1"
    assert connection.execute(query).fetchall() == [
        ("diagrams", 1),
        ("documents", 1),
        ("metadata", 5),
        ("sources", 1),
        ("threat_model_access", 1),
        ("threat_models", 1),
        ("threats", 1),
    ]


def keep(connection: Connection, *months: int) -> list[tuple[str, str]]:
    arguments = ", ".join(map(str, months))
    return connection.execute(
        f"SELECT action, partition FROM keep_audit_log_partitions({arguments})".encode()
    ).fetchall()


def month(connection: Connection, months: int) -> str:
    query = "SELECT 'audit_log_' || to_char(now() AT TIME ZONE 'UTC' + make_interval(months => %s), 'YYYY_MM')"
    row = connection.execute(query, (months,)).fetchone()
    assert row
    return str(row[0])


def test_partitions_come_and_go(acting: Acting) -> None:
    connection = acting("tmi_owner")
    assert keep(connection) == []
    assert keep(connection, 5) == [("made", month(connection, 4)), ("made", month(connection, 5))]
    assert keep(connection, 5) == []
    # What came when nobody looked after the partitions lies in the default one, and is moved.
    insert = "INSERT INTO audit_log (table_name, row_id, action, new_row, created_at) VALUES ('t', %s, 'INSERT', '{}', "
    for ago in (2, 14):
        sql = f"{insert} now() - make_interval(months => {ago}))"
        connection.execute(sql.encode(), ("11111111-1111-1111-1111-111111111111",))
    assert count(connection, "audit_log_default") == 2
    assert keep(connection, 5) == [("made", month(connection, -2))]
    assert (count(connection, "audit_log_default"), count(connection, month(connection, -2))) == (0, 1)
    # Two months are kept: the one of two months ago still, with one it goes.
    assert keep(connection, 5, 2) == []
    assert keep(connection, 5, 1) == [("dropped", month(connection, -2))]
    with pytest.raises(errors.InvalidParameterValue, match="keep is 0"):
        keep(connection, 5, 0)


def test_a_new_partition_is_closed_whatever_the_default_privileges(acting: Acting) -> None:
    connection = acting("tmi_owner")
    connection.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO tmi_app, PUBLIC")
    keep(connection, 4)
    acting("tmi_app", ANN)
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"SELECT FROM {month(connection, 4)}".encode())


def test_embeddings_are_found_by_meaning(acting: Acting) -> None:
    connection = acting("tmi_owner")
    if not connection.execute("SELECT FROM pg_extension WHERE extname = 'vector'").rowcount:
        assert connection.execute("SELECT to_regclass('embeddings')").fetchone() == (None,)
        pytest.skip("this server does not ship vector: the migration makes nothing")
    insert = (
        "INSERT INTO embeddings (threat_model_id, entity_type, entity_id, model, embedding) SELECT threat_model_id,"
        " 'threat', id, 'm', array_fill(0.1, ARRAY[1535]) || CASE WHEN threat_model_id IN"
        " (SELECT id FROM threat_models WHERE name = 'Shop') THEN 1.0 ELSE -1.0 END FROM threats"
    )
    assert connection.execute(insert).rowcount == 2
    nearest = "SELECT entity_id FROM embeddings ORDER BY embedding <=> array_fill(0.1, ARRAY[1536])::vector"
    connection.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {nearest} LIMIT 5".encode()).fetchall())
    assert "idx_embeddings_embedding" in plan
    acting("tmi_app", BOB)
    assert connection.execute(nearest.encode()).rowcount == 1
    acting("tmi_app", "")
    assert connection.execute(nearest.encode()).rowcount == 0
