"""Measures migrations as whole processes, side by side with the tools that do the same, on one server of its own.

    .venv/bin/python bench/migrations.py            print the tables
    WRITE=1 .venv/bin/python bench/migrations.py    and put them into bench/README.md
    BESIDE=FOLDER .venv/bin/python ...              another checkout of the project in turn with this one
    SIZES= .venv/bin/python ...                     without the table of sizes, which takes longest

The others are taken from PATH: `migrate` (golang-migrate), `dbmate`, `alembic`, `yoyo`; one that is not there is named
and left out. Each gets the same SQL in its own form, a database of its own for every run, and its defaults.
"""

from __future__ import annotations

import getpass
import os
import platform
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "bench")]

from postgres_server import binaries, run_tool, running  # noqa: E402
from run import DATATIER, once  # noqa: E402
from section import publish  # noqa: E402

COUNT, RUNS = 1000, 3
SIZES = tuple(int(size) for size in os.environ.get("SIZES", "100 1000 10000").split())
BESIDE = os.environ.get("BESIDE")
# Flushes of the log by whoever is served, not by the server's own processes (pg_stat_io, PostgreSQL 18).
FLUSHES = "SELECT sum(fsyncs)::int FROM pg_stat_io WHERE object = 'wal' AND backend_type = 'client backend'"

UP = "CREATE TABLE t{n} (id bigint PRIMARY KEY);\n"
DOWN = "DROP TABLE t{n};\n"

ALEMBIC_INI = "[alembic]\nscript_location = %(here)s\nsqlalchemy.url = {url}\n"
ALEMBIC_ENV = """
from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC_FILE = """
from alembic import op
revision, down_revision = "{n:06d}", {before!r}
def upgrade(): op.execute({up!r})
def downgrade(): op.execute({down!r})
"""


@dataclass(frozen=True)
class Tool:
    """How one of them is given its files, and what is run."""

    name: str
    program: str
    write: Callable[[Path, int], None]
    command: Callable[[str, Path, str], list[str]]
    target: float | None = None
    """How many times faster than it we mean to be."""


def _pairs(folder: Path, n: int) -> None:
    (folder / f"{n:06d}_t{n}.up.sql").write_text(UP.format(n=n))
    (folder / f"{n:06d}_t{n}.down.sql").write_text(DOWN.format(n=n))


def _dbmate(folder: Path, n: int) -> None:
    text = f"-- migrate:up\n{UP.format(n=n)}\n-- migrate:down\n{DOWN.format(n=n)}"
    (folder / f"{20260101000000 + n}_t{n}.sql").write_text(text)


def _yoyo(folder: Path, n: int) -> None:
    (folder / f"{n:06d}_t{n}.sql").write_text(UP.format(n=n))
    (folder / f"{n:06d}_t{n}.rollback.sql").write_text(DOWN.format(n=n))


def _alembic(folder: Path, n: int) -> None:
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "env.py").write_text(ALEMBIC_ENV)
    before = f"{n - 1:06d}" if n > 1 else None
    text = ALEMBIC_FILE.format(n=n, before=before, up=UP.format(n=n), down=DOWN.format(n=n))
    (folder / "versions" / f"{n:06d}_t{n}.py").write_text(text)


def _alembic_command(program: str, folder: Path, url: str) -> list[str]:
    ini = folder / "alembic.ini"
    ini.write_text(ALEMBIC_INI.format(url=url.replace("postgres://", "postgresql+psycopg://").split("?")[0]))
    return [program, "-c", str(ini), "upgrade", "head"]


def _yoyo_command(program: str, folder: Path, url: str) -> list[str]:
    url = url.replace("postgres://", "postgresql+psycopg://").split("?")[0]
    return [program, "apply", "--batch", "--no-config-file", "--database", url, str(folder)]


OURS = Tool(
    "`datatier migrate up`",
    DATATIER,
    _pairs,
    lambda p, d, u: [p, "migrate", "up", "--path", str(d), "--database-url", u],
)
_MAIN = f"import sys; sys.path.insert(0, {BESIDE!r}); from cli.main import main; main()"
OTHER = Tool(
    "the same by the checkout of BESIDE",
    sys.executable,
    _pairs,
    lambda p, d, u: [p, "-c", _MAIN, "migrate", "up", "--path", str(d), "--database-url", u],
)
TOOLS = (
    OURS,
    *[OTHER] * bool(BESIDE),
    Tool("golang-migrate", "migrate", _pairs, lambda p, d, u: [p, "-path", str(d), "-database", u, "up"], 2.2),
    Tool(
        "dbmate",
        "dbmate",
        _dbmate,
        lambda p, d, u: [p, "--url", u, "--migrations-dir", str(d), "--no-dump-schema", "up"],
        3,
    ),
    Tool("alembic", "alembic", _alembic, _alembic_command, 3),
    Tool("yoyo", "yoyo", _yoyo, _yoyo_command, 3),
)


@contextmanager
def server(folder: Path) -> Iterator[Callable[[], str]]:
    """A PostgreSQL 18 with its defaults (fsync on); gives the URL of a new database."""
    programs = binaries()[18]
    run_tool(folder, [programs / "initdb", "-D", folder / "data", "-U", "app", "-A", "trust", "-E", "UTF8"])
    with running(programs, folder / "data", ["fsync=on", "shared_buffers=128MB"]) as port:
        made = 0

        def database() -> str:
            nonlocal made
            made += 1
            with psycopg.connect(host="127.0.0.1", port=port, dbname="postgres", user="app", autocommit=True) as admin:
                admin.execute(f"DROP DATABASE IF EXISTS b{made - 1}".encode())
                admin.execute(f"CREATE DATABASE b{made}".encode())
                admin.execute("CHECKPOINT")
            return f"postgres://app@127.0.0.1:{port}/b{made}?sslmode=disable"

        yield database
        database()  # drops the last one: fewer files to flush at the end


def files(tool: Tool, folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for n in range(1, count + 1):
        tool.write(folder, n)
    return folder


@dataclass(frozen=True)
class Taken:
    """One run of a tool on all files, and one with nothing to do after it."""

    seconds: float
    memory: float
    flushes: int
    """By its sessions, applying."""
    idle: float
    """Seconds."""
    processor: float
    """Seconds of the processor with nothing to do."""


def taken(command: list[str], place: Path, url: str) -> Taken:
    """Measure both."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_reset_shared('io')")
    seconds, memory = once(command, place)
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(FLUSHES.encode()).fetchone()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    idle, _ = once(command, place)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(seconds, memory, row[0] if row else 0, idle, processor)


def race(database: Callable[[], str], place: Path, tools: list[tuple[Tool, str]]) -> list[str]:
    """Every tool on 1,000 files, turn by turn, each time once more with nothing to do."""
    folders = {tool.name: files(tool, place / str(i), COUNT) for i, (tool, _) in enumerate(tools)}
    found: dict[str, list[Taken]] = {tool.name: [] for tool, _ in tools}
    for _ in range(RUNS):
        for tool, program in tools:
            url = database()
            found[tool.name].append(taken(tool.command(program, folders[tool.name], url), place, url))
    ours = found[OURS.name]
    lines = [
        f"| {COUNT} migrations, empty database | median s | fastest - slowest | times ours, in the same turn | target "
        "| flushes a file | peak MiB | nothing to do, median s | processor s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for tool, _ in tools:
        runs = found[tool.name]
        seconds = [run.seconds for run in runs]
        ratio = statistics.median(run.seconds / our.seconds for run, our in zip(runs, ours, strict=True))
        lines.append(
            f"| {tool.name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} - {max(seconds):.2f} "
            f"| {ratio:.1f} | {f'{tool.target:g}' if tool.target else ''} "
            f"| {statistics.median(run.flushes for run in runs) / COUNT:.1f} | {max(run.memory for run in runs):.0f} "
            f"| {statistics.median(run.idle for run in runs):.2f} "
            f"| {statistics.median(run.processor for run in runs):.2f} |"
        )
    return lines


def sizes(database: Callable[[], str], place: Path) -> list[str]:
    """Our memory by the number of files, applying them and with nothing to do."""
    if not SIZES:
        return []
    lines = ["| `datatier migrate up`, files | s | peak MiB | nothing to do, s | peak MiB |", "|---|---|---|---|---|"]
    for count in SIZES:
        folder = files(OURS, place / f"n{count}", count)
        command = OURS.command(DATATIER, folder, database())
        first, idle = once(command, place), once(command, place)
        lines.append(f"| {count:,} | {first[0]:.2f} | {first[1]:.0f} | {idle[0]:.2f} | {idle[1]:.0f} |")
    return lines


def main() -> None:
    """Print, and write when asked."""
    there = [(tool, found) for tool in TOOLS if (found := shutil.which(tool.program))]
    absent = [tool.name for tool in TOOLS if not shutil.which(tool.program)]
    os.environ.setdefault("USER", getpass.getuser())
    with tempfile.TemporaryDirectory(prefix="datatier-bench-", dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        with server(place) as database:
            lines = [*race(database, place, there), "", *sizes(database, place)]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    missing = f"; not installed here: {', '.join(absent)}" if absent else ""
    text = f"{machine}, PostgreSQL 18 with fsync on; {RUNS} runs in turn{missing}.\n\n" + "\n".join(lines)
    publish("migrations", text)


if __name__ == "__main__":
    main()
