"""An application as a value: what its files say, whether made from nothing or read from live servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bootstrap.schema import Schema
from knowledge.names import plain

Tree: TypeAlias = Mapping[str, object]
"""What a file in YAML or JSON holds."""
KeyPath: TypeAlias = tuple[str, ...]
"""Where in a tree, such as `("identities", "shop_app", "redis")`."""
Comments: TypeAlias = Mapping[KeyPath, Sequence[str]]
"""Sentences that stand above a key, each on lines of its own; those of `()` at the top of the file. Where the tree does
not have the key they stand at the end of the mapping that would hold it, as a proposal does; lines stay as they are."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """Everything that `datatier init` writes follows from this."""

    name: str
    """As `data-tier:name` has it, `shop-eu`."""
    stacks: Mapping[str, Tree]
    """Stack -> its file's `config`, `namespace:key` -> value: what the profile does not say already."""
    access: Tree
    """The declaration of access.yaml."""
    migrations: Mapping[str, str] = field(default_factory=dict)
    """File name -> SQL."""
    definition: Schema
    """That of schema/schema.json."""
    access_comments: Comments = field(default_factory=dict)
    stack_comments: Mapping[str, Comments] = field(default_factory=dict)
    """Stack -> comments, with paths that begin in its `config`."""

    @property
    def plain(self) -> str:
        """The name as PostgreSQL and Python have it, `shop_eu`."""
        return plain(self.name)
