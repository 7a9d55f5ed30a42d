"""Examples in other languages without an engine: what they declare is read and constructed as the plugin would."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components.outputs import outputs
from components.package.inputs import read
from components.package.registry import args_type, every, token
from components.package.schema import schema
from graph.deployment import Deployment
from graph.offline import Offline
from runtime.monitor import run_program

EXAMPLES = Path(__file__).parents[2] / "examples"
CONFIG = {"account": "123456789012", "region": "eu-west-1", "oncall": "oncall@example.org"}
_EXPRESSION = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Later:
    """An output of a resource of the program: its name, and the way to the value."""

    path: tuple[str | int, ...]


@dataclass(frozen=True)
class Program:
    """What an example declares."""

    resources: dict[str, tuple[str, dict[str, Any]]]
    """Name -> type token and properties, with `Later` where an output goes."""
    outputs: dict[str, Any] = field(default_factory=dict)


def from_yaml(text: str) -> Program:
    """Read a Pulumi YAML program: variables and configuration are put in, outputs stay."""
    document = yaml.safe_load(text)
    known = {key: CONFIG.get(key) for key in document["config"]} | document["variables"]

    def value(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: value(each) for key, each in found.items()}
        if isinstance(found, list):
            return [value(each) for each in found]
        if not isinstance(found, str):
            return float(found) if type(found) is int else found  # as the wire has it
        whole = _EXPRESSION.fullmatch(found)
        return expression(whole[1]) if whole else _EXPRESSION.sub(lambda match: str(expression(match[1])), found)

    def expression(found: str) -> Any:
        path = tuple(
            int(each) if each.isdigit() else each.strip('"')
            for each in re.findall(r'[A-Za-z_][\w-]*|"[^"]*"|\d+', found)
        )
        if path[0] in document["resources"]:
            return Later(path)
        if path[0] not in known or len(path) > 1:
            raise KeyError(f"${{{found}}} is neither a resource nor a variable nor configuration")
        return value(known[path[0]])

    resources = {
        name: (each["type"].replace(":", ":index:"), value(each["properties"]))
        for name, each in document["resources"].items()
    }
    return Program(resources, value(document.get("outputs", {})))


def from_typescript(source: Path, folder: Path) -> Program:
    """Run a TypeScript program on Node with stand-ins for its imports: the file has no syntax that JavaScript lacks."""
    found = schema()
    enumerations = {
        name.rpartition(":")[2]: {value["name"]: value["value"] for value in each["enum"]}
        for name, each in found["types"].items()
        if "enum" in each
    }
    classes = [name.rpartition(":")[2] for name in found["resources"]]
    stand_in = (Path(__file__).parent / "stand_in.mjs").read_text(encoding="utf-8")
    tier = [stand_in, *(f"export const {name} = {json.dumps(each)};" for name, each in enumerations.items())]
    tier += [f"export const {name} = component({json.dumps(name)});" for name in classes]
    _module(folder, "@pulumi/data-tier", "\n".join(tier))
    given = f"return {json.dumps(CONFIG)}[key]"
    config = f"export class Config {{ get(key) {{ {given} }} require(key) {{ {given} }} }}"
    _module(folder, "@pulumi/pulumi", config)
    shutil.copy(source, folder / "index.mjs")
    node = shutil.which("node")
    assert node is not None
    ran = subprocess.run([node, "index.mjs"], cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr

    def value(each: Any) -> Any:
        if isinstance(each, dict):
            return Later(tuple(each["$output"])) if "$output" in each else {k: value(v) for k, v in each.items()}
        if isinstance(each, list):
            return [value(item) for item in each]
        return float(each) if type(each) is int else each

    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return Program({each["name"]: (f"data-tier:index:{each['type']}", value(each["args"])) for each in lines})


def _module(folder: Path, name: str, text: str) -> None:
    place = folder / "node_modules" / name
    place.mkdir(parents=True)
    (place / "package.json").write_text(json.dumps({"name": name, "type": "module", "main": "index.js"}), "utf-8")
    (place / "index.js").write_text(text, "utf-8")


def deploy(program: Program) -> Deployment:
    """Construct everything that the program declares, in its order, on the substrate that makes nothing."""
    kinds = {token(each): each for each in every()}

    def run() -> None:
        made: dict[str, Mapping[str, Any]] = {}
        for name, (kind, properties) in program.resources.items():
            component = kinds[kind]
            made[name] = outputs(component(name, read(args_type(component), _resolved(properties, made))))  # type: ignore[call-arg, arg-type]
        for name, value in program.outputs.items():
            pulumi.export(name, _resolved(value, made))

    return run_program("dev", run, Offline("eu-west-1"), {})


def _resolved(value: Any, made: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, made) for each in value]
    if not isinstance(value, Later):
        return value
    found: Any = made
    for step in value.path:
        found = (outputs(found) if isinstance(found, pulumi.ComponentResource) else found)[step]
    return found
