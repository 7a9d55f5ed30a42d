"""mypy reads every module of pulumi_aws that the program uses: what it skips is `Any`, and nothing would say so."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
SKELETON = {"pulumi_aws", "_enums", "_inputs", "_utilities", "outputs"}
"""The package itself and what its top takes from: its classes of inputs among them."""


def followed() -> set[str]:
    """Modules and packages of pulumi_aws that mypy reads."""
    (modules,) = (each["module"] for each in SETTINGS["overrides"] if each.get("follow_imports") == "normal")
    return {module.removeprefix("pulumi_aws.").removesuffix(".*") for module in modules}


def used(text: str) -> Iterator[str]:
    """What a file of the program names of pulumi_aws, as far as its first dot; classes at its top are `_inputs`."""
    tree = ast.parse(text)
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "pulumi_aws":
                    names.add(alias.asname or alias.name)
                elif alias.name.startswith("pulumi_aws."):
                    yield alias.name.split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.module == "pulumi_aws":
            yield from (_module(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_aws."):
            yield str(node.module).split(".")[1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield _module(node.attr)


def _module(name: str) -> str:
    return "_inputs" if name[0].isupper() else name


def test_every_way_to_name_a_module_is_seen() -> None:
    text = """
import pulumi_aws
import pulumi_aws as aws
import pulumi_aws.sqs
from pulumi_aws import kinesis, ProviderEndpointArgs
from pulumi_aws.athena import Workgroup
def make() -> pulumi_aws.glue.Job:
    return pulumi_aws.glue.Job("name", tags=aws.get_default_tags().tags)
"""
    assert set(used(text)) == {"sqs", "kinesis", "_inputs", "athena", "glue", "get_default_tags"}


def test_mypy_reads_what_the_program_uses_of_pulumi_aws_and_nothing_else() -> None:
    found = {
        name
        for room in SETTINGS["packages"]
        for path in (ROOT / room).rglob("*.py")
        if "venv" not in path.parts
        for name in used(path.read_text(encoding="utf-8"))
    }
    assert found - SKELETON == followed() - SKELETON
    assert followed() >= SKELETON
