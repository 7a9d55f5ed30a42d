"""The package's schema: made of every component in the folder, complete, committed, and told on a page."""

import ast
import inspect
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pulumi
import pytest
import recorder
from pulumi.provider.experimental.schema import generate_schema

from components.keys import Keys, KeysArgs
from components.package import NAME, VERSION
from components.package.analyzer import PackageAnalyzer, SchemaError
from components.package.document import document
from components.package.makes import makes
from components.package.registry import every, token
from components.package.schema import schema, text

ROOT = Path(__file__).parents[3]


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "components" / "schema.json").read_text(encoding="utf-8")
    assert committed == text(), "regenerate it: make schema"


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "components.md").read_text(encoding="utf-8")
    assert page == document(), "regenerate it: make schema"


def test_every_component_of_the_folder_is_in_it() -> None:
    sources = (
        each.read_text(encoding="utf-8") for each in (ROOT / "components").rglob("*.py") if "venv" not in each.parts
    )
    written = {name for source in sources for name in re.findall(r"^class (\w+)\(.*ComponentResource\)", source, re.M)}
    assert written == {each.__name__ for each in every()}
    assert {f"{NAME}:index:{name}" for name in written} == set(schema()["resources"])


@pytest.mark.parametrize("component", every(), ids=lambda each: each.__name__)
def test_a_component_can_be_analyzed_by_itself(component: type[pulumi.ComponentResource]) -> None:
    PackageAnalyzer(NAME, every()).analyze([component])


@pytest.mark.parametrize("component", every(), ids=lambda each: each.__name__)
def test_a_component_registers_as_its_token(component: type[pulumi.ComponentResource]) -> None:
    calls = [each for each in ast.walk(ast.parse(inspect.getsource(component))) if isinstance(each, ast.Call)]
    registered = [each.args[0] for each in calls if ast.unparse(each.func) == "super().__init__"]
    assert [each.value for each in registered if isinstance(each, ast.Constant)] == [token(component)]


def undescribed(found: dict[str, Any]) -> list[str]:
    """Where the schema lacks a description."""
    lacking = []

    def look(where: str, each: dict[str, Any]) -> None:
        if not (each.get("description") or "").strip():
            lacking.append(where.removeprefix(f"{NAME}:index:"))
        for part in ("inputProperties", "properties"):
            for key, value in each.get(part, {}).items():
                look(f"{where}.{'output ' if part == 'properties' and 'isComponent' in each else ''}{key}", value)
        for value in each.get("enum", ()):
            look(f"{where} {value['name']}", value)

    for part in ("resources", "types"):
        for name, each in found[part].items():
            look(name, each)
    return lacking


@pytest.mark.parametrize("component", every(), ids=lambda each: each.__name__)
def test_a_component_is_described_with_all_that_goes_in_and_out(component: type[pulumi.ComponentResource]) -> None:
    name = token(component)
    assert undescribed({"resources": {name: schema()["resources"][name]}, "types": {}}) == []


def test_every_type_is_described() -> None:
    assert undescribed({"resources": {}, "types": schema()["types"]}) == []


@dataclass(frozen=True, kw_only=True)
class SilentArgs:
    said: str
    """Is said."""
    unsaid: "str"


class Silent(pulumi.ComponentResource):
    """Speaks."""

    out: pulumi.Output[str]

    def __init__(self, name: str, args: "SilentArgs", opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data-tier:index:Silent", name, {}, opts)


@dataclass(frozen=True, kw_only=True)
class ChoiceArgs:
    choice: Literal["this", "that"]
    """Which."""


class Choice(pulumi.ComponentResource):
    """Chooses."""

    def __init__(self, name: str, args: ChoiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data-tier:index:Choice", name, {}, opts)


def test_silence_is_heard() -> None:
    analyzed = PackageAnalyzer(NAME, (Silent,)).analyze([Silent])
    made = generate_schema(NAME, VERSION, None, analyzed["component_definitions"], {}, []).to_json()
    assert undescribed(made) == ["Silent.unsaid", "Silent.output out"]


def test_a_type_that_other_languages_lack_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"^ChoiceArgs\.choice: .*Other languages know str"):
        PackageAnalyzer(NAME, (Choice,)).analyze([Choice])


def test_no_name_is_used_twice() -> None:
    """Go and TypeScript put a resource, its arguments and the types into one name space."""
    resources = {each.__name__ for each in every()}
    taken = resources | {f"{each}Args" for each in resources}
    assert not {each.rpartition(":")[2] for each in schema()["types"]} & taken


def test_keys_whole() -> None:
    """One component to the letter: what is required, what is plain, what has a default."""
    text_ = {"type": "string"}
    found = schema()["resources"]["data-tier:index:Keys"]
    assert {
        key: {k: v for k, v in each.items() if k != "description"} for key, each in found["inputProperties"].items()
    } == {
        "prefix": {**text_, "plain": True},
        "accountId": text_,
        "region": text_,
        "partition": {**text_, "default": "aws"},
        "existingInstances": {"type": "array", "items": {**text_, "plain": True}, "plain": True},
        "exportsTo": {**text_, "plain": True},
        "deletionWindowDays": {"type": "integer", "plain": True, "default": 30},
        "snapshotsStay": {"type": "boolean", "plain": True, "default": True},
        "protect": {"type": "boolean", "plain": True, "default": False},
    }
    assert found["requiredInputs"] == ["accountId", "prefix", "region"]
    assert (
        found["required"] == sorted(found["properties"]) == ["logsArn", "notificationsArn", "secretsArn", "storageArn"]
    )
    assert found["inputProperties"]["deletionWindowDays"]["description"] == (
        "Days between the order to delete a key and its deletion."
    )


def test_a_replica_is_given_out_as_a_reference() -> None:
    replicas = schema()["resources"]["data-tier:index:Postgres"]["properties"]["replicas"]
    assert replicas["additionalProperties"] == {"$ref": "#/resources/data-tier:index:Replica"}


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (project["name"], project["version"]) == (NAME, VERSION)


def test_the_page_says_what_a_component_makes(record: Any) -> None:
    def program() -> None:
        Keys("keys", KeysArgs(prefix="crm", account_id="123456789012", region="eu-west-1"))

    recorded: recorder.Recorded = record(program)
    assert makes(Keys) == tuple(sorted({each.type for each in recorded.resources} - {token(Keys)}))


def pins(path: Path) -> dict[str, str]:
    """Package -> version of a requirements file."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;]+)", path.read_text(encoding="utf-8"), re.M))


def test_the_plugin_s_requirements_are_those_of_the_project() -> None:
    """All that the components import, in the versions that the tests ran with."""
    plugin_pins, project = pins(ROOT / "components" / "requirements.txt"), pins(ROOT / "requirements" / "runtime.txt")
    assert {name: project.get(name) for name in plugin_pins} == plugin_pins
    rooms = {"components", "knowledge"}
    sources = [each for room in rooms for each in (ROOT / room).rglob("*.py") if "venv" not in each.parts]
    imported = {
        name.partition(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    foreign = imported - set(sys.stdlib_module_names) - rooms
    assert foreign == {"pulumi", "pulumi_aws", "pulumi_random"}
    assert {name.replace("_", "-") for name in foreign} <= set(plugin_pins)
