"""Entry point of `pulumi up`."""

import pulumi

from bootstrap.access import AccessError
from infra.program import BUNDLE, program
from infra.settings.problems import SettingsError, declared_wrong
from infra.trigger import PACKAGE

if not (PACKAGE / BUNDLE).is_file():
    raise pulumi.RunError(f"{BUNDLE} is missing: build the bootstrap's runner with `make bundle`.")
try:
    program(PACKAGE)
except (AccessError, ValueError) as error:
    if not isinstance(error, (AccessError, SettingsError)) and not declared_wrong(error):
        raise
    # Without a traceback: the problems name their keys.
    raise pulumi.RunError(str(error)) from None
