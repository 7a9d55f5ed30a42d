"""Some tables of a backup come back with all that is theirs: chosen by what the archive says that each entry needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from restoring import backup, schema_of, target
from rich_database import DATABASE, Library

from keep.backup.restore import Wish, restore
from keep.errors import AskedError
from keep.postgres.archive import parsed
from keep.postgres.selective import label, select

# As `pg_restore --list --verbose` has it; a shop's.
CONTENTS = """
;     dbname: shop
2868; 0 0 ENCODING - ENCODING
7; 2615 16715 SCHEMA - sales seller
2875; 0 0 ACL - SCHEMA sales seller
;	depends on: 7
8; 2615 16716 SCHEMA - other seller
983; 1247 16717 TYPE sales mood seller
;	depends on: 7
355; 1255 16721 FUNCTION sales touch() seller
;	depends on: 7
225; 1259 16754 TABLE sales log seller
;	depends on: 7
226; 1259 16761 TABLE other log_1 seller
;	depends on: 225 8
222; 1259 16723 TABLE sales customer seller
;	depends on: 983 7
221; 1259 16722 SEQUENCE sales customer_id_seq seller
;	depends on: 7 222
224; 1259 16734 TABLE sales order line seller
;	depends on: 7
2878; 0 0 ACL sales TABLE "order line" seller
;	depends on: 224
223; 1259 16733 SEQUENCE sales tickets seller
;	depends on: 7
228; 1259 16775 VIEW sales v seller
;	depends on: 224
2685; 0 0 TABLE ATTACH other log_1 seller
;	depends on: 226 225
2688; 2604 16737 DEFAULT sales order line id seller
;	depends on: 224 223
2861; 0 16761 TABLE DATA other log_1 seller
;	depends on: 226
2858; 0 16723 TABLE DATA sales customer seller
;	depends on: 222
2860; 0 16734 TABLE DATA sales order line seller
;	depends on: 224
2880; 0 0 SEQUENCE SET sales customer_id_seq seller
;	depends on: 221
2881; 0 0 SEQUENCE SET sales tickets seller
;	depends on: 223
2692; 2606 16732 CONSTRAINT sales customer customer_pkey seller
;	depends on: 222
2693; 1259 16751 INDEX sales order_note seller
;	depends on: 224
2890; 0 0 COMMENT sales INDEX order_note seller
;	depends on: 2693
2705; 2620 16752 TRIGGER sales customer t seller
;	depends on: 222 355
2704; 2606 16746 FK CONSTRAINT sales order line line_customer_fkey seller
;	depends on: 2692 224 222
2855; 0 16734 ROW SECURITY sales order line seller
;	depends on: 224
2856; 3256 16753 POLICY sales customer seen seller
;	depends on: 222 225
""".splitlines()
ENTRIES = parsed(CONTENTS)


@pytest.mark.parametrize(
    ("tables", "numbers", "with_rows", "left_out"),
    [
        (
            ["sales.log"],  # with its partition, wherever that is; and not customer's policy, which only speaks of it
            {7, 2875, 8, 225, 226, 2685, 2861},
            {"sales log", "other log_1"},
            [],
        ),
        (
            ['sales."order line"'],
            {7, 2875, 223, 224, 2878, 2688, 2860, 2881, 2693, 2890, 2855},
            {"sales order line"},
            [
                "not brought: the foreign key line_customer_fkey, as sales.customer is not restored",
                "not brought: the view sales.v, which reads what is restored",
            ],
        ),
        (
            ["sales.customer"],
            {7, 2875, 983, 355, 225, 222, 221, 2858, 2880, 2692, 2705, 2856},
            {"sales customer"},
            ["sales.log is there without its rows, as something of what is restored needs it"],
        ),
        (
            ["other.log_1"],  # whose rows are read through sales.log too, by those whom that lets in
            {7, 2875, 8, 225, 226, 2685, 2861},
            {"sales log", "other log_1"},
            ["all of sales.log comes, of which other.log_1 is a partition"],
        ),
        (
            ["sales.customer", 'sales."order line"', "sales.log"],
            {each.number for each in ENTRIES} - {2868, 228},
            {"sales customer", "sales order line", "sales log", "other log_1"},
            ["not brought: the view sales.v, which reads what is restored"],
        ),
    ],
)
def test_what_is_a_table_s_comes_and_what_that_needs(
    tables: list[str], numbers: set[int], with_rows: set[str], left_out: list[str]
) -> None:
    found = select(ENTRIES, tables)
    assert {each.number for each in found.entries} == numbers
    assert [each.number for each in found.entries] == [each.number for each in ENTRIES if each.number in numbers]
    assert (found.tables, list(found.remarks)) == (with_rows, left_out)


def test_a_table_that_only_comes_along_is_guarded_as_it_was() -> None:
    """Its privileges come, so its policies have to; and what these need."""
    lines = """
7; 2615 16715 SCHEMA - sales seller
8; 2615 16716 SCHEMA - rules seller
9; 1255 16721 FUNCTION rules mine(integer) seller
;	depends on: 8
222; 1259 16723 TABLE sales party seller
;	depends on: 7
223; 1259 16724 TABLE sales firm seller
;	depends on: 7 222
2855; 0 16734 ROW SECURITY sales party seller
;	depends on: 222
2856; 3256 16753 POLICY sales party own seller
;	depends on: 222 9
2857; 0 16754 TABLE DATA sales party seller
;	depends on: 222
2858; 0 16755 TABLE DATA sales firm seller
;	depends on: 223
2860; 0 0 ACL sales TABLE party seller
;	depends on: 222
2861; 0 0 ACL - SCHEMA rules seller
;	depends on: 8
""".splitlines()
    found = select(parsed(lines), ["sales.firm"])
    assert {each.number for each in found.entries} == {7, 8, 9, 222, 223, 2855, 2856, 2858, 2860, 2861}
    assert found.remarks == ("sales.party is there without its rows, as something of what is restored needs it",)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("sales.costumer", "the backup has no table sales.costumer; did you mean sales.customer?"),
        ("customer", "the backup has no table customer; did you mean sales.customer?"),
        ("a.b.c", "a.b.c is not the name of a table: write SCHEMA.TABLE, odd names in double quotes"),
        ("", " is not the name of a table: write SCHEMA.TABLE, odd names in double quotes"),
    ],
)
def test_a_table_that_is_not_there(name: str, sentence: str) -> None:
    with pytest.raises(AskedError) as raised:
        select(ENTRIES, [name])
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("orders", "public orders"),
        ("sales.orders", "sales orders"),
        ('sales."Order Line"', "sales Order Line"),
        ('"Odd ""N"" ames"."Ta.ble"', 'Odd "N" ames Ta.ble'),
    ],
)
def test_a_name_as_sql_has_it_is_found_as_a_table_of_contents_has_it(name: str, found: str) -> None:
    assert label(name) == found


@pytest.mark.server
def test_they_are_as_they_were_on_each_major_version(each_library: Library, tmp_path: Path) -> None:
    """By pg_dump's word on each: its partitions, keys, indexes, triggers, policies, privileges, sequences, comments."""
    tables = ("lending.reader", "lending.loan", "lending.title", "public.branch", '"Odd ""N"" ames"."Ta.ble"')
    place, made = backup(each_library, tmp_path)
    named = tuple(each.replace("lending.loan", "lending.loan_2026_spring") for each in tables)
    wish = Wish(server=target(each_library), name="some_tables", tables=named)
    try:
        done = restore(place, made, wish)
        assert (done.tables, done.rows) == (5, 197)
        assert done.notes == [
            "all of lending.loan comes, of which lending.loan_2026_spring is a partition",
            "not brought: the view lending.open_loan, which reads what is restored",
            "not brought: the materialized view lending.popular, which reads what is restored",
        ]
        for table in tables:
            words = (f"--table-and-children={table}",) if each_library.major > 15 else (f"--table={table}",)
            assert schema_of(each_library, "some_tables", *words) == schema_of(each_library, DATABASE, *words), table
        with each_library.connect("desk", "some_tables") as desk:  # whose policy shows one branch of three
            assert desk.execute("SELECT count(*) FROM lending.reader").fetchone() == (10,)
        assert each_library.ask("SELECT to_regclass('lending.secret_note')", "some_tables") is None
    finally:
        each_library.execute("DROP DATABASE IF EXISTS some_tables WITH (FORCE)", "postgres")
