"""The world of an upgrade as it is: AWS, the database, the stack's file, and Pulumi where it may be run from here."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from upgrade.check import Look, Value
from upgrade.effect import Call, Deploy
from upgrade.file import has, lines_of
from upgrade.run.aws import Aws
from upgrade.run.database import Database
from upgrade.run.errors import StepError
from upgrade.run.world import Row


@dataclass(frozen=True, kw_only=True)
class Real:
    """Implements `World`."""

    aws: Aws
    database: Database
    config: Mapping[str, object]
    """The stack's file, `namespace:key` -> value."""
    root: Path
    """The project's folder, where Pulumi is run."""
    pulumi: bool
    """Whether it may be run from here."""

    def look(self, look: Look) -> object:
        """As in `World`."""
        return self.aws.look(look)

    def call(self, call: Call, found: Mapping[str, Value]) -> str:
        """As in `World`."""
        return self.aws.call(call, found)

    def ask(self, statement: str) -> Sequence[Row]:
        """As in `World`."""
        return self.database.ask(statement)

    def execute(self, statement: str, role: str | None) -> None:
        """As in `World`."""
        self.database.execute(statement, role)

    def differences(self) -> Sequence[str]:
        """As in `World`."""
        return self.database.differences()

    def lacks(self, lines: Sequence[str]) -> Sequence[str]:
        """As in `World`."""
        wanted = ((each, *lines_of(each)) for each in lines)
        return [each for each, key, value in wanted if not has(self.config.get(key), value)]

    def deploy(self, deploy: Deploy) -> bool:
        """As in `World`: what goes before it, such as `pulumi refresh`, is run as well."""
        if not self.pulumi or shutil.which("pulumi") is None:
            return False
        for text in (*deploy.before, deploy.command):
            if not text.startswith("pulumi ") or "|" in text:
                continue  # a look for people, or what they write into a file
            words = [*shlex.split(text), "--yes", "--non-interactive"]
            done = subprocess.run(words, cwd=self.root, check=False, stdout=subprocess.DEVNULL)
            if done.returncode:
                raise StepError(f"`{text}` failed with {done.returncode}: see what it says above, and run this again")
        return True

    def now(self) -> datetime:
        """As in `World`."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """As in `World`."""
        time.sleep(seconds)
