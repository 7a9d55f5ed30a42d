"""Which partitions are those of single periods that an upkeep makes: by their bounds, and what access.yaml declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from clinic_project import CLINIC
from real_servers import Postgres

from bootstrap import schema
from bootstrap.access.upkeep import TableUpkeep
from bootstrap.schema.definition import Table
from bootstrap.schema.kept_partitions import period_of, unknown, with_periods
from infra.settings.access_file import read_access

NOVEMBER = "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')"
TIMESTAMPTZ = "timestamp with time zone"


def shop(key: str = "RANGE (at)", type_: str = TIMESTAMPTZ, **more: str) -> schema.Schema:
    columns: dict[str, object] = {"at": {"type": type_}, "id": {"type": "integer"}}
    return {"tables": {"shop.sale": {"partition_by": key, "columns": columns, **more}}}  # type: ignore[typeddict-item]


def upkeep(**given: object) -> TableUpkeep:
    return TableUpkeep.model_validate({"schema": "shop", "table": "sale", **given})


@pytest.mark.parametrize(
    ("title", "parent", "limits", "expected"),
    [
        ("shop.sale_2026_11", "shop.sale", NOVEMBER, date(2026, 11, 1)),
        ("shop.november", "shop.sale", NOVEMBER, date(2026, 11, 1)),  # whatever it is called
        ("old.sale_2026_10", "shop.sale", NOVEMBER, date(2026, 11, 1)),
        ("shop.sale_2026_10", "shop.sale", NOVEMBER, None),  # named after another month
        ("shop.sale_2026_11", "shop.sale", NOVEMBER.replace("11-01 00", "11-01 05"), None),  # of another time zone
        ("shop.sale_2026_11", "shop.sale", "FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')", None),  # of days
        ("shop.sale_2026", "shop.sale", NOVEMBER.replace("2026-12", "2027-11"), None),  # of a year
        ("shop.sale_default", "shop.sale", "DEFAULT", None),
        ("shop.sale_2026_11", "shop.sales", NOVEMBER, None),  # of a table that nobody keeps
    ],
)
def test_a_period_is_told_by_its_bounds(title: str, parent: str, limits: str, expected: date | None) -> None:
    assert period_of(title, {"partition_of": parent, "bound": limits}, shop(period="month")) == expected


def test_a_partition_that_is_divided_again_is_none_of_a_period() -> None:
    entry: Table = {"partition_of": "shop.sale", "bound": NOVEMBER, "partition_by": "LIST (k)"}
    assert period_of("shop.sale_2026_11", entry, shop(period="month")) is None


@pytest.mark.parametrize(
    ("key", "type_", "function", "expected"),
    [
        ("RANGE (at)", TIMESTAMPTZ, "shop.keep_sale_partitions(integer)", "month"),
        ("RANGE (at)", "timestamp(3) with time zone", "shop.keep_sale_partitions(integer)", "month"),
        ("RANGE (at)", "date", "shop.keep_sale_partitions(integer)", None),
        ("LIST (at)", TIMESTAMPTZ, "shop.keep_sale_partitions(integer)", None),
        ("RANGE (at, id)", TIMESTAMPTZ, "shop.keep_sale_partitions(integer)", None),
        ("RANGE (at)", TIMESTAMPTZ, "public.keep_sale_partitions(integer)", None),
        ("RANGE (at)", TIMESTAMPTZ, "shop.keep_sales_partitions()", None),
    ],
)
def test_a_function_of_its_own_keeps_months(key: str, type_: str, function: str, expected: str | None) -> None:
    defined: schema.Schema = {**shop(key, type_), "functions": {function: {"definition": []}}}
    assert with_periods(defined, ())["tables"]["shop.sale"].get("period") == expected


@pytest.mark.parametrize(
    ("defined", "given", "expected"),
    [
        (shop(), {"partitions": {"every": "week"}}, "week"),
        (shop(type_="date"), {"partitions": {"every": "day"}}, "day"),
        (shop(), {"expire": {"column": "at", "after": "1d"}}, None),
        (shop("RANGE (id)"), {"partitions": {}}, None),
        (shop(), {"table": "sales", "partitions": {}}, None),
        (shop(), {"schema": "public", "partitions": {}}, None),
        (shop(period="month"), {"partitions": {"every": "day"}}, "day"),  # the declaration is the newer word
    ],
)
def test_a_declared_table_has_its_period(
    defined: schema.Schema, given: dict[str, object], expected: str | None
) -> None:
    assert with_periods(defined, [upkeep(**given)])["tables"]["shop.sale"].get("period") == expected


@pytest.mark.parametrize(
    ("defined", "given", "expected"),
    [
        (shop(), {"partitions": {}, "expire": {"column": "at", "after": "1d"}}, []),
        (
            shop(),
            {"table": "sold", "partitions": {}},
            ["table: the schema has no table `shop.sold`; nearest: `shop.sale`"],
        ),
        (
            shop("LIST (id)"),
            {"partitions": {}},
            [
                "partitions: `shop.sale` has no partitions by a range of one column with a point in time: it is "
                "partitioned by LIST (id)"
            ],
        ),
        (
            shop(""),
            {"partitions": {}, "expire": {"column": "id", "after": "1d"}},
            [
                "partitions: `shop.sale` has no partitions by a range of one column with a point in time: it is not "
                "partitioned",
                "expire.column: `id` of `shop.sale` is integer, no point in time; with a point in time are `at`",
            ],
        ),
        (
            shop(type_="text"),
            {"expire": {"column": "until", "after": "1d"}},
            ["expire.column: `shop.sale` has no column `until`; none of its columns has a point in time"],
        ),
    ],
)
def test_names_that_the_schema_does_not_have(
    defined: schema.Schema, given: dict[str, object], expected: list[str]
) -> None:
    assert list(unknown([upkeep(**given)], defined)) == [f"upkeep.0.{each}" for each in expected]


def test_what_an_application_declares_is_in_its_schema(definition: schema.Schema) -> None:
    access = read_access(CLINIC)
    assert [*unknown(access.upkeep, definition)] == []
    assert with_periods(definition, access.upkeep) == definition


SQL = """
CREATE SCHEMA "Metering";
CREATE TABLE "Metering"."Reading" (meter int, "on" date NOT NULL) PARTITION BY RANGE ("on");
CREATE TABLE "Metering"."Reading_2026_11_30" PARTITION OF "Metering"."Reading"
    FOR VALUES FROM ('2026-11-30') TO ('2026-12-01');
CREATE TABLE "Metering".tomorrow PARTITION OF "Metering"."Reading" FOR VALUES FROM ('2026-12-01') TO ('2026-12-02');
CREATE TABLE "Metering".the_rest PARTITION OF "Metering"."Reading" DEFAULT;
"""
DAILY = TableUpkeep.model_validate({"schema": "Metering", "table": "Reading", "partitions": {"every": "day"}})


def test_days_are_neither_extra_nor_dumped_and_missing_ones_are_told(schema_server: Postgres) -> None:
    with schema_server.superuser() as conn, conn.transaction(force_rollback=True):
        conn.execute(SQL)
        live = schema.read(conn)
        defined = schema.definition_of(live, [DAILY])
        assert [title for title in defined["tables"] if "Metering" in title] == [
            '"Metering"."Reading"',
            '"Metering".the_rest',
        ]
        assert defined["tables"]['"Metering"."Reading"']["period"] == "day"
        at = replace(live, today=date(2026, 11, 30))
        assert [each for each in schema.compare(defined, at) if "Metering" in each.object] == []
        at = replace(live, today=date(2026, 12, 1))
        (missing,) = (each for each in schema.compare(defined, at) if "Metering" in each.object)
        assert (missing.severity, missing.object, missing.what) == (
            "WARN",
            '"Metering"."Reading_2026_12_02"',
            "missing",
        )
        assert "datatier maintain run makes it where access.yaml has the table under `upkeep`" in missing.notes
        conn.execute(missing.sql.encode())
        assert [
            each
            for each in schema.compare(defined, replace(schema.read(conn), today=at.today))
            if "Metering" in each.object
        ] == []
        undeclared = schema.definition_of(live)
        assert '"Metering".tomorrow' in undeclared["tables"]
