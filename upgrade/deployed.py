"""The stack that a plan is for: its names, and commands that reach its own things and no other stack's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from components import names
from infra.settings import Settings
from knowledge.regions import partition_of

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A stack, with what its file tells the AWS provider."""

    stack: str
    """Its name for Pulumi, of which the names on AWS are made; the profile is not."""
    settings: Settings
    region: str | None = None
    """`aws:region`; None leaves it to the environment, as the provider does."""
    profile: str | None = None
    """`aws:profile`: whose credentials the provider takes."""
    account: str | None = None
    """The one account of `aws:allowedAccountIds`."""
    role: str | None = None
    """Role that the provider assumes (`aws:assumeRoles`), which the AWS CLI is not told on its command line."""

    @property
    def prefix(self) -> str:
        """Identifier of the primary, and first part of the other names."""
        return names.prefix(self.settings.name, self.stack)

    @property
    def primary_arn(self) -> str:
        """ARN of the primary, with words in brackets for what the stack's file does not say."""
        region = self.region or "<region>"
        return f"arn:{partition_of(region).name}:rds:{region}:{self.account or '<account>'}:db:{self.prefix}"

    @property
    def caller(self) -> str | None:
        """What to look at before the first command, where the stack's file says who makes them."""
        who = self.role or (f"account {self.account}" if self.account else None)
        return f"{self.aws('sts get-caller-identity')} says {who}, as the stack's file wants" if who else None

    def identifier(self, name: str) -> str:
        """Of a replica or a cache."""
        return names.server(self.prefix, name)

    def replica_aws(self, name: str) -> partial[str]:
        """`aws` where a replica is."""
        remote = self.settings.postgres.replicas[name].remote
        return partial(self.aws, region=remote.region if remote else None)

    def aws(self, command: str, *, region: str | None = None) -> str:
        """A command of the AWS CLI, in the stack's region or another."""
        where = region or self.region
        words = [
            f"aws {command}",
            f"--region {where}" if where else "",
            f"--profile {self.profile}" if self.profile else "",
        ]
        return " ".join(word for word in words if word)

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


def deployed(stack: str, settings: Settings, config: Mapping[str, Any]) -> Deployed:
    """The stack as its file declares it; `config` is `namespace:key` -> value."""
    accounts = config.get("aws:allowedAccountIds")
    only = accounts[0] if isinstance(accounts, list) and len(accounts) == 1 else None
    assumed = config.get("aws:assumeRoles") or config.get("aws:assumeRole")
    last = assumed[-1] if isinstance(assumed, list) else assumed
    return Deployed(
        stack=stack,
        settings=settings,
        region=_text(config.get("aws:region")),
        profile=_text(config.get("aws:profile")),
        account=_text(only),
        role=_text(last.get("roleArn")) if isinstance(last, dict) else None,
    )


def _text(value: Any) -> str | None:
    return str(value) if value else None
