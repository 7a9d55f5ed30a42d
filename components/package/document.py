"""docs/components.md from the schema: `python -m components.package.document FILE`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.package import NAME
from components.package.makes import makes
from components.package.registry import every
from components.package.schema import schema

_HEAD = """# Components

The stack's parts, each a Pulumi component of its own (`components/`), for Python programs and, as a package, for every
other language:

```sh
pulumi package add example.org/your/data-tier.git/components@v0.1.0   # or a path: ../data-tier/components
```

The plugin is Python: Pulumi makes its environment from `components/requirements.txt`. `examples/` has the same program
in YAML, TypeScript and Python.

Some inputs decide what is made, so they have to be known when the program is written: these take a *value*, and refuse
an output of another resource, or a secret. The others take an *output* as well, or a *value of outputs*: a list or map
that is written out, with outputs in it. Names are those of TypeScript and YAML; Python's have underscores
(`storage_arn` for `storageArn`).

This page is made from the components' own descriptions (`make schema`).
"""


def document() -> str:
    """Return docs/components.md: every component with its inputs and outputs, as Markdown."""
    found = schema()
    by_name = {each.__name__: each for each in every()}
    parts = [_HEAD, "## Contents", ""]
    parts += [f"- [{name}](#{name.lower()}): {_first(each)}" for name, each in _named(found["resources"])]
    for name, each in _named(found["resources"]):
        required = set(each["requiredInputs"])
        parts += ["", f"## {name}", "", each.get("description", ""), ""]
        parts += [f"Type `{NAME}:index:{name}`. Makes {', '.join(map(_made, makes(by_name[name])))}."]
        parts += ["", "| input | type | takes | default | meaning |", "|---|---|---|---|---|"]
        parts += [_input(key, value, key in required) for key, value in each["inputProperties"].items()]
        if each["properties"]:
            given = set(each["required"])
            parts += ["", "| output | type | meaning |", "|---|---|---|"]
            parts += [_output(key, value, key in given) for key, value in each["properties"].items()]
    parts += ["", "## Types"]
    for name, each in _named(found["types"]):
        parts += ["", f"### {name}", "", each.get("description", ""), ""]
        parts += _enumeration(each) if "enum" in each else _object(each)
    return "\n".join(parts) + "\n"


def _named(found: Mapping[str, object]) -> list[tuple[str, Any]]:
    return sorted((token.rpartition(":")[2], each) for token, each in found.items())


def _first(each: Mapping[str, object]) -> str:
    return str(each.get("description", "")).partition("\n")[0]


def _object(each: dict[str, Any]) -> list[str]:
    required = set(each.get("required", ()))
    rows = [_input(key, value, key in required) for key, value in each["properties"].items()]
    return ["| property | type | takes | default | meaning |", "|---|---|---|---|---|", *rows]


def _enumeration(each: dict[str, Any]) -> list[str]:
    rows = [f"| `{value['value']}` | {_cell(value.get('description', ''))} |" for value in each["enum"]]
    return ["| value | meaning |", "|---|---|", *rows]


def _input(key: str, value: dict[str, Any], required: bool) -> str:
    default = "**required**" if required else f"`{_literal(value['default'])}`" if "default" in value else "none"
    return f"| `{key}` | {_type(value)} | {_takes(value)} | {default} | {_cell(value.get('description', ''))} |"


def _output(key: str, value: dict[str, Any], given: bool) -> str:
    return f"| `{key}` | {_type(value)}{'' if given else ', or none'} | {_cell(value.get('description', ''))} |"


def _type(value: dict[str, Any]) -> str:
    reference = value.get("$ref", "")
    if reference.startswith(("#/types/", "#/resources/")):
        name = reference.rpartition(":")[2]
        return f"[{name}](#{name.lower()})"
    if reference:
        return str(reference.rpartition("/")[2]).lower()
    if value["type"] == "array":
        return f"list of {_type(value['items'])}"
    if value["type"] == "object":
        return f"map of {_type(value['additionalProperties'])}"
    return str(value["type"])


def _takes(value: dict[str, Any]) -> str:
    if not value.get("plain"):
        return "output"
    inner = value.get("items") or value.get("additionalProperties")
    return "value of outputs" if inner and _takes(inner) != "value" else "value"


def _made(token: str) -> str:
    package, _, name = token.split(":")
    return f"[{name}](#{name.lower()})" if package == NAME else f"`{token.partition('/')[0]}:{name}`"


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
