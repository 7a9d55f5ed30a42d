"""What a provider does with one type of resource: how AWS knows it, which inputs replace it, what is filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type as its provider treats it.

    In `id` and `arn`, `{name}` is the physical name, `{arn}` the ARN, `{anything}` the input of that name; `{hex8}` are
    eight digits that AWS draws, `{uuid}` its longer ids, and `{HEX26}` is in capitals.
    """

    source: str
    """File in terraform-provider-aws, internal/service, or in terraform-provider-random, internal/provider."""
    id: str
    """Form of the id: `SetId` in that file; where it has none, what it is imported by."""
    arn: str = ""
    """The ARN's service, then its last part: after `:` where it names a region, after `::` where it names none but the
    account, after `:::` where neither. Empty where the type has none."""
    named: str = "name"
    """The input that is the physical name; empty where none is."""
    autonamed: bool = True
    """Whether Pulumi makes a name up; some services do it themselves, or need one."""
    replaces: Set[str] | None = None
    """Inputs whose change makes another resource: `ForceNew`, `RequiresReplace` in newer files. Only those that
    somebody could sensibly set are listed. None where they have not been looked up."""
    replaces_if: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bool]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Inputs whose change makes another resource for some values alone (`customdiff.ForceNewIf`): asked with all inputs
    of before and after, once the input has changed."""
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Defaults of inputs that the program leaves out."""
    secret: Set[str] = frozenset()
    """Inputs and outputs that are secret whatever the program says: `Sensitive`."""
    follows: Mapping[str, Set[str]] = field(default_factory=lambda: MappingProxyType({}))
    """Outputs that are not known in a preview when one of these inputs changes."""
    kept: Set[str] = frozenset()
    """Inputs that stay as they are when the program leaves them out (both `Optional` and `Computed`); without the name
    and the region, which are so everywhere."""
    untold: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Inputs that AWS does not tell of what is there, so that an import lacks them, and what the provider's `Importer`
    puts in their place; None for nothing. Looked up for the types that are adopted."""
    grows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Inputs that AWS raises by itself, up to another input: a larger value than the program's is not a change."""
