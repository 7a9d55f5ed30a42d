"""The objectives of an existing tier: the profile's where its backups and standbys keep them, else lesser. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adopt.settings.nearest import PROFILES
from infra.load import load_settings
from infra.settings.problems import SettingsError
from infra.settings.profiles import defaults

_LONGEST = {"rpo": "24h", "rto": "24h"}


def kept_promises(
    profile: str, said: Mapping[str, Any], *, name: str, stack: str, region: str, extensions: tuple[str, ...]
) -> dict[str, Any]:
    """`said` with the objectives that hold: of the profile, of a less demanding one, or a day.

    Raise `SettingsError` for whatever else is wrong with it.
    """
    for objectives in _lesser(profile):
        whole = {**said, **({"objectives": objectives} if objectives else {})}
        config = {"aws:region": region} | {
            f"data-tier:{key}": value for key, value in {"profile": profile, "name": name, **whole}.items()
        }
        try:
            load_settings(config, stack=stack, source="the stack's file", extensions=extensions)
        except SettingsError as error:
            rest = [each for each in error.problems if not each.key.startswith("data-tier:objectives")]
            if rest or objectives == _LONGEST:
                raise
            continue
        return whole
    return dict(said)


def _lesser(profile: str) -> Iterator[Mapping[str, str]]:
    """What may be promised, the most first; nothing where the profile's own are meant."""
    yield {}
    for other in reversed(PROFILES[: PROFILES.index(profile)]):
        yield defaults(other)["objectives"]
    yield _LONGEST
