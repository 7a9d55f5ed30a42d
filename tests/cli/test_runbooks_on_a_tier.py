"""Every command of the runbooks that asks something is run on a tier of another application, and answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from shop import FOREIGN, Folder

# The runbooks as data are in the folder of the documents' tests.
sys.path.append(str(Path(__file__).parents[1] / "docs"))

from pages import NAME, commands

from bootstrap.manifest import Manifest
from observe.nodes import postgres_nodes

pytestmark = pytest.mark.server

STATEMENT = "SELECT count(*) FROM users WHERE email = $1"
# How a command begins -> why it is not run here.
ELSEWHERE = {
    "psql": "its statements have a test of their own",
    "bootstrap": "test_runbooks_of_losses; on other pages it mends what is not broken here",
    "up": "it changes something",
    "migrate up": "it changes something",
    "migrate force": "it changes something",
    "migrate rehearse": "it makes a database",
    "schema dump": "it writes a file",
    "access apply": "it changes something",
    "preview": "it asks no server",
    "health --watch": "it goes on until Ctrl-C",
    "backup ": "test_runbooks_of_losses, in the order of their page",
    "drill ": "test_runbooks_of_losses",
    "snapshot ": "test_runbooks_of_losses",
}
UNSEEN = ("slowlog|get", "pgstattuple")
"""What the identity that watches may not see, as access.yaml has it, or is not installed."""
MENTIONED = {"queries", "queries kill", "migrate", "keys", "backup"}
"""Names of commands in a sentence, without what they take."""


def _asked() -> Iterator[tuple[str, ...]]:
    for words in dict.fromkeys(each.words[1:] for each in commands() if each.words[0] == "datatier"):
        line = " ".join(words)
        rotates = words[:2] == ("access", "rotate") and "--dry-run" not in words
        if line not in MENTIONED and not line.startswith(tuple(ELSEWHERE)) and not rotates:
            yield words


ASKED = list(_asked())


@pytest.fixture(scope="module")
def manifest(live: Folder) -> Iterator[Manifest]:
    """Of `live`, which is also in the file that the runbooks name."""
    kept = json.loads((live.path / ".local" / "live" / "state.json").read_text())["kept"]["manifest"]
    (live.path / "prod.json").write_text(json.dumps(kept))
    yield Manifest.model_validate(kept)
    (live.path / "prod.json").unlink()


@contextmanager
def session(manifest: Manifest, node: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """One of the application's on a server, idle in a transaction."""
    (found,) = (each for each in postgres_nodes(manifest, "shop_app") if each.name == node)
    with closing(found.connect(5)) as conn:
        conn.execute("SET application_name = 'till'")
        conn.execute("BEGIN")
        conn.execute(STATEMENT.replace("$1", "%s"), ("a@example.org",))
        yield conn


@pytest.fixture
def pid(manifest: Manifest) -> Iterator[Callable[[str], int]]:
    """The process of a new session on a server, which may be ended."""
    with ExitStack() as stack:
        yield lambda node: stack.enter_context(session(manifest, node)).info.backend_pid


@pytest.fixture(scope="module")
def statement(live: Folder, manifest: Manifest) -> str:
    """Id of the application's statement, which has been run often enough to be among those that are listed."""
    with session(manifest, "primary") as conn:
        for _ in range(300):
            conn.execute(STATEMENT.replace("$1", "%s"), ("a@example.org",))
        conn.commit()
    rows = live.call("queries", "slow", "--by", "calls", "--json", "--limit", "100").json["rows"]
    (found,) = (row["id"] for row in rows if row["query"] == STATEMENT)
    return str(found)


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_it_answers(live: Folder, statement: str, pid: Callable[[str], int], words: tuple[str, ...]) -> None:
    node = words[words.index("--node") + 1] if "--node" in words else "primary"
    put: dict[str, Callable[[], str]] = {
        "<pid>": lambda: str(pid(node)),
        "PID": lambda: str(pid(node)),
        "<id>": lambda: statement,
        "ID": lambda: statement,
        "<table>": lambda: "public.users",
        "CACHE": lambda: "main",
        "queue": lambda: "main",  # `live` has one cache
        "IDENTITY": lambda: "shop_app",
        "CACHE-auth": lambda: "main-auth",
        "prod": lambda: "live",
    }
    pid(node)  # there is somebody to see
    typed = [put.get(word, lambda word=word: word.replace(NAME, "shop"))() for word in words]
    if "kill" in typed:
        typed.append("--yes")
    said = live.call(*typed)
    assert said.code in (0, 3), said.all
    lines = [line for line in said.out.splitlines() if line.strip()]
    assert lines or typed[0] == "logs", said.all
    if typed[0] == "queries" and typed[1] not in ("kill", "explain"):
        assert lines[0] == "none" or len(lines) > 1, said.out
    assert "a fault of datatier" not in said.err
    assert not FOREIGN["live"].search(said.out.replace(str(live.path), "")), said.all
    unseen = [line for line in lines if line.startswith("skipped")]
    assert typed[0] != "queries" or all(any(each in line for each in UNSEEN) for line in unseen), unseen


def test_what_is_not_run_is_in_a_runbook() -> None:
    lines = {" ".join(each.words[1:]) for each in commands() if each.words[0] == "datatier"}
    assert all(any(line.startswith(start) for line in lines) for start in ELSEWHERE)
    assert len(ASKED) > 40
