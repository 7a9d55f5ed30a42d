"""Rules between the settings of a stack and access.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from bootstrap.access import Access
from bootstrap.access.names import logins
from bootstrap.rule import says
from infra.settings.model import Settings
from infra.settings.problems import SettingsError, SettingsProblem


def agree(settings: Settings, access: Access, source: str) -> None:
    """Raise `SettingsError`, of the stack's file `source`, where the two contradict each other."""
    if problems := list(_problems(settings, access)):
        raise SettingsError(source, problems)


@says(
    {
        "postgres.master": "not the owner, an identity or a login of access.yaml",
    }
)
def _problems(settings: Settings, access: Access) -> Iterator[SettingsProblem]:
    """RDS makes the master with the instance; the bootstrap would take it for the role of that name."""
    name = settings.postgres.master
    what = {access.owner: "the owner"} | {
        role: f"identity {identity}" for identity in access.postgres_users for role in (identity, *logins(identity))
    }
    if name in what:
        yield SettingsProblem(
            "data-tier:postgres.master",
            f"`{name}` is {what[name]} in access.yaml too: choose another name for one of them; the master's cannot be "
            "changed later.",
        )
