"""What a component makes, read from its source: the resources that it, and the helpers it calls, construct."""

import ast
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pulumi

from components.package.registry import token


def makes(component: type[pulumi.ComponentResource]) -> tuple[str, ...]:
    """Type tokens of the resources in a component, sorted; another component stands for what it makes itself."""
    module = sys.modules[component.__module__]
    found: set[str] = set()
    seen: set[Any] = {component}
    open_ = [_called(ast.parse(inspect.getsource(component)), module)]
    while open_:
        for each in open_.pop():
            if isinstance(each, type) and issubclass(each, pulumi.Resource):
                if each is not component:
                    found.add(_token(each))
            elif inspect.isfunction(each) and each not in seen and each.__module__.startswith("components."):
                seen.add(each)
                open_.append(_called(ast.parse(inspect.getsource(each)), sys.modules[each.__module__]))
    return tuple(sorted(found))


def _called(tree: ast.AST, module: ModuleType) -> Iterator[Any]:
    """Every object of the module's names that the source calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (found := _resolve(node.func, module)) is not None:
            yield found


def _resolve(node: ast.expr, module: ModuleType) -> Any:
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute) and (owner := _resolve(node.value, module)) is not None:
        return getattr(owner, node.attr, None)
    return None


def _token(resource: type[pulumi.Resource]) -> str:
    """A provider's class has its token with it; a component of ours registers with one made of its name."""
    if issubclass(resource, pulumi.ComponentResource):
        return token(resource)
    return str(resource.pulumi_type)  # type: ignore[attr-defined] # every class of a provider's SDK has it
