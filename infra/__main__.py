"""Entry point of `pulumi up`."""

from infra.problems import Problem, SettingsError
from infra.program import BUNDLE, PACKAGE, program

if not (PACKAGE / BUNDLE).is_file():
    raise SettingsError("the runner", [Problem(str(BUNDLE), "is missing: build it with `make bundle`.")])
program(PACKAGE)
