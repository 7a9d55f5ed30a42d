"""`python -m preview.provider STATE.json`: the engine's provider with the preview's substrate behind it, in a file."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from graph.cloud import Made
from graph.offline import ACCOUNT, Offline
from graph.resource import Resource
from runtime.plugin.file_place import FilePlace
from runtime.plugin.server import serve_until_ended


class Elsewhere(Offline):
    """The same answers in another account: other ids, other ARNs."""

    def __init__(self, region: str, account: str) -> None:
        super().__init__(region)
        self.account = account

    def ensure(self, resource: Resource) -> Made:
        if self.account == ACCOUNT:
            return super().ensure(resource)
        made = super().ensure(replace(resource, urn=f"{self.account} {resource.urn}"))
        return replace(made, id=self._moved(made.id), outputs=self._moved(made.outputs))

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._moved(super().invoke(token, args))
        return answer

    def _moved(self, value: Any) -> Any:
        return json.loads(json.dumps(value).replace(ACCOUNT, self.account))


def main(arguments: list[str] | None = None) -> None:
    """Serve until ended; the region is the stack's, as the engine says it."""
    parser = argparse.ArgumentParser(prog="python -m preview.provider", description=__doc__)
    parser.add_argument("state", type=Path, help="the file that holds the resources; made when missing")
    parser.add_argument("--account", default=ACCOUNT, help="the account that it plays, twelve digits")
    chosen = parser.parse_args(arguments)
    serve_until_ended(FilePlace(chosen.state.resolve(), lambda region: Elsewhere(region, chosen.account), "eu-west-1"))


if __name__ == "__main__":
    main()
