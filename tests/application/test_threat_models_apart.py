"""Nothing leads from one threat model into another: each table by select, insert, update, delete and reference, asked
by the application's login for somebody who has no part in it, and by a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from application_server import Acting, ApplicationServer, Connection
from psycopg import errors
from threat_models import ANN, BOB, EVE

pytestmark = pytest.mark.server
CELL = "11111111-1111-1111-1111-111111111111"

# Of Shop, all by its id; what every row of a table needs beside that.
OWN = {
    "threat_models": "id = '{shop}'",
    "threat_model_access": "threat_model_id = '{shop}'",
    "diagrams": "threat_model_id = '{shop}'",
    "threats": "threat_model_id = '{shop}'",
    "documents": "threat_model_id = '{shop}'",
    "sources": "threat_model_id = '{shop}'",
    "metadata": "threat_model_id = '{shop}'",
    "collaboration_sessions": "threat_model_id = '{shop}'",
    "session_participants": "session_id = '{shop_session}'",
}
INSERTS = {
    "threat_models": "(owner_email, name) VALUES ('ann@example.org', 'x')",
    "threat_model_access": "(threat_model_id, user_email, role) VALUES ('{shop}', 'eve@example.org', 'owner')",
    "diagrams": "(threat_model_id, name) VALUES ('{shop}', 'x')",
    "threats": "(threat_model_id, name) VALUES ('{shop}', 'x')",
    "documents": "(threat_model_id, name, url) VALUES ('{shop}', 'x', 'u')",
    "sources": "(threat_model_id, url) VALUES ('{shop}', 'u')",
    "metadata": "(entity_type, entity_id, key, value) VALUES ('threat_model', '{shop}', 'x', 'v')",
    "collaboration_sessions": "(threat_model_id, diagram_id, websocket_url) VALUES ('{shop}', '{shop_diagram}', 'w')",
    "session_participants": "(session_id, user_id) VALUES ('{shop_session}', '{eve}')",
}
# What Eve has of her own, made to point into Shop.
REFERENCES = [
    "UPDATE threats SET diagram_id = '{shop_diagram}' WHERE threat_model_id = '{bank}'",
    "INSERT INTO threats (threat_model_id, name, diagram_id) VALUES ('{bank}', 'x', '{shop_diagram}')",
    "UPDATE threats SET threat_model_id = '{shop}' WHERE threat_model_id = '{bank}'",
    "UPDATE diagrams SET threat_model_id = '{shop}' WHERE threat_model_id = '{bank}'",
    "UPDATE documents SET threat_model_id = '{shop}' WHERE threat_model_id = '{bank}'",
    "UPDATE sources SET threat_model_id = '{shop}' WHERE threat_model_id = '{bank}'",
    "UPDATE collaboration_sessions SET diagram_id = '{shop_diagram}' WHERE threat_model_id = '{bank}'",
    "INSERT INTO collaboration_sessions (threat_model_id, diagram_id, websocket_url)"
    " VALUES ('{bank}', '{shop_diagram}', 'w')",
    "UPDATE session_participants SET session_id = '{shop_session}' WHERE session_id = '{bank_session}'",
    "UPDATE metadata SET entity_id = '{shop}' WHERE entity_type = 'threat_model'",
    "UPDATE metadata SET threat_model_id = '{shop}' WHERE entity_type = 'threat_model'",
    "INSERT INTO metadata (threat_model_id, entity_type, entity_id, key, value)"
    " VALUES ('{bank}', 'threat_model', '{shop}', 'x', 'v')",
    "INSERT INTO metadata (threat_model_id, entity_type, entity_id, key, value)"
    " VALUES ('{bank}', 'diagram', '{shop_diagram}', 'x', 'v')",
    "INSERT INTO metadata (threat_model_id, entity_type, entity_id, key, value)"
    " VALUES ('{shop}', 'cell', '" + CELL + "', 'x', 'v')",
    "UPDATE threat_model_access SET threat_model_id = '{shop}' WHERE threat_model_id = '{bank}'",
]


@pytest.fixture(scope="module")
def ids(filled: Connection) -> Mapping[str, str]:
    one = lambda query: str(filled.execute(query.encode()).fetchall()[0][0])  # noqa: E731
    made = {name.lower(): one(f"SELECT id FROM threat_models WHERE name = '{name}'") for name in ("Shop", "Bank")}
    for name, model in tuple(made.items()):
        made[f"{name}_diagram"] = one(f"SELECT id FROM diagrams WHERE threat_model_id = '{model}'")
        made[f"{name}_session"] = one(f"SELECT id FROM collaboration_sessions WHERE threat_model_id = '{model}'")
    return made | {
        email.split("@")[0]: one(f"SELECT id FROM users WHERE email = '{email}'") for email in (ANN, BOB, EVE)
    }


@pytest.mark.parametrize("table", OWN)
@pytest.mark.parametrize("user", [EVE, "", "nobody@example.org"])
def test_a_stranger_sees_changes_and_deletes_nothing(
    acting: Acting, ids: Mapping[str, str], table: str, user: str
) -> None:
    connection, mine = acting("tmi_app", user), OWN[table].format(**ids)
    for statement in (
        f"SELECT FROM {table} WHERE {mine}",
        f"UPDATE {table} SET modified_at = now() WHERE {mine}",
        f"DELETE FROM {table} WHERE {mine}",
    ):
        assert connection.execute(statement.encode()).rowcount == 0, statement
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"INSERT INTO {table} {INSERTS[table]}".format(**ids).encode())


@pytest.mark.parametrize("table", OWN)
def test_a_reader_sees_all_and_changes_nothing(acting: Acting, ids: Mapping[str, str], table: str) -> None:
    connection, mine = acting("tmi_app", BOB), OWN[table].format(**ids)
    assert connection.execute(f"SELECT FROM {table} WHERE {mine}".encode()).rowcount > 0
    for statement in (
        f"UPDATE {table} SET modified_at = now() WHERE {mine}",
        f"DELETE FROM {table} WHERE {mine}",
    ):
        assert connection.execute(statement.encode()).rowcount == 0, statement
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"INSERT INTO {table} {INSERTS[table]}".format(**ids).encode())


@pytest.mark.parametrize("sql", REFERENCES)
def test_what_is_ones_own_is_not_tied_to_anothers(acting: Acting, ids: Mapping[str, str], sql: str) -> None:
    connection = acting("tmi_owner")
    connection.execute(
        "INSERT INTO threat_model_access (threat_model_id, user_email, role) VALUES (%s, %s, 'reader')",
        (
            ids["bank"],
            BOB,
        ),
    )
    acting("tmi_app", EVE)
    with pytest.raises((errors.InsufficientPrivilege, errors.ForeignKeyViolation)):
        connection.execute(sql.format(**ids).encode())


@pytest.mark.parametrize("role", ["tmi_owner", "tmi_app"])
def test_not_even_the_owner_of_both_ties_them(acting: Acting, ids: Mapping[str, str], role: str) -> None:
    """What no policy forbids, because somebody writes both, or owns the tables, the keys do."""
    connection = acting("tmi_owner")
    connection.execute(
        "INSERT INTO threat_model_access (threat_model_id, user_email, role) VALUES (%s, %s, 'writer')",
        (ids["bank"], ANN),
    )
    acting(role, ANN)
    for table in ("threats", "collaboration_sessions"):
        with pytest.raises(errors.ForeignKeyViolation), connection.transaction():
            connection.execute(
                f"UPDATE {table} SET diagram_id = %s WHERE threat_model_id = %s".encode(),
                (ids["shop_diagram"], ids["bank"]),
            )


def test_a_cells_metadata_stays_where_it_was_written(acting: Acting, ids: Mapping[str, str]) -> None:
    """The same cell id in two threat models, the same key: each sees and takes its own."""
    connection = acting("tmi_app", ANN)
    insert = (
        "INSERT INTO metadata (threat_model_id, entity_type, entity_id, key, value) VALUES (%s, 'cell', %s, 'k', %s)"
    )
    look = "SELECT value FROM metadata WHERE entity_type = 'cell'"
    connection.execute(insert, (ids["shop"], CELL, "Ann's secret"))
    acting("tmi_app", EVE)
    assert connection.execute(look).fetchall() == []
    connection.execute(insert, (ids["bank"], CELL, "Eve's"))
    assert connection.execute(look).fetchall() == [("Eve's",)]
    for user in (ANN, BOB):
        acting("tmi_app", user)
        assert connection.execute(look).fetchall() == [("Ann's secret",)]


def test_an_application_that_knows_no_threat_model_of_metadata(acting: Acting, ids: Mapping[str, str]) -> None:
    """The release before goes on: the threat model is found, among those that the user may read."""
    connection = acting("tmi_app", EVE)
    old = (
        "INSERT INTO metadata (entity_type, entity_id, key, value) VALUES (%s, %s, 'new', 'v')"
        " RETURNING threat_model_id"
    )
    for kind, entity in (("cell", CELL), ("threat_model", ids["bank"]), ("diagram", ids["bank_diagram"])):
        assert str(connection.execute(old, (kind, entity)).fetchall()[0][0]) == ids["bank"]


def test_a_reader_joins_and_leaves_alone(acting: Acting, ids: Mapping[str, str]) -> None:
    connection = acting("tmi_app", BOB)
    join = "INSERT INTO session_participants (session_id, user_id) VALUES (%s, %s)"
    connection.execute(join, (ids["shop_session"], ids["bob"]))
    for user in ("eve", "ann"):
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute(join, (ids["shop_session"], ids[user]))
    with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
        connection.execute("UPDATE session_participants SET user_id = %s WHERE user_id = %s", (ids["eve"], ids["bob"]))
    assert connection.execute("UPDATE session_participants SET left_at = now()").rowcount == 1, "one's own"
    assert connection.execute("DELETE FROM session_participants").rowcount == 1
    acting("tmi_app", ANN)
    connection.execute(join, (ids["shop_session"], ids["bob"]))
    assert connection.execute("DELETE FROM session_participants").rowcount == 2, "a writer brings and sends"


def test_no_function_answers_for_the_owner_about_others(acting: Acting, ids: Mapping[str, str]) -> None:
    connection = acting("tmi_app", EVE)
    answers = connection.execute("SELECT owner_of(%s), owner_of(%s)", (ids["shop"], ids["bank"])).fetchone()
    assert answers == (None, EVE)
    acting("tmi_app", BOB)
    assert connection.execute("SELECT owner_of(%s)", (ids["shop"],)).fetchone() == (ANN,)
    acting("tmi_app", "")
    assert connection.execute("SELECT owner_of(%s)", (ids["shop"],)).fetchone() == (None,)
    definers = connection.execute(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND prorettype <> 'trigger'::regtype ORDER BY 1"
    ).fetchall()
    assert definers == [("owner_of",), ("threat_models_of_user",)], "every other one has to be tried here"


def test_every_function_that_runs_code_has_a_search_path(acting: Acting) -> None:
    connection = acting("tmi_owner")
    loose = connection.execute(
        "SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS"
        " (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%') AND NOT EXISTS (SELECT FROM pg_depend"
        " WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')"
    ).fetchall()
    assert loose == [("app_user_email",)], "one expression of pg_catalog's, which the planner inlines into policies"


def test_embeddings_are_kept_apart(acting: Acting, ids: Mapping[str, str]) -> None:
    connection = acting("tmi_owner")
    if connection.execute("SELECT to_regclass('embeddings')").fetchone() == (None,):
        pytest.skip("this server does not ship vector: the migration makes nothing")
    insert = (
        "INSERT INTO embeddings (threat_model_id, entity_type, entity_id, model, embedding)"
        " VALUES (%s, 'diagram', %s, 'm', array_fill(0.1, ARRAY[1536])::vector)"
    )
    acting("tmi_app", EVE)
    for model in ("bank", "shop"):
        with pytest.raises((errors.ForeignKeyViolation, errors.InsufficientPrivilege)), connection.transaction():
            connection.execute(insert, (ids[model], ids["shop_diagram"]))
    connection.execute(insert, (ids["bank"], ids["bank_diagram"]))


# As version 12 let it come about: metadata of cells and of what is gone, and references across.
BEFORE = f"""
INSERT INTO users (email, name) VALUES ('ann@example.org', 'Ann'), ('eve@example.org', 'Eve');
INSERT INTO threat_models (owner_email, name) VALUES ('ann@example.org', 'Shop'), ('eve@example.org', 'Bank');
INSERT INTO diagrams (threat_model_id, name, cells)
    SELECT id, name, jsonb_build_array(jsonb_build_object('id', '{CELL}'), jsonb_build_object('id', id))
      FROM threat_models;
INSERT INTO threats (threat_model_id, name, diagram_id)
    SELECT m.id, m.name || ' in ' || d.name, d.id FROM threat_models m, diagrams d;
INSERT INTO collaboration_sessions (threat_model_id, diagram_id, websocket_url)
    SELECT m.id, d.id, m.name || ' in ' || d.name FROM threat_models m, diagrams d;
INSERT INTO metadata (entity_type, entity_id, key, value)
    SELECT 'threat_model', id, 'k', name FROM threat_models UNION ALL SELECT 'threat', id, 'k', name FROM threats
    UNION ALL SELECT 'cell', id, 'k', name || '''s cell' FROM threat_models
    UNION ALL SELECT 'cell', '{CELL}', 'k', 'of both' UNION ALL SELECT 'source', gen_random_uuid(), 'k', 'gone';
"""


@pytest.fixture
def older(servers: ApplicationServer) -> Iterator[Connection]:
    """A database at version 12 with such rows."""
    with servers.empty("older") as connection:
        servers.runner(connection).goto(12)
        connection.execute(BEFORE.encode())
        yield connection
    servers.drop("older")


def test_rows_of_before_go_to_whose_they_are(servers: ApplicationServer, older: Connection) -> None:
    runner = servers.runner(older)
    runner.up()
    values = "SELECT value, (SELECT name FROM threat_models WHERE id = threat_model_id) FROM metadata ORDER BY value"
    assert older.execute(values).fetchall() == [
        ("Bank", "Bank"),
        ("Bank in Bank", "Bank"),
        ("Bank in Shop", "Bank"),
        ("Bank's cell", "Bank"),
        ("Shop", "Shop"),
        ("Shop in Bank", "Shop"),
        ("Shop in Shop", "Shop"),
        ("Shop's cell", "Shop"),
        ("gone", None),
        ("of both", None),
    ]
    drawn = "SELECT name FROM threats WHERE diagram_id IS NOT NULL ORDER BY 1"
    assert older.execute(drawn).fetchall() == [("Bank in Bank",), ("Shop in Shop",)]
    assert older.execute("SELECT websocket_url FROM collaboration_sessions ORDER BY 1").fetchall() == [
        ("Bank in Bank",),
        ("Shop in Shop",),
    ]
    servers.grant("older")
    with older.transaction():
        older.execute("SET LOCAL ROLE tmi_app; SET LOCAL app.user_email = 'eve@example.org'")
        assert older.execute("SELECT FROM metadata WHERE value LIKE 'Shop%' OR value = 'of both'").rowcount == 0
    runner.goto(12)
    runner.up()
