"""This computer as an estate: `keep.estate` with servers beside those of the stack in place of AWS's."""

from __future__ import annotations

from collections.abc import Sequence

from keep.estate.estate import Made
from local.aside.caches import LocalCaches
from local.aside.instances import LocalInstances
from local.state import StateDir


class LocalEstate(LocalInstances, LocalCaches):
    """Implements `keep.estate.estate.Estate` for one tier. The caller does not hold `state.lock()`."""

    def __init__(self, state: StateDir) -> None:
        LocalInstances.__init__(self, state)
        LocalCaches.__init__(self, state)

    def made(self) -> Sequence[Made]:
        self._state.load()
        return [
            (each["kind"], each["identifier"], each["made_by"])
            for each in self._state.made.values()
            if each["kind"] != "promotion"
        ]
