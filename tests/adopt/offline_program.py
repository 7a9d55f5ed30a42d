"""The program run offline with a configuration that no file holds, as `datatier adopt` runs it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adopt.adoption import Program
from graph.deployment import Deployment
from graph.offline import Offline
from infra.program import program
from runtime.monitor import run_program

ROOT = Path(__file__).parents[2]


def run(stack: str, root: Path = ROOT) -> Program:
    def of(config: Mapping[str, Any]) -> Deployment:
        return run_program(stack, lambda: program(root), Offline(str(config["aws:region"])), config, workers=0)

    return of
