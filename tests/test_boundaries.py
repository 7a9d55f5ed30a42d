"""The boundaries between the rooms, held by reading every file's imports."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from bootstrap.sources import SOURCES
from graph import types
from graph.kinds import KINDS

ROOT = Path(__file__).parents[1]
ROOMS = (
    "account",
    "adopt",
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
    "rehearse",
    "pipeline",
    "delivery",
    "observe",
    "boards",
    "keep",
    "maintain",
    "capacity",
    "cost",
    "reference",
    "scaffold",
    "cli",
)

# Room -> the rooms it may import besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "account": {"graph", "knowledge"},
    "adopt": {"account", "bootstrap", "graph", "infra", "knowledge", "policy", "preview"},
    "alarms": {"graph", "knowledge"},
    "bootstrap": {"knowledge"},  # what its bundle carries of it: bootstrap/sources.py
    "clients": {"bootstrap"},
    "components": {"knowledge"},
    "infra": {"components", "knowledge", "bootstrap"},
    "graph": {"knowledge"},
    "knowledge": set(),
    "delivery": {"infra", "components", "knowledge"},
    "local": {"bootstrap", "graph", "keep", "knowledge", "runtime"},
    "policy": {"graph", "infra", "knowledge"},  # its entry for the engine reads the stack's file
    "preview": {"graph", "runtime", "infra", "knowledge", "policy", "alarms"},
    "runtime": {"graph"},
    "upgrade": {"bootstrap", "infra", "keep", "knowledge"},
    "pipeline": {"bootstrap", "infra"},
    "observe": {"bootstrap", "clients", "knowledge"},
    "boards": {"knowledge", "observe"},
    "keep": {"bootstrap", "clients", "knowledge", "observe"},
    "maintain": {"bootstrap", "capacity", "clients", "knowledge", "observe"},
    "rehearse": {"bootstrap", "keep", "knowledge", "local", "observe", "upgrade"},
    "capacity": {"bootstrap", "clients", "knowledge", "observe"},
    "cost": {"bootstrap", "graph", "knowledge"},
    "reference": {"bootstrap", "infra", "knowledge"},
    "scaffold": {"bootstrap", "infra", "knowledge", "observe"},
    "cli": {
        "adopt",
        "scaffold",
        "capacity",
        "cost",
        "maintain",
        "rehearse",
        "account",
        "graph",
        "runtime",
        "alarms",
        "pipeline",
        "upgrade",
        "infra",
        "knowledge",
        "bootstrap",
        "clients",
        "local",
        "boards",
        "observe",
        "keep",
        "preview",
    },
}
# Room -> libraries it must do without.
MUST_NOT_IMPORT: dict[str, set[str]] = {
    "account": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "adopt": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "alarms": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "bootstrap": {"pulumi", "pulumi_aws", "typer", "rich"},
    "clients": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "components": {"boto3", "psycopg", "redis", "yaml", "os", "typer"},
    "policy/rules": {"pulumi", "pulumi_aws", "pulumi_policy", "boto3", "os"},
    "graph": {"pulumi", "pulumi_aws", "boto3", "os", "grpc", "google"},
    "observe": {"pulumi", "pulumi_aws", "boto3", "yaml", "typer", "rich"},
    "keep": {"pulumi", "pulumi_aws", "boto3", "typer", "rich"},
    "maintain": {"pulumi", "pulumi_aws", "boto3", "typer", "rich"},
    "rehearse": {"pulumi", "pulumi_aws", "boto3", "typer", "rich"},
    "capacity": {"pulumi", "pulumi_aws", "boto3", "typer", "rich"},
    "cost": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "reference": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "scaffold": {"pulumi", "pulumi_aws", "boto3", "os", "typer", "rich"},
    "boards": {"pulumi", "pulumi_aws", "boto3", "psycopg", "redis", "typer", "rich"},
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


def modules() -> dict[str, Path]:
    """Every module of the rooms: dotted name -> file."""
    found: dict[str, Path] = {}
    for path in (path for room in ROOMS for path in files(room)):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def graph() -> dict[str, set[str]]:
    """Module -> the modules of the rooms that it imports: at the top, in a function, or for the type checker."""
    known = modules()
    found: dict[str, set[str]] = {}
    for module, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[module] = set()
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [name if name in known else str(node.module) for name in whole]
            found[module] |= {name for name in names if name in known and name != module}
    return found


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """One circle of a graph, its first node again at the end; empty where there is none."""
    done: set[str] = set()

    def follow(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for target in sorted(arrows.get(node, ())):
            if found := follow(target, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(arrows) if (found := follow(node, []))), [])


def sub_room(module: str) -> str:
    """`bootstrap.redis.node` is in `bootstrap.redis`; a file that lies in no folder of its room stands for itself."""
    return ".".join(module.split(".")[:2])


def files(room: str) -> list[Path]:
    found = sorted(path for path in (ROOT / room).rglob("*.py") if "venv" not in path.parts)
    assert found, room
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may_and_the_list_allows_no_more(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    found = {path.relative_to(ROOT).as_posix(): imports(path) & set(ROOMS) for path in files(room)}
    assert {path: bad for path, rooms in found.items() if (bad := rooms - allowed)} == {}
    assert set[str]().union(*found.values()) | {room} == allowed


@pytest.mark.parametrize("room", MUST_NOT_IMPORT)
def test_a_room_does_without(room: str) -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): bad for path in files(room) if (bad := imports(path) & MUST_NOT_IMPORT[room])
    }
    assert not wrong


def test_no_two_files_import_each_other_directly_or_by_way_of_others() -> None:
    assert circle(graph()) == []


def test_no_two_sub_rooms_import_each_other_directly_or_by_way_of_others() -> None:
    arrows: dict[str, set[str]] = {}
    for module, targets in graph().items():
        of = sub_room(module)
        arrows.setdefault(of, set()).update(target for each in targets if (target := sub_room(each)) != of)
    assert circle(arrows) == []


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, ["a", "b", "a"]),
        ({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}, ["b", "c", "d", "b"]),
    ],
)
def test_a_circle_is_found_however_long(arrows: dict[str, set[str]], found: list[str]) -> None:
    assert circle(arrows) == found


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


def test_the_runner_s_bundle_carries_what_the_bootstrap_imports_of_another_room() -> None:
    """And no more of it: each file of `SOURCES` that is not the bootstrap's own is imported, its data aside."""
    wanted, found = list(files("bootstrap")), {"knowledge/__init__.py", "knowledge/redis/__init__.py"}
    while wanted:
        tree = ast.parse(wanted.pop().read_text(encoding="utf-8"))
        for node in (each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)):
            named = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            for path in (f"{each.replace('.', '/')}.py" for each in named if each.partition(".")[0] == "knowledge"):
                if (ROOT / path).is_file() and path not in found:
                    found.add(path)
                    wanted.append(ROOT / path)
    carried = {source for source in SOURCES if source.startswith("knowledge/")}
    assert carried == found | {"knowledge/redis/clients/*.toml"}
