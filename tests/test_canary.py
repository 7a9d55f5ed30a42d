"""Every password begins with a marker; every command runs, also into failures; then the marker is looked for.

Looked through: what the commands print with DATATIER_DEBUG=1, every file of the project folder (states, logs, data of
the servers), and command line and environment of every process. A command that is missing from `COMMANDS` fails here.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import clinic_project
import pytest
import typer
from forked import Forked, forking

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Case:
    """A command with its arguments, and what it may show."""

    words: tuple[str, ...]
    code: int = 0
    url: bool = False
    """Whether DATABASE_URL and REDIS_URL hold a marker of their own."""
    stdin: str = ""
    prints: bool = False
    """Its purpose is to print passwords."""


def case(*words: str, **more: object) -> Case:
    return Case(words, **more)  # type: ignore[arg-type]


BACKUP = "(the backup)"
"""Stands for the id of the backup that `backup create` has made."""
SPOIL = "ALTER ROLE clinic_app_b SET default_transaction_read_only = on"
# In this order, on one tier. Keys are the commands as the program lists them.
COMMANDS: dict[str, list[Case]] = {
    "init": [case("desk", code=2)],  # this folder is no checkout
    "up": [case(), case("--new-ports", code=1)],
    "status": [case("--json"), case("--format", "pgpass", prints=True)],
    "doctor": [case("--json")],
    "logs": [case()],
    "env": [case(), case("--reveal", prints=True), case("--identity", "nobody", code=2)],
    "preview": [case("dev", "--json"), case("dev", "--since", "HEAD", code=2)],
    "changed": [case("--since", "HEAD", code=2)],
    "adopt": [case("prod", "--instance", "orders", "--region", "eu-west-1", code=2)],  # prod is declared already
    "report keep": [case("reports", "engines", "--", "false", code=1)],
    "report summary": [case("reports")],
    "report comment": [case("reports", "--pull-request", "1", "--dry-run")],
    "report issue": [case("prod", "reports", "--dry-run", code=3)],
    "report next-steps": [case("prod", "reports")],
    "alarms check": [case("--json"), case("prod", code=3)],
    "alarms list": [case("--json")],
    "alarms prove": [case("--json"), case("nope", code=1)],
    "psql": [
        case("master", "--", "-c", SPOIL),
        case("clinic_reporting", "--", "-c", "SELECT nonsense", code=1),
    ],
    "redis-cli": [
        case("clinic_cache", "main", stdin="KEYS *\nnonsense\n"),
    ],
    "access rotate": [
        case("clinic_app", code=1),  # spoilt above: what is pending is not made current
        case("clinic_reporting", "--dry-run"),
        case("--all", "--grace", "0", code=1),
        case("clinic_reporting", "--finish"),
        case("--older-than", "soon", code=2),
    ],
    "bootstrap": [case()],
    "access plan": [case("--json"), case(url=True, code=1)],
    "access apply": [case("--yes"), case(code=2), case("--yes", url=True, code=1)],
    "access verify": [case("--json")],
    "drift": [case("--json"), case("--prove"), case("--outputs", "nowhere", code=2)],
    "access explain": [case("clinic_app"), case("nobody", code=2), case("clinic_app", url=True, code=1)],
    "access import": [case("--json"), case(url=True, code=1)],
    "pools": [case("--instances", "2"), case(url=True, code=1)],
    "schema check": [case("--json"), case(url=True, code=1)],
    "schema sql": [case()],
    "schema docs": [case()],
    "schema dump": [case("--json"), case(url=True, code=1)],
    "alarms explain": [case("storage-low", "dev", "--json"), case("storage-lwo", "dev", code=2)],
    "maintain plan": [case("--json")],
    "maintain run": [case("--yes", "--json"), case("--yes", "--only", "vacum", code=2)],
    "maintain report": [case(), case("--json")],
    "maintain schedule": [case("--json"), case("--now", "--json"), case("--budget", "1m", code=2)],
    "capacity": [
        case("--sample"),
        case("--instances", "2"),
        case("--json"),
        case("--html", "capacity.html"),
        case("--markdown"),
        case(url=True, code=1),
        case("--json", "--markdown", code=2),
    ],
    "cost show": [case("prod", "--json")],
    "cost refresh": [case("nope", code=2), case("-s", "nope", code=2)],
    "upgrade plan": [
        case("dev", "--to", "postgres.version=18", "--from", "postgres.version=17", "--out", "plan.json"),
        case("dev", "--to", "postgres", code=2),
    ],
    "upgrade run": [case("plan.json", "--list", "--json"), case("plan.json", "--undo", "green", code=2)],
    "upgrade rehearse": [
        case("--to", "postgres.version=16", code=2),
        case("--to", "postgres.version=18", url=True, code=1),
    ],
    "health": [case("--json"), case("--line"), case(url=True, code=1)],
    "queries connections": [case("--json")],
    "queries sessions": [case(), case(url=True, code=1)],
    "queries long": [case("--json")],
    "queries blocked": [case()],
    "queries locks": [case()],
    "queries slow": [case()],
    "queries replication": [case()],
    "queries faults": [case()],
    "queries sizes": [case()],
    "queries indexes": [case()],
    "queries bloat": [case()],
    "queries vacuum": [case()],
    "queries wraparound": [case()],
    "queries sequences": [case()],
    "queries cache-hit": [case()],
    "queries all": [case("--json", url=True, code=1)],
    "queries deps": [case("schema_migrations"), case("nothing", code=2)],
    "queries table": [case("schema_migrations", "--json"), case("nothing", code=2)],
    "queries explain": [case("--query", "SELECT 1"), case("--query", "nonsense", code=2)],
    "queries kill": [case("1", "--yes", code=2)],
    "queries clients": [case("main"), case(url=True, code=1)],
    "queries slowlog": [case("main")],
    "queries usage": [case("main", "--json")],
    "keys": [case("main", "--json"), case("nope", code=2), case(url=True, code=1)],
    "metrics print": [case(), case(url=True)],
    "metrics files": [case("boards")],
    "metrics serve": [case("--listen", "nowhere", code=2)],
    "dashboard": [case("--listen", "0.0.0.0:1", code=2)],
    "backup create": [
        case("--to", "kept", "--to", "s3://nobody-has-this-bucket/kept", code=1),
        case("--to", "kept", url=True, code=1),
    ],
    "backup list": [case("--from", "kept", "--json"), case(code=2)],
    "backup show": [case("nothing", "--from", "kept", code=2)],
    "backup verify": [case("nothing", "--from", "kept", code=2), case(BACKUP, "--from", "kept", "--level", "3")],
    "backup restore": [
        case(BACKUP, "--from", "kept"),
        case(BACKUP, "--from", "kept", "--table", "nothing", code=2),
        case(BACKUP, "--from", "kept", url=True, code=1),
    ],
    "backup prune": [case("--from", "kept", "--yes"), case("--from", "s3://nobody-has-this-bucket/kept", code=2)],
    "backup merge": [case("--table", "users", code=2), case("--from-database", "gone", "--table", "users", code=1)],
    "backup schedule": [case("--json"), case("--now", "--to", "kept"), case("--to", "kept", code=2)],
    "drill pitr": [case("--json"), case("--to", "2999-01-01T00:00:00Z", code=2), case("--to", "soon", code=2)],
    "drill snapshot": [case("--dry-run")],
    "drill deletion": [case("--dry-run", code=2), case("--dry-run", "--table", "users", "--json", code=2)],
    "drill primary": [case("--dry-run")],
    "drill region": [case("--dry-run", code=2), case("--subnet-group", "there", code=2)],
    "drill redis": [case("--dry-run"), case("--dry-run", "--cache", "attic", code=2)],
    "drill run": [case(code=2), case("soon", code=2)],
    "drill report": [case("--json"), case("--check"), case("nothing", code=2)],
    "drill clean": [case()],
    "migrate version": [case(url=True, code=1)],
    "migrate status": [case()],
    "migrate validate": [case()],
    "migrate rehearse": [case("--since", "4"), case(url=True, code=1), case("--since", "nowhere", code=2)],
    "migrate create": [case("something", "--path", "made")],
    "migrate down": [case("1")],
    "migrate down-to": [case("3")],
    "migrate goto": [case("6")],
    "migrate force": [case("6")],
    "migrate up": [case(), case(url=True, code=1), case("--path", "/nonexistent", code=2)],
    "snapshot save": [case("one", "--json"), case("One", code=2)],
    "snapshot list": [case("--json")],
    "snapshot restore": [case("one", "--yes"), case("two", "--yes", code=2), case("one", code=2)],
    "snapshot delete": [case("one"), case("one", code=2)],
    "reset": [case("--yes")],
    "down": [case()],
}


def leaves(command: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the program, however deep."""
    for name, below in getattr(command, "commands", {}).items():
        if hasattr(below, "commands"):
            yield from leaves(below, (*path, name))
        else:
            yield " ".join((*path, name))


@dataclass
class Canary:
    """A project folder, and the program that marks what it makes."""

    folder: Path
    beside: Path
    """Where the program lies, and what it noticed."""
    program: Forked
    marker: str

    @property
    def url(self) -> str:
        return f"postgres://app:{self.marker}url@127.0.0.1:1/app"

    def run(self, command: str, case: Case) -> tuple[int, str]:
        """The exit code and all that was printed; what it starts is watched meanwhile, whoever started that."""
        env = {**os.environ, "DATATIER_DEBUG": "1", "COLUMNS": "200"}
        if case.url:
            env |= {"DATABASE_URL": self.url, "REDIS_URL": f"redis://app:{self.marker}url@127.0.0.1:1/0"}
        notes = self.beside / "noticed"
        notes.write_text("")
        watched = Watched(self.marker)
        kept = [path.parent.name for path in self.folder.glob("kept/*/MANIFEST.json")]
        words = [kept[0] if word == BACKUP else word for word in case.words]
        with watched.meanwhile() as begin:
            code, out, err = self.program.run((*command.split(), *words), self.folder, env, case.stdin, begin)
        # Passwords are handed to other programs by these two variables, and a URL is what the caller has set.
        allowed = {"PGPASSWORD", "REDISCLI_AUTH"} | ({"DATABASE_URL", "REDIS_URL"} if case.url else set())
        assert watched.seen | set(notes.read_text().split("\n")) - {""} <= allowed
        return code, out + err


@dataclass
class Watched:
    """A process and what it starts."""

    marker: str
    seen: set[str] = field(default_factory=set)
    """Names of the variables that held a marker; `command line` for that."""

    @contextmanager
    def meanwhile(self) -> Iterator[Callable[[int], None]]:
        """Look again and again; gives what is told the pid."""
        over, pids = threading.Event(), list[int]()

        def watch() -> None:
            while not over.wait(0.1):
                for pid in pids:
                    self.look(pid)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield pids.append
        finally:
            over.set()
            thread.join()

    def look(self, pid: int) -> None:
        here = Path(f"/proc/{pid}")
        try:
            if self.marker.encode() in (here / "cmdline").read_bytes():
                self.seen.add("command line")
            for variable in (here / "environ").read_bytes().split(b"\0"):
                if self.marker.encode() in variable:
                    self.seen.add(variable.partition(b"=")[0].decode())
            tasks = [path.read_text().split() for path in (here / "task").glob("*/children")]
        except OSError:  # it has ended
            return
        for child in {child for task in tasks for child in task}:
            self.look(int(child))


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    folder, beside = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("program")
    clinic_project.copy(folder)
    (folder / "made").mkdir()
    program = Path(shutil.copy(ROOT / "tests" / "canary_program.py", beside / "program.py"))
    marker = f"Canary{secrets.token_hex(3)}"
    (beside / "marker").write_text(marker)
    with forking(program=program) as forked:
        made = Canary(folder, beside, forked, marker)
        yield made
        if (folder / ".local").is_dir():
            made.run("down", case("--delete", "--yes"))


def test_every_command_is_tried() -> None:
    from cli.main import application

    listed = set(leaves(typer.main.get_command(application())))
    assert listed - set(COMMANDS) == set(), "add the new command to COMMANDS, with arguments that bring it far"
    assert set(COMMANDS) - listed == set()


@pytest.mark.parametrize(
    ("command", "tried"),
    [pytest.param(command, each, id=f"{command} {n}") for command, tries in COMMANDS.items() for n, each in
     enumerate(tries)],
)  # fmt: skip
def test_no_command_shows_a_password(command: str, tried: Case, canary: Canary) -> None:
    if command == "down" and tried.code == 0:
        servers_hold_no_password(canary)
    code, out = canary.run(command, tried)
    assert code == tried.code, out.replace(canary.marker, "(the marker)")
    assert (canary.marker in out) is tried.prints


KEPT = {
    # What the infrastructure's state knows: the master's first password, dead since the first bootstrap.
    "drawn": {"state.json"},
    # The substrate's own accounts: its state, the files in which the servers themselves keep a way to another, and the
    # key of the emulator's door.
    "own": {"state.json", "server.conf", "postgresql.auto.conf", "pgpass", "credentials"},
}
"""Kind of password -> files that may hold it. Those that a bootstrap or a rotation made are in none but `VAULT`."""
VAULT = "secretsmanager.json"
"""What Secrets Manager's stand-in holds, on disk before a change is answered."""


def servers_hold_no_password(canary: Canary) -> None:
    """Before the tier goes down: the processes that run on, and every file that is there."""
    _, out = canary.run("status", case("--json"))
    running = [process["pid"] for process in json.loads(out)["processes"]]
    assert len(running) == 6
    watched = Watched(canary.marker)
    for pid in running:
        watched.look(pid)
    assert watched.seen == set()
    assert holders(canary) == KEPT


def test_files_hold_no_password_of_an_identity(canary: Canary) -> None:
    """After all of it, the tier down."""
    assert holders(canary) == KEPT


def holders(canary: Canary) -> dict[str, set[str]]:
    """Kind of password -> names of the files that hold one; files are read by all, so they must be private."""
    found: dict[str, set[str]] = {}
    for path in canary.folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if path.name == VAULT:
            assert path.stat().st_mode & 0o077 == 0, path
            continue
        for kind in ("made", "drawn", "own", "url", ""):
            if f"{canary.marker}{kind}".encode() in content and (kind or not found):
                found.setdefault(kind or "unknown", set()).add(path.name)
                assert path.stat().st_mode & 0o077 == 0, path
    return found
