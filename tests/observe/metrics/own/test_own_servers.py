"""Verdicts and differences of real servers: made wrong by a test, found by the metric that should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import own_database
import psycopg
import pytest
from real_servers import Postgres, Valkey

from bootstrap import schema
from bootstrap.manifest import CacheTarget, Endpoint, Manifest, PostgresTarget
from bootstrap.postgres.compared import compared
from bootstrap.secrets import Secret
from observe.metrics.exporter import Exporter
from observe.metrics.own.differences import differences
from observe.metrics.own.part import Part
from observe.metrics.sources import Watched, sources

pytestmark = pytest.mark.server
IDENTITIES = {
    "{n}_app": {"postgres": "readwrite"},
    "{n}_watch": {"postgres": "monitoring"},
}


@pytest.fixture
def database(postgres18: Postgres) -> Iterator[own_database.Database]:
    made = own_database.make(postgres18)
    yield made
    own_database.clear()


@pytest.fixture
def watched(database: own_database.Database) -> Iterator[psycopg.Connection]:
    """Whoever watches a database of a stack that was just deployed."""
    database.apply(database.access(identities=IDENTITIES))
    database.execute(f"ALTER ROLE {{n}}_watch_a PASSWORD '{own_database.PASSWORD}'")
    with database.connect(f"{database.n}_watch_a") as conn:
        yield conn


def manifest(database: own_database.Database) -> Manifest:
    node = Endpoint(name="a", host="127.0.0.1", port=1)
    declared = {"owner": "{n}_owner", "identities": IDENTITIES}
    return Manifest(
        stack="shop",
        prefix="shop",
        region="eu-west-1",
        postgres=PostgresTarget(primary=node, database=database.n, master_secret="arn:master"),
        caches={"basket": CacheTarget(endpoint=node, nodes=(node,))},
        access=own_database.named(declared, database.n),
    )


def values(part: Part) -> dict[str, float]:
    return {family.name: family.samples[0].value for family in part.families}


def test_a_right_that_was_revoked_and_a_table_that_was_changed_are_differences(
    database: own_database.Database, watched: psycopg.Connection, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE baskets (id bigint PRIMARY KEY)", as_role="{n}_owner")
    (tmp_path / "migrations").mkdir()
    stack = manifest(database)
    assert values(differences(watched, manifest=stack, migrations=tmp_path / "migrations")) == {
        "datatier_schema_differences": 0,  # nothing is committed
        "datatier_access_differences": 0,
    }
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.json").write_text(schema.dump(schema.read(watched).schema))
    assert (
        values(differences(watched, manifest=stack, migrations=tmp_path / "migrations"))["datatier_schema_differences"]
        == 0
    )
    database.execute("ALTER TABLE baskets ADD owner text; REVOKE INSERT ON baskets FROM {n}_app")
    part = differences(watched, manifest=stack, migrations=tmp_path / "migrations")
    assert values(part) == {"datatier_schema_differences": 1, "datatier_access_differences": 1}
    assert [(each.metric, each.grant) for each in part.refused] == [("datatier_access_differences", "")]


def test_who_watches_sees_the_differences_that_the_master_sees(
    database: own_database.Database, watched: psycopg.Connection
) -> None:
    access = database.access(identities=IDENTITIES)
    database.execute("CREATE ROLE {n}_stranger LOGIN; GRANT {n}_app TO {n}_stranger; ALTER ROLE {n}_app CREATEDB")
    with database.master() as conn:
        own = compared(conn, access, iam=False, master=f"{database.n}_master")
    assert compared(watched, access, iam=False) == own
    assert own.changes
    assert own.undeclared


def told(url: str, cache: str) -> list[str]:
    exporter = Exporter(sources(Watched(postgres=Secret(url), redis=Secret(cache)), migrations=Path("nowhere")), None)
    try:
        return [each for each in exporter.text(20).splitlines() if not each.startswith("#")]
    finally:
        exporter.close(20)


def test_verdicts_of_both_engines(
    database: own_database.Database, watched: psycopg.Connection, valkey_server: Valkey
) -> None:
    user = f"{database.n}_watch_a"
    # It is logged in here and for the peer's metrics, the health and the other verdicts.
    database.execute("ALTER ROLE {n}_watch_a CONNECTION LIMIT 4")
    url = f"postgres://{user}:{own_database.PASSWORD}@127.0.0.1:{database.server.port}/{database.n}"
    lines = told(url, f"redis://127.0.0.1:{valkey_server.port}")
    series = [each.rpartition(" ")[0] for each in lines]
    assert len(set(series)) == len(series)
    found = dict(each.rpartition(" ")[::2] for each in lines)
    assert [found[f'datatier_up{{instance="{node}"}}'] for node in ("database", "redis")] == ["1", "1"]
    full = f'datatier_check_status{{instance="database",check="connections",object="login {user}"}}'
    assert found[full] == "2"
    assert found['datatier_check_status{instance="redis",check="clients",object=""}'] == "0"


def test_who_may_not_see_is_told_the_grant(database: own_database.Database, valkey_server: Valkey) -> None:
    database.execute(f"CREATE ROLE {{n}}_plain LOGIN PASSWORD '{own_database.PASSWORD}'")
    url = f"postgres://{database.n}_plain:{own_database.PASSWORD}@127.0.0.1:{database.server.port}/{database.n}"
    refused = [
        each for each in told(url, f"redis://127.0.0.1:{valkey_server.port}") if "datatier_metric_refused" in each
    ]
    grants = {found[1] for each in refused if (found := re.search(r'grant="(.*)"} 1', each))}
    assert f'GRANT pg_monitor TO \\"{database.n}_plain\\"' in grants
