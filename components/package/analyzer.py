"""Pulumi's analyzer of components, taught what it does not see in ours.

It reads annotations and the docstrings under the fields. Here it also learns that a field with a default may be left
out, that a component may give out another one of this package, and to join the lines of a docstring.
"""

import inspect
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import pulumi
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.util import camel_case

from components.outputs import annotations
from components.package.registry import args_type, token

_MEND = (
    "Other languages know str, int, float, bool, Any, lists, maps by str, StrEnums, archives, dataclasses of these, "
    "and components of this package"
)


class SchemaError(TypeError):
    """A type that a package's schema cannot have; says where, and what there is."""


class PackageAnalyzer(Analyzer):
    """`Analyzer` for components whose arguments are dataclasses."""

    def __init__(self, name: str, components: tuple[type[pulumi.ComponentResource], ...]) -> None:
        """Analyze these components; each may refer to the others."""
        super().__init__(name)
        self._components = components

    def analyze_component(self, component: type[pulumi.ComponentResource]) -> ComponentDefinition:
        """As it was, whether or not annotations are texts."""
        inputs, input_names = self.analyze_type(args_type(component), is_component_output=False)
        outputs, output_names = self.analyze_type(component, is_component_output=True)
        return ComponentDefinition(
            name=component.__name__,
            description=class_doc(component),
            inputs=inputs,
            inputs_mapping=input_names,
            outputs=outputs,
            outputs_mapping=output_names,
            module=component.__module__,
        )

    def analyze_type(
        self, typ: type, *, is_component_output: bool
    ) -> tuple[dict[str, PropertyDefinition], dict[str, str]]:
        """As it was, whether or not annotations are texts, and a field with a default is optional."""
        properties = {
            name: self.analyze_property(
                hint, typ, name, can_be_plain=not is_component_output, is_component_output=is_component_output
            )
            for name, hint in annotations(typ).items()
        }
        for each in fields(typ) if is_dataclass(typ) else ():
            properties[each.name].optional |= has_default(each)
        return {camel_case(name): each for name, each in properties.items()}, {
            camel_case(name): name for name in properties
        }

    def analyze_property(
        self,
        arg: type,
        typ: type,
        name: str,
        *,
        can_be_plain: bool,
        is_component_output: bool,
        optional: bool | None = None,
    ) -> PropertyDefinition:
        """As it was, and a component of this package is a reference within the schema, not to a package of AWS's."""
        if arg in self._components:
            return PropertyDefinition(
                ref=f"#/resources/{token(arg)}",
                optional=bool(optional),
                description=self.get_docstring(typ, name),
            )
        try:
            return super().analyze_property(
                arg,
                typ,
                name,
                can_be_plain=can_be_plain,
                is_component_output=is_component_output,
                optional=optional,
            )
        except SchemaError:
            raise
        except Exception as error:
            raise SchemaError(f"{typ.__name__}.{name}: {error}. {_MEND}") from error

    def get_docstring(self, typ: type, name: str) -> str | None:
        """As it was, on one line per paragraph; a field has it in the class that declares the field."""
        declares = next((each for each in typ.__mro__ if name in inspect.get_annotations(each)), typ)
        return joined(super().get_docstring(declares, name))


def has_default(field: Field[Any]) -> bool:
    """Whether the field may be left out."""
    return field.default is not MISSING or field.default_factory is not MISSING


def class_doc(typ: type) -> str | None:
    """The class's own docstring: a dataclass without one has its signature there, which says nothing."""
    text = typ.__doc__
    return None if not text or text.startswith(f"{typ.__name__}(") else joined(text)


def joined(text: str | None) -> str | None:
    """A docstring with the lines of each paragraph joined."""
    if text is None:
        return None
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)
