"""Which files are migrations, and what is wrong with a folder of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from migrate_server import MIGRATIONS, tables, write

from bootstrap.application import NONE_YET
from bootstrap.migrate import Source, SourceError, TargetError, create
from bootstrap.migrate.folder import problems


def test_an_application_s_own() -> None:
    source = Source.load(MIGRATIONS)
    assert [m.name for m in source.migrations] == [
        "000001_people",
        "000002_wards",
        "000003_patients",
        "000004_audit_log",
        "000005_row_level_security",
        "000006_letters",
    ]
    assert problems(source) == ()


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("000002_a.up.sql", 2),
        ("2_a.up.sql", 2),
        ("0_zero.up.sql", 0),
        ("20260101120000_a_b.down.sql", 20260101120000),
        ("3_.up.", 3),
        ("4_a.up.sql.bak", 4),
        ("5_a.b.up.up.sql", 5),
        ("9223372036854775807_a.up.sql", 2**63 - 1),
        ("a_5.up.sql", None),
        ("5.up.sql", None),
        ("5_a.sql", None),
        ("-5_a.up.sql", None),
    ],
)
def test_names(tmp_path: Path, name: str, version: int | None) -> None:
    (tmp_path / "9_last.up.sql").write_text("SELECT 1")
    (tmp_path / name).write_text("SELECT 1")
    source = Source.load(tmp_path)
    assert set(source.versions) == {9} if version is None else {9, version}
    assert source.stray == ((name,) if version is None else ())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["2_y.up.sql", "000002_z.up.sql"], "000002_z.up.sql and 2_y.up.sql are both up of 2; rename or remove"),
        (["000002_y.up.sql", "000002_y.up.sql.bak"], "duplicate migration"),
        (["9223372036854775808_x.up.sql"], "does not fit a bigint"),
        (["README"], "holds no migrations; datatier migrate create NAME"),
    ],
)
def test_refused(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(SourceError, match=message):
        Source.load(tmp_path)


def test_an_application_without_migrations_says_so(tmp_path: Path) -> None:
    (tmp_path / NONE_YET).touch()
    source = Source.load(tmp_path)
    assert (source.versions, source.last, source.stray) == ((), 0, ())
    with pytest.raises(TargetError, match="no migration found for version 3; no file is here; restore its file"):
        source.get(3)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no folder .*; name the folder of the migrations with --path"):
        Source.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (tables(1, 2), []),
        ({"x1_a_up": "SELECT 1"}, [("missing-down", "000001_a.down.sql")]),
        ({"x1_a_down": "SELECT 1"}, [("missing-up", "000001_a.up.sql")]),
        ({"x1_a_up": " \n", "x1_a_down": "-- nothing to undo"}, [("empty", "000001_a.up.sql")]),
        ({"x1_a_up": "", "x1_a_down": ""}, [("empty", "000001_a.up.sql")]),  # retired: nothing to undo either
        ({"x1_a_up": "SELECT 1", "x1_a_down": "\t"}, [("empty", "000001_a.down.sql")]),
        ({"x1_a_up": "-- later", "x1_a_down": "-- later"}, []),
        (tables(1, 2, 4), [("gap", "000004_t4")]),
        (
            {"x1_a_up": "CREATE INDEX CONCURRENTLY i ON t (a);\nSELECT 1", "x1_a_down": "DROP INDEX CONCURRENTLY i"},
            [("concurrently", "000001_a.up.sql")],
        ),
    ],
)
def test_problems(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]]) -> None:
    found = problems(Source.load(write(tmp_path, **files)))
    assert [(p.rule, p.file) for p in found] == expected


def test_time_stamps_leave_gaps(tmp_path: Path) -> None:
    for stamp in ("20260101120000", "20260203090000"):
        for direction in ("up", "down"):
            (tmp_path / f"{stamp}_a.{direction}.sql").write_text("SELECT 1")
    assert problems(Source.load(tmp_path)) == ()


def test_checksum_ignores_line_ends(tmp_path: Path) -> None:
    (tmp_path / "1_a.up.sql").write_bytes(b"SELECT 1;\r\nSELECT 2;\r\n")
    (tmp_path / "2_a.up.sql").write_bytes(b"SELECT 1;\nSELECT 2;\n")
    one, two = (m.up for m in Source.load(tmp_path).migrations)
    assert one is not None
    assert two is not None
    assert one.checksum == two.checksum


def test_create(tmp_path: Path) -> None:
    first = create(tmp_path / "new", "Add users, please!")
    second = create(tmp_path / "new", "more")
    assert [p.name for p in first + second] == [
        "000001_add_users_please.up.sql",
        "000001_add_users_please.down.sql",
        "000002_more.up.sql",
        "000002_more.down.sql",
    ]
    assert problems(Source.load(tmp_path / "new")) == ()
    with pytest.raises(TargetError, match="gives no file name"):
        create(tmp_path, "!?")
