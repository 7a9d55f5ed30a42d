"""The Pulumi program: reads its stack's settings and the access declaration, then composes the components.

The engine runs it through `__main__`, the local substrate and the offline preview through the in-process monitor.
"""

from __future__ import annotations

from pathlib import Path

import pulumi

from infra.engine_config import engine_config
from infra.load import declared_extensions, load_settings
from infra.settings.access_file import read_declaration
from infra.settings.stackfile import file_of
from infra.stack import deploy
from infra.trigger import trigger

BUNDLE = Path("build") / "runner.zip"


def program(root: Path) -> None:
    """Declare every resource of the stack that is being run."""
    stack = pulumi.get_stack()
    config = engine_config()
    extensions = declared_extensions(root)
    settings = load_settings(config, stack=stack, source=file_of(stack), extensions=extensions)
    deploy(
        stack,
        settings,
        read_declaration(root),
        extensions=extensions,
        code=pulumi.FileArchive(str(root / BUNDLE)),
        trigger=trigger(root),
    )
