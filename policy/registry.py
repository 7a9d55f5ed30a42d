"""Every rule, found by its file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from policy import rules
from policy.rule import PolicyRule


@cache
def every() -> tuple[PolicyRule, ...]:
    """Return all rules, sorted by id; each is found by its file."""
    modules = (importlib.import_module(f"policy.rules.{each.name}") for each in pkgutil.iter_modules(rules.__path__))
    found: list[PolicyRule] = [module.RULE for module in modules]
    return tuple(sorted(found, key=lambda rule: rule.id))
