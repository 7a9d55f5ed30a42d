"""The SDK by the class: the same classes with the same types as those of the whole SDK, and no others imported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph import types

ROOT = Path(__file__).parents[2]

TOKENS = sorted({value for value in vars(types).values() if isinstance(value, str) and value.startswith("aws:")})
OTHERS = ["aws:wafv2/webAcl:WebAcl", "aws:ec2/instance:Instance", "aws:ecs/service:Service", "aws:s3/bucket:Bucket"]
"""Types that no stack declares, with nested classes of nested classes and with enumerations."""

CHILD = """
import importlib, json, sys
if sys.argv[1] == "by class":
    from runtime.sdk import import_by_class
    import_by_class()
from pulumi import _types
def seen(cls, into):
    if str(cls) not in into:
        kind = _types.input_type_types if _types.is_input_type(cls) else _types.output_type_types
        into[str(cls)] = {}
        into[str(cls)] = {name: str(each) for name, each in kind(cls).items()}
        names = (each for each in kind(cls).values())
        for each in names:
            for part in [each, *getattr(each, "__args__", ())]:
                if isinstance(part, type) and (_types.is_input_type(part) or _types.is_output_type(part)):
                    seen(part, into)
    return into
found = {}
for token in json.loads(sys.argv[2]):
    folder, name = token.split(":")[1].partition("/")[0], token.split(":")[2]
    module = importlib.import_module("pulumi_aws." + ("lambda_" if folder == "lambda" else folder.lower()))
    resource = getattr(module, name)
    arguments = getattr(module, name + "InitArgs", None) or getattr(module, name + "Args")
    found[token] = {
        "outputs": {key: str(each) for key, each in _types.resource_types(resource).items()},
        "inputs": seen(arguments, {}),
        "bases": [str(each) for each in resource.__mro__],
        "nested": sorted(str(each) for each in vars(sys.modules[resource.__module__]).values() if isinstance(each, type)
                         and (each.__name__.startswith(name) and each.__module__.startswith("pulumi_aws"))
                         and not each.__module__.endswith((".outputs", "_inputs", "_enums"))),
    }
json.dump({"found": found, "modules": [name for name in sys.modules if name.startswith("pulumi_aws.")]}, sys.stdout)
"""


def _seen(how: str) -> dict[str, Any]:
    command = [sys.executable, "-c", CHILD, how, json.dumps([*TOKENS, *OTHERS])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any]]:
    return _seen("by class"), _seen("whole")


def test_each_resource_has_the_types_of_the_whole_sdk_and_so_has_all_that_is_nested_in_it(
    both: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    by_class, whole = both
    assert len(TOKENS) > 50
    assert by_class["found"] == whole["found"]


def test_what_no_program_names_is_not_imported(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    by_class, whole = ({name for name in each["modules"] if name.count(".") == 2} for each in both)
    assert {"pulumi_aws.iam.user", "pulumi_aws.ec2.ami"} <= whole - by_class
    assert len(by_class) < len(whole) / 4
