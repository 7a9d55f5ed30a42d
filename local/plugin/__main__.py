"""`python -m local.plugin STACK`: the engine's provider with this computer behind it."""

from __future__ import annotations

import argparse
from pathlib import Path

from local.plugin.tier import TierPlace
from local.state import StateDir
from runtime.plugin.server import serve_until_ended


def main(arguments: list[str] | None = None) -> None:
    """Serve until ended; no other command works on the stack meanwhile."""
    parser = argparse.ArgumentParser(prog="python -m local.plugin", description=__doc__)
    parser.add_argument("stack", help="the stack whose folder in .local holds it")
    parser.add_argument("--project", type=Path, default=Path(), help="the folder with Pulumi.yaml")
    chosen = parser.parse_args(arguments)
    state = StateDir(chosen.project, chosen.stack)
    with state.lock():
        place = TierPlace(state, "eu-west-1")
        try:
            serve_until_ended(place)
        finally:
            place.close()


if __name__ == "__main__":
    main()
