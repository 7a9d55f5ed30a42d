"""Folders as other applications have them: the shapes that public golang-migrate folders take, with tables made up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folder:
    """Files by name, and what comes of them."""

    files: dict[str, str]
    version: int
    """Where `up` ends."""
    tables: tuple[str, ...]
    warned: tuple[tuple[str, str], ...] = ()
    """Rule and file of each thing that is odd."""
    refused_down: tuple[str, ...] = ()
    """Files without which `down` is refused, unless that is allowed."""
    left: tuple[str, ...] = ()
    """Tables that are there after all went down."""
    next: str = ""
    """Number that `create` gives on 29 November 2026 at noon."""

    def write(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        for name, sql in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(sql.encode())
        return folder


def _made(*names: str) -> dict[str, str]:
    """A table for each file's number, made and dropped."""
    table = lambda name: "t" + name.split("_")[0]  # noqa: E731
    up = {f"{name}.up.sql": f"CREATE TABLE {table(name)} (id bigint);\n" for name in names}
    return up | {f"{name}.down.sql": f"DROP TABLE {table(name)};\n" for name in names}


def _ups(*names: str) -> dict[str, str]:
    return {name: sql for name, sql in _made(*names).items() if ".up." in name}


NOON = "20261129120000"
FOLDERS = {
    "six digits": Folder(_made("000001_init", "000002_add_orders"), 2, ("t000001", "t000002"), next="000003"),
    "four digits": Folder(_made("0001_init", "0002_a", "0003_b"), 3, ("t0001", "t0002", "t0003"), next="0004"),
    "no padding, past nine": Folder(
        _made(*(f"{n}_step" for n in range(1, 12))), 11, tuple(sorted(f"t{n}" for n in range(1, 12))), next="12"
    ),
    "up files only": Folder(
        _ups("001_init", "002_users"),
        2,
        ("t001", "t002"),
        (("missing-down", "001_init.down.sql"), ("missing-down", "002_users.down.sql")),
        ("002_users.down.sql", "001_init.down.sql"),
        ("t001", "t002"),
        "003",
    ),
    "some down files": Folder(
        _made("1_a", "3_c") | _ups("2_b"),
        3,
        ("t1", "t2", "t3"),
        (("missing-down", "2_b.down.sql"),),
        ("2_b.down.sql",),
        ("t2",),
        "4",
    ),
    "empty down files": Folder(
        _made("01_a") | {"02_b.up.sql": "CREATE TABLE b (id int)", "02_b.down.sql": "\n"},
        2,
        ("b", "t01"),
        (("empty", "02_b.down.sql"),),
        ("02_b.down.sql",),
        ("b",),
        "03",
    ),
    "a retired migration": Folder(
        _made("0001_a", "0003_c") | {"0002_old.up.sql": "", "0002_old.down.sql": ""},
        3,
        ("t0001", "t0003"),
        (("empty", "0002_old.up.sql"),),
        next="0004",
    ),
    "a retired one without a way down": Folder(
        _made("0001_a") | {"0002_old.up.sql": "  \r\n"}, 2, ("t0001",), (("empty", "0002_old.up.sql"),), next="0003"
    ),
    "a lost up file": Folder(
        _made("1_a", "3_c") | {"2_gone.down.sql": "SELECT 1"},
        3,
        ("t1", "t3"),
        (("missing-up", "2_gone.up.sql"),),
        next="4",
    ),
    "gaps": Folder(
        _made("000001_a", "000002_b", "000005_e", "000009_i"),
        9,
        ("t000001", "t000002", "t000005", "t000009"),
        (("gap", "000005_e"), ("gap", "000009_i")),
        next="000010",
    ),
    "counted in tens": Folder(_made("010_a", "020_b", "030_c"), 30, ("t010", "t020", "t030"), next="031"),
    "time stamps": Folder(
        _made("20230105101500_init", "20240229235959_leap"),
        20240229235959,
        ("t20230105101500", "t20240229235959"),
        next=NOON,
    ),
    "days": Folder(_made("20230105_init", "20261129_today"), 20261129, ("t20230105", "t20261129"), next="20261130"),
    "minutes": Folder(_made("202301051015_init"), 202301051015, ("t202301051015",), next="202611291200"),
    "Unix seconds": Folder(
        _made("1609459200_init", "1672531200_b"), 1672531200, ("t1609459200", "t1672531200"), next="1795953600"
    ),
    "Unix nanoseconds": Folder(
        _made("1672531200000000000_a"), 1672531200000000000, ("t1672531200000000000",), next="1795953600000000000"
    ),
    "a clock that was ahead": Folder(
        _made("20270101000000_a"), 20270101000000, ("t20270101000000",), next="20270101000001"
    ),
    "numbers, then time stamps": Folder(
        _made("0001_a", "0002_b", "20240101000000_c"), 20240101000000, ("t0001", "t0002", "t20240101000000"), next=NOON
    ),
    "from version zero": Folder(_made("0_base", "1_next"), 1, ("t0", "t1"), next="2"),
    "other extensions": Folder(
        {
            "001_a.up.SQL": "CREATE TABLE a (id int)",
            "001_a.down.SQL": "DROP TABLE a",
            "002_b.up.pgsql": "CREATE TABLE b (id int)",
            "002_b.down.psql": "DROP TABLE b",
        },
        2,
        ("a", "b"),
        next="003",
    ),
    "company": Folder(
        _made("001_a")
        | {
            "README.md": "# how to migrate",
            ".gitkeep": "",
            "embed.go": "package migrations",
            "seeds/001_users.up.sql": "INSERT INTO nowhere VALUES (1)",
            "schema.sql": "-- the whole",
            "002_b.sql": "-- which way?",
            "003_c.UP.sql": "SELECT 1",
        },
        1,
        ("t001",),
        (("stray", "002_b.sql"), ("stray", "003_c.UP.sql"), ("stray", "schema.sql")),
        next="002",
    ),
    "names": Folder(
        {
            "1_a.b.up.up.sql": "CREATE TABLE a (id int)",
            "1_a.b.up.down.sql": "DROP TABLE a",
            "2_über die Straße.up.sql": "CREATE TABLE b (id int)",
            "2_uber.down.sql": "DROP TABLE b",
            "3_.up.sql": "CREATE TABLE c (id int)",
            "3_.down.sql": "DROP TABLE c",
        },
        3,
        ("a", "b", "c"),
        next="4",
    ),
    "line ends of Windows": Folder(
        {
            "1_a.up.sql": "-- shop\r\nCREATE TABLE a (\r\n  id int\r\n);\r\n\r\nCREATE TABLE b (id int);\r\n",
            "1_a.down.sql": "DROP TABLE b;\r\nDROP TABLE a;\r\n",
        },
        1,
        ("a", "b"),
        next="2",
    ),
    "comments only": Folder(
        _made("1_a") | {"2_note.up.sql": "-- done by hand on 3 May\n/* nothing */", "2_note.down.sql": "-- nothing"},
        2,
        ("t1",),
        next="3",
    ),
    "transactions of its own": Folder(
        {
            "001_a.up.sql": "BEGIN;\n\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\n\nCOMMIT;\n",
            "001_a.down.sql": "BEGIN;\nDROP TABLE b;\nDROP TABLE a;\nEND;\n",
            "002_i.up.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id);",
            "002_i.down.sql": "DROP INDEX CONCURRENTLY IF EXISTS i;",
            "003_v.up.sql": "VACUUM a",
            "003_v.down.sql": "-- nothing",
        },
        3,
        ("a", "b"),
        next="004",
    ),
    "functions": Folder(
        {
            "1_f.up.sql": "CREATE TABLE a (id int, at timestamptz);\nCREATE FUNCTION f() RETURNS trigger AS $body$\n"
            "BEGIN\n  NEW.at := now(); -- it's now\n  RETURN NEW;\nEND;\n$body$ LANGUAGE plpgsql;\n"
            "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f();\n"
            "CREATE RULE r AS ON DELETE TO a DO INSTEAD (SELECT 1; SELECT 2);\n"
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'mood') THEN\n"
            "  CREATE TYPE mood AS ENUM ('sad', 'it''s ok'); END IF; END $$;\n",
            "1_f.down.sql": "DROP TABLE a; DROP FUNCTION f(); DROP TYPE IF EXISTS mood;",
        },
        1,
        ("a",),
        next="2",
    ),
}
