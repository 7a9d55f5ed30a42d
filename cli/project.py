"""Where the project lies, and the stack's declarations in it, read and checked before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.application import DEFINITION, MIGRATIONS
from cli.errors import InputError
from infra.settings.stackfile import file_of
from infra.trigger import PACKAGE

_PLACEHOLDER = "eu-west-1"

if TYPE_CHECKING:  # most commands only want to know where the project lies
    from bootstrap.access import Access
    from graph.deployment import Deployment
    from infra.instances import Instances
    from infra.settings.model import Settings


def project_root(start: Path | None = None) -> Path:
    """The nearest folder, from here upwards, with a `Pulumi.yaml`; the project's own when there is none."""
    return own_root(start) or PACKAGE


def own_root(start: Path | None = None) -> Path | None:
    """The nearest folder, from here upwards, with a `Pulumi.yaml`."""
    here = (start or Path.cwd()).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), None)


def migrations() -> Path:
    """The folder of the application's migrations."""
    return project_root() / MIGRATIONS


def definition() -> Path:
    """The definition of the application's schema, which need not be there."""
    return project_root() / DEFINITION


@dataclass(frozen=True, kw_only=True)
class StackSource:
    """A stack as its files declare it."""

    root: Path
    stack: str
    config: dict[str, Any]
    """`namespace:key` -> value."""
    settings: Settings
    instances: Instances
    """Its servers."""
    access: Access
    unread: tuple[str, ...] = ()
    """What the stack's file does not say in the clear, one sentence each."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever brings the stack up has to know before, one sentence each."""
        return (*self.unread, *self.access.unwise)

    @property
    def region(self) -> str:
        """The region of what is only shown or made on this computer; one stands for it where the file names none."""
        return str(self.config.get("aws:region", _PLACEHOLDER))

    @property
    def account_region(self) -> str:
        """The region in which the stack is, or would be, in an account. Raise `InputError` where it is in none."""
        file = file_of(self.stack)
        if self.settings.profile == "local":
            raise InputError(
                f"`{self.stack}` is a stack of this computer (`data-tier:profile: local` in {file}), so no AWS account "
                "has to do with it: leave --aws out, or name another stack."
            )
        if "aws:region" not in self.config:
            raise InputError(
                f"{file} names no region, and which one the account is looked at in is not guessed: "
                f"`pulumi config set aws:region REGION -s {self.stack}`."
            )
        return self.region

    @property
    def program(self) -> Callable[[], None]:
        """The Pulumi program; imported here, because the SDK takes a second to load."""
        from runtime.sdk import import_by_class

        import_by_class()
        from infra.program import program

        return lambda: program(self.root)

    def offline(self) -> Deployment:
        """What the program declares, with answers of AWS's form for what it makes."""
        from graph.offline import Offline
        from runtime.monitor import run_program

        return run_program(self.stack, self.program, Offline(self.region), self.config, workers=0)


def load(stack: str) -> StackSource:
    """Read and check a stack. Raise `UnknownStackError`, `SettingsError` or `AccessError`."""
    from infra.load import load_stack
    from infra.settings.access_file import read_access

    root = project_root()
    found = load_stack(root, stack)
    return StackSource(
        root=root,
        stack=stack,
        config=found.config,
        settings=found.settings,
        instances=found.instances,
        access=read_access(root),
        unread=found.unread,
    )


def load_here(stack: str) -> StackSource:
    """The same for this computer, which has nothing of what was there before the stack; a note says so."""
    from infra.apart import NOTE, without_existing
    from infra.load import declare

    source = load(stack)
    config = without_existing(source.config)
    if config is None:
        return source
    here = declare(config, stack=stack, extensions=source.instances.primary.extensions)
    unread = (*source.unread, NOTE)
    return replace(source, config=config, settings=here.settings, instances=here.instances, unread=unread)


def deployed(root: Path) -> list[str]:
    """The stacks that are meant for AWS: all but those of the profile `local`."""
    from infra.load import profile_of
    from infra.settings.stackfile import read_stack, stacks

    return [name for name in stacks(root) if profile_of(read_stack(root, name), name, file_of(name)) != "local"]
