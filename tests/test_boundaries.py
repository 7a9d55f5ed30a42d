"""The boundaries between the rooms, held by reading every file's imports."""

import ast
from pathlib import Path

import pytest

from graph import types
from graph.kinds import KINDS

ROOT = Path(__file__).parents[1]
ROOMS = (
    "account",
    "alarms",
    "infra",
    "components",
    "graph",
    "knowledge",
    "bootstrap",
    "clients",
    "local",
    "policy",
    "preview",
    "runtime",
    "upgrade",
    "pipeline",
    "delivery",
    "cli",
)

# Room -> the rooms it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "account": {"graph", "knowledge"},
    "alarms": {"graph", "knowledge"},
    "bootstrap": set(),
    "clients": {"bootstrap"},
    "components": {"knowledge"},
    "infra": {"components", "knowledge", "bootstrap"},
    "graph": {"knowledge"},
    "knowledge": set(),
    "delivery": {"infra", "components", "knowledge"},
    "local": {"bootstrap", "graph", "knowledge", "runtime"},
    "policy": {"graph", "infra", "knowledge"},  # its entry for the engine reads the stack's file
    "preview": {"graph", "runtime", "infra", "components", "knowledge", "policy", "alarms"},
    "runtime": {"graph", "knowledge"},
    "upgrade": {"infra", "components", "knowledge"},
    "pipeline": {"bootstrap", "infra", "knowledge", "preview"},
    "cli": {
        "account",
        "graph",
        "runtime",
        "alarms",
        "pipeline",
        "upgrade",
        "infra",
        "components",
        "knowledge",
        "bootstrap",
        "clients",
        "local",
        "policy",
        "preview",
    },
}
# Room -> libraries it must do without.
MUST_NOT_IMPORT: dict[str, set[str]] = {
    "account": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "alarms": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "bootstrap": {"pulumi", "pulumi_aws", "typer", "rich"},
    "clients": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "components": {"boto3", "psycopg", "redis", "yaml", "os", "typer"},
    "policy/rules": {"pulumi", "pulumi_aws", "pulumi_policy", "boto3", "os"},
    "graph": {"pulumi", "pulumi_aws", "boto3", "os", "grpc", "google"},
    "knowledge": {"pulumi", "pulumi_aws", "boto3", "os"},
}


def imports(path: Path) -> set[str]:
    """First names of everything a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        found |= {name.partition(".")[0] for name in names}
    return found


def files(room: str) -> list[Path]:
    found = sorted(path for path in (ROOT / room).rglob("*.py") if "venv" not in path.parts)
    assert found, room
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    wrong = {
        path.relative_to(ROOT).as_posix(): bad for path in files(room) if (bad := imports(path) & set(ROOMS) - allowed)
    }
    assert not wrong


@pytest.mark.parametrize("room", MUST_NOT_IMPORT)
def test_a_room_does_without(room: str) -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): bad for path in files(room) if (bad := imports(path) & MUST_NOT_IMPORT[room])
    }
    assert not wrong


@pytest.mark.parametrize("room", [room for room in ROOMS if "graph" in MAY_IMPORT[room] or room == "graph"])
def test_a_type_token_is_spelled_in_one_place(room: str) -> None:
    """Elsewhere it is `types.INSTANCE`: a misspelt name is an error, a misspelt text a rule that nothing meets."""
    listed = {value for value in vars(types).values() if isinstance(value, str) and value.count(":") == 2}
    spelled = {
        path.relative_to(ROOT).as_posix(): found
        for path in files(room)
        if path != Path(types.__file__)
        and (
            found := {each.value for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Constant)}
            & listed
        )
    }
    assert spelled == {}


def test_the_listed_types_are_those_that_have_a_row() -> None:
    listed = {value for value in vars(types).values() if isinstance(value, str) and value.count(":") == 2}
    assert listed == set(KINDS)


def test_every_test_file_is_collected() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py")]
    stray = [name for name in names if "test" in name and not name.startswith(("test_", "conftest"))]
    assert not stray, "pytest collects test_*.py only"
