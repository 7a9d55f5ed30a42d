"""What a stack's file says of an existing tier. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adopt.estate import Estate
from adopt.refusal import Refusal
from adopt.report import Left, ParameterRow

Comments = Mapping[tuple[str, ...], Sequence[str]]
"""Path of keys in the file (`config`, `data-tier:postgres`, ...) -> sentences above it."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The stack's file as data, and what is to be said about it."""

    config: Mapping[str, Any]
    """`namespace:key` -> value, in the order of the file."""
    comments: Comments = field(default_factory=dict)
    parameters: tuple[ParameterRow, ...] = ()
    """Every parameter whose live value is not the computed one."""
    refusals: tuple[Refusal, ...] = ()
    """What has no key in a stack's file."""
    left: tuple[Left, ...] = ()


def written(estate: Estate, name: str, *, computed: bool = False) -> Written:  # noqa: ARG001 not yet
    """The nearest profile and what differs from it.

    `name` is the application's. With `computed` parameters are as the product computes them, else as they are live.
    """
    primary = estate.primary.described
    major, _, _ = str(primary["EngineVersion"]).partition(".")
    return Written(
        config={
            "aws:region": estate.region,
            "data-tier:profile": "staging",
            "data-tier:name": name,
            "data-tier:postgres": {
                "version": major,
                "class": primary["DBInstanceClass"],
                "existing": {"identifier": primary["DBInstanceIdentifier"]},
            },
        }
    )
