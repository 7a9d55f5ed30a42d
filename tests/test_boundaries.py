"""The boundaries between the rooms, held by reading every file's imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    "account",
    "alarms",
    "infra",
    "components",
    "knowledge",
    "bootstrap",
    "clients",
    "local",
    "policy",
    "preview",
    "upgrade",
    "pipeline",
    "delivery",
    "cli",
)

# Room -> the rooms it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "account": {"knowledge"},
    "alarms": {"knowledge"},
    "bootstrap": set(),
    "clients": {"bootstrap"},
    "components": {"knowledge"},
    "infra": {"components", "knowledge", "bootstrap"},
    "knowledge": set(),
    "delivery": {"infra", "components", "knowledge"},
    "local": {"bootstrap", "knowledge"},
    "policy": {"infra", "knowledge"},  # its entry for the engine reads the stack's file
    "preview": {"local", "infra", "components", "knowledge", "policy", "alarms"},
    "upgrade": {"infra", "components", "knowledge"},
    "pipeline": {"bootstrap", "infra", "knowledge", "preview"},
    "cli": {
        "account",
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


def test_every_test_file_is_collected() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("*.py")]
    stray = [name for name in names if "test" in name and not name.startswith(("test_", "conftest"))]
    assert not stray, "pytest collects test_*.py only"
