"""The stack that a plan is for: its names, and commands that reach its own things and no other stack's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.instances import DatabaseInstance, Instances, ReplicationGroup
from infra.settings.model import Settings
from knowledge import commands
from knowledge.aws_states import INSTANCE_AVAILABLE, INSTANCE_CHANGING, INSTANCE_FAILED
from upgrade.check import Declared, Described, Look, Parameters, quoted
from upgrade.effect import MINUTES, Call, Deploy, Sql

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
    def caller(self) -> str | None:
        """What to look at before the first command, where the stack's file says who makes them."""
        who = self.role or (f"account {self.account}" if self.account else None)
        return f"{self.aws('sts get-caller-identity')} says {who}, as the stack's file wants" if who else None

    @property
    def as_declared(self) -> Declared:
        """Roles, users, grants and schema are as the project declares them."""
        return Declared(
            says=f"{self.datatier('bootstrap')} says 0 otherwise than declared",
            mend=f"{self.datatier('bootstrap')} mends it",
        )

    @property
    def account_check(self) -> Described | None:
        """The same, as a program looks at it."""
        if self.account is None:
            return None
        return Described(
            says=f"the calls are made in account {self.account}, as the stack's file wants",
            look=self._look("sts", "GetCallerIdentity", {}, "Account", self.primary),
            wanted=(self.account,),
            mend="log in to that account, or set AWS_PROFILE",
        )

    def instance(self, on: DatabaseInstance, path: str) -> Look:
        """A figure of an instance."""
        return self._look(
            "rds", "DescribeDBInstances", {"DBInstanceIdentifier": on.identifier}, f"DBInstances[0] | {path}", on
        )

    def cache(self, on: ReplicationGroup, path: str) -> Look:
        """A figure of a replication group."""
        of: Parameters = {"ReplicationGroupId": on.identifier}
        return self._look("elasticache", "DescribeReplicationGroups", of, f"ReplicationGroups[0] | {path}", on)

    def nodes(self, on: ReplicationGroup, path: str) -> Look:
        """A figure of each node of a replication group."""
        query = f"CacheClusters[?ReplicationGroupId=='{on.identifier}'].{path}"
        return self._look("elasticache", "DescribeCacheClusters", {}, query, on)

    def look_of(self, on: ReplicationGroup, operation: str, parameters: Parameters, path: str) -> Look:
        """A figure of something that belongs to a replication group."""
        return self._look("elasticache", operation, parameters, path, on)

    def look(self, service: str, operation: str, parameters: Parameters, path: str) -> Look:
        """A figure of something in the primary's region."""
        return self._look(service, operation, parameters, path, self.primary)

    def _look(
        self, service: str, operation: str, parameters: Parameters, path: str, on: DatabaseInstance | ReplicationGroup
    ) -> Look:
        return Look(
            service=service,
            operation=operation,
            parameters=parameters,
            path=path,
            region=on.region,
            profile=self.profile,
        )

    def available(self, on: DatabaseInstance) -> Described:
        """An instance takes changes and connections."""
        return Described(
            says=f"{on.identifier} is available",
            look=self.instance(on, "DBInstanceStatus"),
            wanted=INSTANCE_AVAILABLE,
            failed=INSTANCE_FAILED,
            mend="wait until it is, or see its events: "
            + self.aws(f"rds describe-events --source-type db-instance --source-identifier {on.identifier}", on),
        )

    def cache_available(self, on: ReplicationGroup) -> Described:
        """A replication group takes changes and connections."""
        return Described(
            says=f"{on.identifier} is available",
            look=self.cache(on, "Status"),
            wanted=("available",),
            failed=("create-failed", "deleting", ""),
            mend="wait until it is, or see its events: "
            + self.aws(
                f"elasticache describe-events --source-type replication-group --source-identifier {on.identifier}", on
            ),
        )

    def call(
        self,
        operation: str,
        parameters: Parameters,
        *,
        on: DatabaseInstance | ReplicationGroup | None = None,
        until: tuple[Described, ...],
        made: tuple[Described, ...] = (),
        finds: Mapping[str, Look] | None = None,
        minutes: int = MINUTES,
    ) -> Call:
        """A call about a server: the primary, when none is named."""
        server = on or self.primary
        return Call(
            service="elasticache" if isinstance(server, ReplicationGroup) else "rds",
            operation=operation,
            parameters=parameters,
            finds=finds or {},
            until=until,
            made=made,
            minutes=minutes,
            region=server.region,
            profile=self.profile,
        )

    def deploy(
        self,
        *lines: str,
        until: tuple[Described, ...],
        pending: tuple[Described, ...] = (),
        before: tuple[str, ...] = (),
        options: str = "",
        unseen: bool = False,
        on: DatabaseInstance | ReplicationGroup | None = None,
    ) -> Deploy:
        """A deployment of the stack with these lines in its file; it changes the primary, where no other is named."""
        return Deploy(
            lines=lines,
            before=before,
            command=f"{self.up}{options}",
            until=until,
            unseen=unseen,
            pending=pending,
            going=(self._changing(on or self.primary),),
        )

    def _changing(self, on: DatabaseInstance | ReplicationGroup) -> Described:
        look = self.instance(on, "DBInstanceStatus") if isinstance(on, DatabaseInstance) else self.cache(on, "Status")
        return Described(says=f"{on.identifier} is being changed", look=look, wanted=INSTANCE_CHANGING)

    def sql(self, each: str) -> Sql:
        """Statements that a query makes."""
        return Sql(each=each, command=self.psql(each))

    def psql(self, *statements: str) -> str:
        """Queries, as a person asks them."""
        asked = " ".join(f"-c {quoted(each)}" for each in statements)
        return self.datatier("psql master", f"-- -At {asked}")

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
