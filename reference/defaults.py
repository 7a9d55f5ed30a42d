"""Values as a declaration writes them, and what a key is by default where that depends on the profile."""

from __future__ import annotations

from collections.abc import Mapping

import yaml


def written(value: object) -> str:
    """A value on one line of YAML."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def valued(value: object) -> str:
    """A value as code, `none` where there is nothing."""
    return "none" if value is None or value in ([], {}) else f"`{written(value)}`"


def shown(values: Mapping[str, object]) -> str:
    """Profile -> value as text: what most have, and those that have another."""
    texts = {profile: valued(each) for profile, each in values.items()}
    usual = max(texts.values(), key=list(texts.values()).count)
    others = [f"{profile} {text}" for profile, text in texts.items() if text != usual]
    return f"{usual}; {', '.join(others)}" if others else usual
