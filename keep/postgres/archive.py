"""What pg_dump's archive says of itself: which pg_dump wrote it, and its table of contents."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.migrate.statements import scan
from keep.errors import DamagedError

_MAGIC = b"PGDMP"
# Two words and more (PostgreSQL's pg_dump.c, every `.description`). The longest that fits is the one.
_KINDS = sorted(
    (
        "ACCESS METHOD",
        "BLOB METADATA",
        "CHECK CONSTRAINT",
        "DATABASE PROPERTIES",
        "DEFAULT ACL",
        "EVENT TRIGGER",
        "FK CONSTRAINT",
        "FOREIGN DATA WRAPPER",
        "FOREIGN SERVER",
        "FOREIGN TABLE",
        "INDEX ATTACH",
        "LARGE OBJECT",
        "MATERIALIZED VIEW",
        "MATERIALIZED VIEW DATA",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "PROCEDURAL LANGUAGE",
        "PUBLICATION TABLE",
        "PUBLICATION TABLES IN SCHEMA",
        "ROW SECURITY",
        "SECURITY LABEL",
        "SEQUENCE OWNED BY",
        "SEQUENCE SET",
        "SHELL TYPE",
        "STATISTICS DATA",
        "SUBSCRIPTION TABLE",
        "TABLE ATTACH",
        "TABLE DATA",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "USER MAPPING",
    ),
    key=len,
    reverse=True,
)
_LINE = re.compile(r"(\d+); (\d+) (\d+) (.*)")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a table of contents."""

    number: int
    kind: str
    """Such as `TABLE DATA`."""
    rest: str
    """Schema (`-` where it is in none), name and owner, as pg_restore lists them: parted by spaces, not quoted."""
    needs: frozenset[int]
    """Numbers of the entries that come before it."""
    line: str
    """The line itself, by which pg_restore's `--use-list` knows it."""


def dumped_by(head: bytes, where: str) -> int:
    """Return the major version of the pg_dump that wrote an archive, from its first bytes; raise DamagedError.

    An older pg_restore refuses a newer archive. The header (PostgreSQL's pg_backup_archiver.c, ReadHead): magic, three
    bytes of version, sizes of integers and offsets, the format, the compression (one byte since 1.15, an integer
    before), seven integers of time, and three texts: database, version of the server, version of pg_dump.
    """
    if head[:5] != _MAGIC or len(head) < 12:
        raise DamagedError(f"{where} is not an archive of pg_dump")
    size = head[8]
    at = 11 + (1 if tuple(head[5:7]) >= (1, 15) else size + 1) + 7 * (size + 1)
    texts: list[str] = []
    for _ in range(3):
        length = int.from_bytes(head[at + 1 : at + 1 + size], "little")
        at += 1 + size
        texts.append(head[at : at + length].decode("utf-8", "replace"))
        at += length
    found = re.match(r"\d+", texts[2])
    if found is None:
        raise DamagedError(f"{where} is an archive whose header is damaged")
    return int(found[0])


def listed(program: str, archive: Path, section: str | None = None) -> tuple[Entry, ...]:
    """Return the whole table of contents, in the order in which it is restored, or what of it is in a section.

    Of a section without what each entry needs: --verbose lists all sections. Raise DamagedError.
    """
    options = [f"--section={section}"] if section else ["--create", "--verbose"]
    done = subprocess.run([program, "--list", *options, archive], capture_output=True, check=False, cwd="/")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise DamagedError(f"the archive cannot be read: {said[-1] if said else 'pg_restore said nothing'}")
    return parsed(done.stdout.decode("utf-8", "surrogateescape").splitlines())


def parsed(lines: Sequence[str]) -> tuple[Entry, ...]:
    """Return what `pg_restore --list --verbose` wrote."""
    entries: list[Entry] = []
    for line in lines:
        if line.startswith(";\tdepends on:"):
            last = entries.pop()
            needs = frozenset(int(each) for each in line.partition(":")[2].split())
            entries.append(Entry(number=last.number, kind=last.kind, rest=last.rest, needs=needs, line=last.line))
        elif found := _LINE.fullmatch(line):
            text = found[4]
            kind = next((each for each in _KINDS if text.startswith(f"{each} ")), text.partition(" ")[0])
            rest = text.removeprefix(kind).strip()
            entries.append(Entry(number=int(found[1]), kind=kind, rest=rest, needs=frozenset(), line=line))
    return tuple(entries)


def script(program: str, archive: Path, entries: Sequence[Entry], folder: Path) -> tuple[str, ...]:
    """Return the SQL of some entries, statement by statement, without what is psql's or sets up a session."""
    if not entries:
        return ()
    done = subprocess.run(
        [program, "--create", "--file=-", f"--use-list={kept(entries, folder)}", archive],
        capture_output=True,
        check=False,
        cwd="/",
    )
    if done.returncode:
        raise DamagedError("the archive cannot be read: pg_restore failed")
    return statements(done.stdout.decode("utf-8", "surrogateescape"))


def statements(text: str) -> tuple[str, ...]:
    """Return what `script` wants of a script of pg_restore's, without semicolons; pure.

    Between statements are comments and psql's own commands, a line each (`\\connect`, and `\\encoding` before one that
    names a database with other characters than letters, digits, `_` and `.`; string_utils.c, appendPsqlMetaConnect). In
    a statement such a line is part of a text.
    """
    found: list[str] = []
    while text:
        line, _, rest = text.partition("\n")
        if not line or line.startswith(("--", "\\")):
            text = rest
            continue
        end = text.find(";\n")
        while end >= 0 and scan(text[:end])[1]:  # in a text, a name or a list
            end = text.find(";\n", end + 1)
        found.append(text[:end] if end >= 0 else text)
        text = text[len(found[-1]) + 1 :]
    return tuple(each for each in found if not re.match(r"SET |SELECT pg_catalog\.set_config\(", each))


def kept(entries: Sequence[Entry], folder: Path) -> Path:
    """Write the list of entries that `--use-list` takes."""
    path = folder / f"list-{len(list(folder.iterdir()))}"
    path.write_bytes("".join(f"{each.line}\n" for each in entries).encode("utf-8", "surrogateescape"))
    return path
