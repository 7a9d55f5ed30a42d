"""The plugin: Pulumi's engine asks it for the schema, and to construct components for programs in other languages."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ComponentInitError

from components.outputs import outputs
from components.package import VERSION
from components.package.inputs import read
from components.package.registry import args_type, every, token
from components.package.schema import schema


class DataTier(Provider):
    """Schema and constructor of every component."""

    def __init__(self) -> None:
        """Compute the package's schema once, for every request."""
        super().__init__(VERSION, json.dumps(schema()))
        self._components = {token(each): each for each in every()}

    def construct(
        self, name: str, resource_type: str, inputs: Mapping[str, Any], options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component, and return its outputs under the names of the schema."""
        component = self._components.get(resource_type)
        if component is None:
            raise ValueError(f"{resource_type} is none of this package's components: {', '.join(self._components)}")
        args = read(args_type(component), inputs)
        try:
            made = component(name, args, options)  # type: ignore[arg-type] # a subclass takes its args here
        except Exception as error:
            raise ComponentInitError(error) from error
        return ConstructResult(made.urn, outputs(made))
