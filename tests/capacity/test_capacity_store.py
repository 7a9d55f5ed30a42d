"""The table of samples on real servers: who may do what with it, what is kept for how long, and two writers at once."""

from __future__ import annotations

import datetime
import math
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_server import binaries, initdb, running

from bootstrap.access import load_access
from bootstrap.manifest import Endpoint, Manifest, PostgresTarget
from bootstrap.schema.read import read as read_schema
from bootstrap.schema.rows import heaps
from bootstrap.secrets import Secret
from bootstrap.verify.statements import probes, tables
from capacity import store
from capacity.errors import CapacityError
from capacity.look import report
from capacity.room import DatabaseRoom
from capacity.samples import POSTGRES, Sample, samples
from capacity.sampling import sampled
from capacity.series import Series
from observe.read import look

pytestmark = pytest.mark.server
NOON = datetime.datetime(2026, 11, 30, 12, 34, 56, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DECLARED: dict[str, Any] = {
    "owner": "till_owner",
    "identities": {
        "till_app": {"postgres": "readwrite"},
        "till_watch": {"postgres": "monitoring"},
        "till_night": {"postgres": "maintainer"},
    },
}
ACCESS = load_access(DECLARED)
ROLES = """
CREATE ROLE till_owner; CREATE ROLE till_app LOGIN; CREATE ROLE till_watch LOGIN; CREATE ROLE till_night LOGIN;
CREATE ROLE till_stranger LOGIN; GRANT pg_monitor TO till_watch; GRANT till_owner TO till_night
"""
SCENE = """
ALTER SCHEMA public OWNER TO till_owner; SET ROLE till_owner;
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO till_app;
CREATE TABLE receipts (id int) PARTITION BY RANGE (id);
CREATE TABLE receipts_1 PARTITION OF receipts FOR VALUES FROM (0) TO (100000);
INSERT INTO receipts SELECT generate_series(1, 20000)
"""


class Till:
    """A database of its own for each test."""

    def __init__(self, port: int, database: str) -> None:
        self.port, self.database = port, database

    def connect(self, user: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=self.database, user=user, autocommit=True)


@pytest.fixture(scope="module", params=sorted(binaries()))
def server(request: pytest.FixtureRequest) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="dt-pg-", dir="/tmp") as name:
        programs, data = binaries()[request.param], Path(name) / "data"
        initdb(programs, data, "boss")
        with running(programs, data, ["max_connections=20"]) as port:
            with psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="boss", autocommit=True) as conn:
                conn.execute(ROLES)
            yield port


@pytest.fixture
def till(server: int, request: pytest.FixtureRequest) -> Iterator[Till]:
    name = f"till_{abs(hash(request.node.name))}"
    with Till(server, "postgres").connect("boss") as boss:
        boss.execute(f"CREATE DATABASE {name}")
        with Till(server, name).connect("boss") as conn:
            conn.execute(SCENE)
        yield Till(server, name)
        boss.execute(f"DROP DATABASE {name} WITH (FORCE)")


def write(till: Till, at: datetime.datetime, **values: float) -> None:
    with till.connect("till_night") as conn:
        found = [Sample(node="primary", name=name, value=value) for name, value in values.items()]
        assert store.write(conn, ACCESS, found, at) == len(found)


def read(
    till: Till, user: str = "till_watch", until: datetime.datetime = NOON + 500 * 24 * HOUR
) -> dict[str, list[tuple[datetime.datetime, float]]]:
    with till.connect(user) as conn:
        return {each.name: list(zip(each.times, each.values, strict=True)) for each in store.read(conn, until)}


def test_the_highest_of_an_hour_is_kept_by_the_hour_then_by_the_day_and_then_not_at_all(till: Till) -> None:
    assert read(till) == {}
    noon, midnight = NOON.replace(minute=0, second=0), NOON.replace(hour=0, minute=0, second=0)
    day = datetime.timedelta(days=1)

    for at, value in ((NOON, 5.0), (NOON, 3.0), (NOON + HOUR, 4.0)):
        write(till, at, databases=value)
    assert read(till) == {"databases": [(noon, 5.0), (noon + HOUR, 4.0)]}

    write(till, NOON + 9 * day, databases=9.0)
    assert read(till) == {"databases": [(midnight, 5.0), (noon + 9 * day, 9.0)]}

    write(till, NOON - HOUR, databases=7.0)  # late, such as by a computer whose clock is wrong
    assert read(till) == {"databases": [(midnight, 5.0), (noon - HOUR, 7.0), (noon + 9 * day, 9.0)]}
    write(till, NOON + 9 * day, databases=9.0)
    assert read(till) == {"databases": [(midnight, 7.0), (noon + 9 * day, 9.0)]}

    write(till, NOON + 405 * day, databases=1.0)
    assert read(till) == {"databases": [(midnight + 9 * day, 9.0), (noon + 405 * day, 1.0)]}


def test_the_owner_writes_who_watches_reads_and_the_application_only_looks(till: Till) -> None:
    write(till, NOON, databases=1.0)
    assert list(read(till, "till_app")) == ["databases"]  # as of the migrations' own tables
    with pytest.raises(CapacityError, match=r'GRANT SELECT ON public.datatier_capacity TO "till_stranger"'):
        read(till, "till_stranger")
    for user in ("till_app", "till_watch"):
        with till.connect(user) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("INSERT INTO datatier_capacity VALUES (now(), 1, 'x', 'x', 1)")
    with till.connect("till_app") as conn, pytest.raises(CapacityError, match="permission denied to set role"):
        store.write(conn, ACCESS, [], NOON)


def test_what_no_server_has_and_what_is_yet_to_come_is_left_out(till: Till) -> None:
    midnight = NOON.replace(hour=0, minute=0, second=0)
    for name, value in (("wal", math.nan), ("wal", math.inf), ("iops", -math.inf), ("cpu", 1e300), ("memory", -5.0)):
        write(till, NOON, **{name: value})
    write(till, NOON + 300 * 24 * HOUR, memory=9.0)  # by a computer whose clock is wrong
    assert read(till, until=NOON) == {"memory": [(midnight, -5.0)]}


def test_it_is_none_of_the_applications_tables(till: Till) -> None:
    write(till, NOON, databases=1.0)
    with till.connect("boss") as conn:
        assert list(heaps(conn)) == ["receipts"]
        compared = read_schema(conn)
        assert list(compared.schema["tables"]) == ["public.receipts", "public.receipts_1"]
        assert compared.unread == ""  # there is no table with a version that one might not be allowed to read
        tried = list(probes("readwrite", "till_owner", tables(conn), replica=False, version=conn.info.server_version))
    of_ours = [each for each in tried if "datatier_capacity" in " ".join(each.statements)]
    assert [(each.action, each.expected) for each in of_ours] == [("write the data tier's own tables", "refused")]


def test_writers_at_once_neither_fail_nor_lose_the_highest_value(till: Till) -> None:
    def one(number: int) -> None:
        # Each in its own order, and the first of them have to make the table.
        names = [f"table shop.t{(number * 7 + n) % 50}" for n in range(50)]
        with till.connect("till_night") as conn:
            store.write(conn, ACCESS, [Sample(node="p", name=n, value=number) for n in names], NOON)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(12)))
    found = read(till)
    assert len(found) == 50
    assert {value for values in found.values() for _, value in values} == {11.0}


def test_a_report_goes_by_what_was_kept_and_by_how_it_is_now(till: Till) -> None:
    url = Secret(f"postgres://till_watch:any@127.0.0.1:{till.port}/{till.database}?sslmode=disable")
    before = report(url)
    assert [each.said for each in before.sources] == [
        "nothing was ever kept: `datatier capacity --sample`, once a day or more often"
    ]
    now = datetime.datetime.now(datetime.UTC)
    for day in range(30, 0, -1):
        write(till, now - datetime.timedelta(days=day), databases=1e9 - day * 1e6, **{"table public.receipts": 1e6})

    found = report(url, [DatabaseRoom(node="database", disk_free_bytes=10**9)])

    (storage,) = [each for each in found.limits if each.name == "storage"]
    assert storage.trend is not None
    assert round(storage.trend.slope.middle) == 1e6
    assert storage.now < 1e9  # what it is now is asked, and was never kept
    (receipts,) = [each for each in found.growth if each.name == "table public.receipts"]
    assert (receipts.by_day, receipts.why) == (0.0, "may as well not grow")
    assert [(each.node, each.kind, each.series, each.said) for each in found.sources] == [
        ("database", "samples", 2, "")
    ]
    assert {each.whose for each in found.connections} == {"the server"}


def test_who_does_something_else_beside_hears_why_nothing_was_kept(till: Till) -> None:
    place = Endpoint(name="primary", host="127.0.0.1", port=till.port)
    manifest = Manifest(
        stack="till",
        prefix="till-live",
        region="eu-west-1",
        postgres=PostgresTarget(primary=place, database=till.database, sslmode="disable", master_secret="master"),
        access=DECLARED,
    )
    assert sampled(manifest) == (
        "no samples for `datatier capacity` were kept: `till_watch` is declared and has no secret yet: a deployment "
        "makes it, here `datatier access apply`."
    )


def test_what_is_sampled_of_a_server_comes_back_as_series(till: Till) -> None:
    with till.connect("till_watch") as conn:
        found = list(samples(look(conn, "primary", each) for each in POSTGRES))
    by_name = {each.name: each.value for each in found}
    assert {"connections", "connections-limit", "databases", "wal", "transaction-ids"} <= set(by_name)
    assert by_name["connections-limit"] == 20 - 3  # superuser_reserved_connections
    assert by_name["transaction-ids-freeze"] == 200_000_000
    assert by_name["table public.receipts"] > 20_000 * 28  # with its partition
    with till.connect("till_night") as conn:
        store.write(conn, ACCESS, found, NOON)
    with till.connect("till_watch") as conn:
        kept = store.read(conn, NOON)
    hour = NOON.replace(minute=0, second=0)
    assert [each for each in kept if each.name == "table public.receipts"] == [
        Series(
            name="table public.receipts",
            node="primary",
            unit="bytes",
            times=[hour],
            values=[by_name["table public.receipts"]],
        )
    ]
    assert {each.name for each in kept} == set(by_name)
