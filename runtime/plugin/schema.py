"""What the provider's own schema says of a type, read from the SDK that is generated from it."""

from __future__ import annotations

import importlib
import inspect
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from pulumi import _types

from graph.errors import CloudError

PACKAGES = {"aws": "pulumi_aws", "random": "pulumi_random"}
# The SDK loads its modules on first use, and threads that do so at the same time see them half made.
_IMPORTING = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class ResourceSchema:
    """Property names of a resource type, as the engine spells them."""

    inputs: frozenset[str]
    required: frozenset[str]
    outputs: frozenset[str]
    """Every property of a resource that is made, its inputs too."""


def schema_of(token: str) -> ResourceSchema:
    """The schema of a type such as `aws:rds/instance:Instance`. Raise `CloudError` for one that does not exist."""
    with _IMPORTING:
        return _read(token)


@cache
def _read(token: str) -> ResourceSchema:
    package, module, name = [*token.split(":"), "", ""][:3]
    folder = module.partition("/")[0]
    # Never the file itself: the SDK's folders load lazily, and one whose file came first stays without its names.
    parts = [PACKAGES.get(package, package), *(() if folder == "index" else (_python(folder),))]
    try:
        found = importlib.import_module(".".join(parts))
        resource = getattr(found, name)
        # `BucketVersioningArgs` are those of an input of that name; the resource's are `...InitArgs` then.
        arguments = getattr(found, f"{name}InitArgs", None) or getattr(found, f"{name}Args")
    except (ImportError, AttributeError):
        raise CloudError(f"{token} is not a type of the installed {', '.join(PACKAGES)}") from None
    spelled = _types.input_type_py_to_pulumi_names(arguments)
    return ResourceSchema(
        inputs=frozenset(spelled.values()),
        required=frozenset(spelled[each] for each in _required(arguments)),
        outputs=frozenset(_types.resource_types(resource)),
    )


def _required(arguments: Any) -> list[str]:
    parameters = inspect.signature(arguments.__init__).parameters.values()
    return [each.name for each in parameters if each.kind is each.KEYWORD_ONLY and each.default is each.empty]


def _python(name: str) -> str:
    """`lambda` is a word of Python's: the SDK's folder is `lambda_`."""
    return f"{name}_" if name == "lambda" else name.lower()
