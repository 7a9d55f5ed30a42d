"""The package's schema, as other languages' SDKs are made of it: `python -m components.package.schema FILE`."""

import json
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.schema import generate_schema
from pulumi.provider.experimental.util import camel_case

from components.package import NAME, VERSION
from components.package.analyzer import PackageAnalyzer, class_doc
from components.package.registry import args_type, every, token


@cache
def schema() -> dict[str, Any]:
    """The schema of every component, with the defaults of their arguments."""
    components = every()
    analyzed = PackageAnalyzer(NAME, components).analyze(list(components))
    dependencies = sorted(analyzed["dependencies"], key=lambda each: each.name)
    definitions, types = analyzed["component_definitions"], analyzed["type_definitions"]
    made = generate_schema(NAME, VERSION, None, definitions, types, dependencies).to_json()
    for component in components:
        resource = made["resources"][token(component)]
        _add_defaults(args_type(component), resource["inputProperties"])
    for each in types.values():
        described = made["types"][f"{NAME}:index:{each.name}"]
        described["description"] = class_doc(each.python_type)
        _add_defaults(each.python_type, described.get("properties", {}))
    for each in (*made["resources"].values(), *made["types"].values()):
        for part in ("inputProperties", "properties"):
            for described in each.get(part, {}).values():
                _say_once(described)
    return {**made, "types": dict(sorted(made["types"].items()))}


def _say_once(described: dict[str, Any]) -> None:
    """The analyzer repeats a list's description at its items; what Pulumi's CLI makes of a schema drops it there."""
    for inner in (described.get("items"), described.get("additionalProperties")):
        if inner:
            inner.pop("description", None)
            _say_once(inner)


def _add_defaults(typ: type, properties: dict[str, Any]) -> None:
    for each in fields(typ) if is_dataclass(typ) else ():
        if isinstance(each.default, str | int | float):
            properties[camel_case(each.name)]["default"] = each.default


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
