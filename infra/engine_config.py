"""The stack's configuration as the running engine (or the in-process monitor) holds it."""

from __future__ import annotations

import json
from typing import Any

from pulumi.runtime import config


def engine_config() -> dict[str, Any]:
    """Every configured `namespace:key` -> value; structured values arrive as JSON text and are parsed."""
    return {key: _parsed(value) for key, value in {**config.get_config_env(), **config.CONFIG.get()}.items()}


def _parsed(value: object) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
