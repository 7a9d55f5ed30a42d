"""Entry point of `pulumi -C delivery up`."""

import pulumi

from delivery.program import program
from infra.settings.problems import SettingsError

try:
    program()
except (SettingsError, ValueError) as error:
    # Without a traceback: the problems name their keys.
    raise pulumi.RunError(str(error)) from None
