"""Settings as they have to be -> the stack's file: the nearest profile and what differs from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adopt.settings.nearest import nearest
from adopt.settings.objectives import kept_promises
from infra.instances import DatabaseInstance
from infra.load import declare
from knowledge.parameters import DEFAULT, EVERY

_ORDER = (
    *("profile", "name", "protect", "final_snapshots", "network", "postgres", "redis", "notify", "objectives", "logs"),
    "maintenance",
)
"""Of the keys in the file; others follow."""


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """Whose file it is."""

    name: str
    """The application's."""
    stack: str
    region: str
    extensions: tuple[str, ...] = ()
    """Those that the application declares."""
    profile: str | None = None
    """The one that it has; None where the nearest is to be found."""

    def config(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """`namespace:key` -> value, in the order of the file. Raise `SettingsError`."""
        profile, said = nearest(wanted, self.name, self.profile)
        said = kept_promises(
            profile, said, name=self.name, stack=self.stack, region=self.region, extensions=self.extensions
        )
        whole = {"profile": profile, "name": self.name, **said}
        ordered = sorted(whole, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER))
        return {"aws:region": self.region, **{f"data-tier:{key}": whole[key] for key in ordered}}

    def databases(self, wanted: Mapping[str, Any]) -> Mapping[str, DatabaseInstance]:
        """The databases as the program would have them. Raise `SettingsError`.

        Without a parameter: what the program computes may not fit, where what runs does.
        """
        quiet = {**wanted, "postgres": {**wanted["postgres"], "parameters": {EVERY: DEFAULT}}}
        declared = declare(self.config(quiet), stack=self.stack, extensions=self.extensions)
        return {each.name: each for each in declared.instances.databases}
