"""The program run offline with a configuration that no file holds, as `datatier adopt` runs it; recorded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorded_program import recorded

from adopt.adoption import Program
from graph.deployment import Deployment


def run(stack: str) -> Program:
    """The application is the tests' own."""

    def program(config: Mapping[str, Any]) -> Deployment:
        return recorded(stack, config, region=str(config["aws:region"]))

    return program
