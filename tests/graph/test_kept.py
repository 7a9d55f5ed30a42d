"""What the tables say a provider keeps, held against the SDK that is generated from the provider's own schema."""

import importlib
import inspect
import re

import pytest
from pulumi import _types

from graph.diff import REGION
from graph.kinds import KINDS, changeable_kind
from runtime.plugin.schema import PACKAGES, schema_of

AWS = sorted(token for token, kind in KINDS.items() if kind.replaces is not None and token.startswith("aws:"))


def computed(token: str) -> set[str]:
    """Inputs that need not be given and that a resource has all the same: their outputs are never None.

    pulumi-terraform-bridge, pkg/tfgen/generate.go, `variable.optional`: an output that is `Optional` alone may be None.
    """
    package, module, name = token.split(":")
    folder = module.partition("/")[0]
    found = importlib.import_module(f"{PACKAGES[package]}.{f'{folder}_' if folder == 'lambda' else folder}")
    arguments = getattr(found, f"{name}InitArgs", None) or getattr(found, f"{name}Args")
    spelled = _types.input_type_py_to_pulumi_names(arguments)
    outputs = {
        key: value.fget for key, value in inspect.getmembers(getattr(found, name)) if isinstance(value, property)
    }
    return {
        spelled[key]
        for key, read in outputs.items()
        if key in spelled
        and spelled[key] not in schema_of(token).required
        and not re.search(r"Optional\[|\| None", str(inspect.signature(read).return_annotation))
    }


@pytest.mark.parametrize("token", AWS)
def test_the_provider_keeps_what_it_computes(token: str) -> None:
    kind = changeable_kind(token)
    # A name is made up, and a description has a default of Pulumi's own, which is not the provider's.
    assert kind.kept == computed(token) - {"name", "description", REGION, kind.named}


@pytest.mark.parametrize("token", AWS)
def test_what_aws_does_not_tell_is_an_input(token: str) -> None:
    assert changeable_kind(token).untold.keys() <= schema_of(token).inputs
