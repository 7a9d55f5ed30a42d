"""Entry point of `pulumi up`."""

from pathlib import Path

import pulumi

from bootstrap.access import AccessError
from infra.program import BUNDLE, program
from infra.settings.problems import SettingsError, declared_wrong
from infra.trigger import PACKAGE

root = Path(pulumi.get_root_directory() or PACKAGE)
if not (root / BUNDLE).is_file():
    command = "make bundle" if root == PACKAGE else f"python -m bootstrap.bundle --root {root} {root / BUNDLE}"
    raise pulumi.RunError(f"{root / BUNDLE} is missing: build the bootstrap's runner with `{command}`.")
try:
    program(root)
except (AccessError, ValueError) as error:
    if not isinstance(error, (AccessError, SettingsError)) and not declared_wrong(error):
        raise
    # Without a traceback: the problems name their keys.
    raise pulumi.RunError(str(error)) from None
