"""The stack that a plan is for: its names, and commands that reach its own things and no other stack's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.instances import DatabaseInstance, Instances, ReplicationGroup
from infra.settings.model import Settings
from knowledge import commands
from knowledge.regions import partition_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack, with what its file tells the AWS provider."""

    instances: Instances
    """Its servers, by the names that AWS has for them."""
    settings: Settings
    profile: str | None = None
    """`aws:profile`: whose credentials the provider takes."""
    account: str | None = None
    """The one account of `aws:allowedAccountIds`."""
    role: str | None = None
    """Role that the provider assumes (`aws:assumeRoles`), which the AWS CLI has no command-line option for."""

    @property
    def stack(self) -> str:
        """The stack's name in Pulumi."""
        return self.instances.stack

    @property
    def primary(self) -> DatabaseInstance:
        """The instance that is written to."""
        return self.instances.primary

    @property
    def primary_arn(self) -> str:
        """ARN of the primary, with words in brackets for what the stack's file does not say."""
        region = self.instances.region or "<region>"
        where = f"{region}:{self.account or '<account>'}"
        return f"arn:{partition_of(region).name}:rds:{where}:db:{self.primary.identifier}"

    @property
    def caller(self) -> str | None:
        """What to look at before the first command, where the stack's file says who makes them."""
        who = self.role or (f"account {self.account}" if self.account else None)
        return f"{self.aws('sts get-caller-identity')} says {who}, as the stack's file wants" if who else None

    def aws(self, command: str, on: DatabaseInstance | ReplicationGroup | None = None) -> str:
        """A command of the AWS CLI, in the region of the server that it is about: the primary's, when none is named."""
        return commands.aws(command, region=(on or self.primary).region, profile=self.profile)

    @property
    def up(self) -> str:
        """The command that deploys it."""
        return f"pulumi up -s {self.stack}"

    @property
    def refresh(self) -> str:
        """The command that reads what AWS has."""
        return f"pulumi refresh -s {self.stack}"

    @property
    def preflight(self) -> str:
        """What the next deployment would do."""
        return f"pulumi stack export -s {self.stack} | datatier preview {self.stack} --against -"

    @property
    def manifest(self) -> str:
        """The file by which `datatier` reaches its engines in place of a tier on this computer."""
        return f"pulumi stack output manifest -s {self.stack} > {MANIFEST}"

    def datatier(self, command: str, rest: str = "") -> str:
        """A command inside its engines, from a host that reaches them."""
        return f"datatier {command} --manifest {MANIFEST}{' ' if rest else ''}{rest}"


def deployed(servers: Instances, settings: Settings, config: Mapping[str, object]) -> Deployed:
    """The stack as its file declares it; `config` is `namespace:key` -> value."""
    accounts = config.get("aws:allowedAccountIds")
    only = accounts[0] if isinstance(accounts, list) and len(accounts) == 1 else None
    assumed = config.get("aws:assumeRoles") or config.get("aws:assumeRole")
    last = assumed[-1] if isinstance(assumed, list) else assumed
    return Deployed(
        instances=servers,
        settings=settings,
        profile=_text(config.get("aws:profile")),
        account=_text(only),
        role=_text(last.get("roleArn")) if isinstance(last, dict) else None,
    )


def _text(value: object) -> str | None:
    return str(value) if value else None
