"""The Pulumi program: reads its stack's settings and the access declaration, then composes the components.

The engine runs it through `__main__`, the local substrate and the offline preview through the in-process monitor.
"""

from __future__ import annotations

from pathlib import Path

import pulumi
import yaml

from bootstrap.access import Access, load_access
from infra.engine_config import engine_config
from infra.problems import Problem, SettingsError
from infra.settings import load_settings
from infra.stack import deploy
from infra.trigger import content_hash

PACKAGE = Path(__file__).parents[1]
BUNDLE = Path("build") / "runner.zip"


def read_access(root: Path) -> Access:
    """`access.yaml` of the project. Raise `SettingsError` when it cannot be read, `AccessError` for what is in it."""
    path = root / "access.yaml"
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError("access.yaml", [Problem("access.yaml", f"is missing in {root}.")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError("access.yaml", [Problem("file", f"not valid YAML: {error}.")]) from None
    if not isinstance(data, dict):
        raise SettingsError("access.yaml", [Problem("file", "must be a mapping with `owner` and `identities`.")])
    return load_access(data)


def program(root: Path) -> None:
    """Declare every resource of the stack that is being run."""
    stack = pulumi.get_stack()
    config = engine_config()
    settings = load_settings(config, stack=stack, source=f"Pulumi.{stack}.yaml")
    deploy(
        stack,
        settings,
        read_access(root),
        code=pulumi.FileArchive(str(root / BUNDLE)),
        trigger=content_hash(PACKAGE),
    )
