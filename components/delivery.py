"""Who deploys: GitHub's jobs as roles of the account, one per environment to deploy, one that only reads to preview.

Account-level, made once by an administrator (`delivery/`, ADR 0015), outside of the stacks that the roles deploy: a
role lies under `/delivery/`, where none of them can reach it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import names
from components.boundary import boundary
from components.cluster import Cluster, operated
from components.github import AUDIENCE, ISSUER, PULL_REQUEST, Repository, trusted
from components.policy import Statement, document
from components.sizing.iam import Place, policies
from components.state import State, reading, writing
from components.unread import unread

PATH = "/delivery/"


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """Whose jobs, which environments, and where their state is."""

    name: str
    """First part of the stacks' names: that of environment `prod` is `tmi-prod` when this is `tmi`."""
    account_id: str
    """Account of roles and stacks: plain, as policies are written before anything is made."""
    partition: str = "aws"
    """AWS partition."""
    repository: Repository
    """Whose jobs are let in."""
    environments: Sequence[str]
    """Stacks, and at GitHub environments, that a deploy role is made for."""
    branch: str = "main"
    """Branch that is deployed, and whose drift is looked for."""
    workflow: str = ".github/workflows/deploy.yml"
    """File whose jobs deploy; no other workflow of the repository can."""
    state: State
    """Where Pulumi keeps its state."""
    provider_arn: pulumi.Input[str] | None = None
    """The account's identity provider for GitHub, where there is one already: it can have only one."""
    cluster: Cluster | None = None
    """Cluster whose Pulumi operator deploys too; none where only GitHub's jobs do."""
    session_hours: int = 4
    """Hours that a deployment may take: making a primary and its replicas takes more than IAM's default of one."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags of everything."""

    def __post_init__(self) -> None:
        """Refuse what IAM refuses, and names that one another's patterns would match."""
        if not 1 <= self.session_hours <= 12:
            raise ValueError(f"delivery: session_hours is {self.session_hours}; IAM takes 1 to 12")
        if not self.environments:
            raise ValueError("delivery: environments is empty; name the stacks to deploy, e.g. dev, staging, prod")
        for one in self.environments:
            for other in self.environments:
                if other.startswith(f"{one}-"):
                    raise ValueError(f"delivery: what {one} may do to `{one}-*` covers {other}; rename one of the two")


class Delivery(pulumi.ComponentResource):
    """Identity provider, roles, boundaries."""

    provider_arn: pulumi.Output[str]
    """The account's identity provider for GitHub, made or given."""
    deploy_role_arns: dict[str, pulumi.Output[str]]
    """Environment -> role of its deployments."""
    boundary_arns: dict[str, pulumi.Output[str]]
    """Environment -> what `data-tier:boundary` of its stack is to be."""
    preview_role_arn: pulumi.Output[str]
    """Role of pull requests and of the search for drift; reads every environment, and no secret."""

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the roles."""
        super().__init__("data-tier:index:Delivery", name, {}, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.provider_arn = self._identity_provider()
        self.deploy_role_arns, self.boundary_arns = {}, {}
        for environment in args.environments:
            self.boundary_arns[environment] = self._boundary(environment)
            self.deploy_role_arns[environment] = self._deploy(environment)
        self.preview_role_arn = self._preview()
        self.register_outputs(
            {
                "provider_arn": self.provider_arn,
                "deploy_role_arns": self.deploy_role_arns,
                "boundary_arns": self.boundary_arns,
                "preview_role_arn": self.preview_role_arn,
            }
        )

    def _identity_provider(self) -> pulumi.Output[str]:
        if self._args.provider_arn is not None:
            return pulumi.Output.from_input(self._args.provider_arn)
        # No thumbprints: GitHub's certificate is checked against AWS's own list of authorities (IAM API Reference,
        # CreateOpenIDConnectProvider). It stays when these roles go, as others may have come to use it.
        made = aws.iam.OpenIdConnectProvider(
            f"{self._name}-github",
            url=ISSUER,
            client_id_lists=[AUDIENCE],
            tags=dict(self._args.tags),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return made.arn

    def _boundary(self, environment: str) -> pulumi.Output[str]:
        args, prefix = self._args, self._prefix(environment)
        return self._policy(
            f"{environment}-boundary",
            _boundary_name(prefix),
            f"The most that a role of {prefix} can do",
            boundary(prefix, args.account_id, args.partition),
        ).arn

    def _deploy(self, environment: str) -> pulumi.Output[str]:
        args, prefix = self._args, self._prefix(environment)
        repository, ref = args.repository, f"refs/heads/{args.branch}"
        jobs = trusted(
            repository,
            [f"environment:{environment}"],
            self.provider_arn,
            ref=ref,
            job_workflow_ref=f"{repository.owner}/{repository.name}/{args.workflow}@{ref}",
        )
        operator = [operated(args.cluster, args.state.project, environment)] if args.cluster else []
        role = self._role(
            f"{environment}-deploy", f"{prefix}-deploy", f"Deploys {prefix}", jobs, *operator, hours=args.session_hours
        )
        place = Place(
            account=args.account_id,
            prefixes=[prefix],
            boundary=f"arn:{args.partition}:iam::{args.account_id}:policy{PATH}{_boundary_name(prefix)}",
            partition=args.partition,
        )
        self._allowed(role, f"{environment}-deploy", f"{prefix}-deploy", policies(place, "read", "write"))
        self._state(role, f"{environment}-deploy", writing(args.state, environment, args.partition))
        return role.arn

    def _preview(self) -> pulumi.Output[str]:
        args = self._args
        role = self._role(
            "preview",
            f"{args.name}-preview",
            f"Previews {args.name} and looks for drift",
            trusted(args.repository, [PULL_REQUEST, f"ref:refs/heads/{args.branch}"], self.provider_arn),
            hours=1,
        )
        prefixes = [self._prefix(each) for each in args.environments]
        place = Place(account=args.account_id, prefixes=prefixes, partition=args.partition)
        self._allowed(role, "preview", f"{args.name}-preview", policies(place, "read"))
        self._state(role, "preview", [*reading(args.state, args.partition), *unread(args.state, args.partition)])
        return role.arn

    def _prefix(self, environment: str) -> str:
        return names.prefix(self._args.name, environment)

    def _role(self, key: str, role_name: str, description: str, *trust: Statement, hours: int) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-{key}",
            name=role_name,
            path=PATH,
            description=description,
            assume_role_policy=document(*trust),
            max_session_duration=hours * 3600,
            tags=dict(self._args.tags),
            opts=self._child,
        )

    def _allowed(
        self, role: aws.iam.Role, key: str, policy_name: str, parts: Mapping[str, Sequence[Statement]]
    ) -> None:
        """A managed policy for each part of the stack: together they are past the limit of inline ones."""
        for part, statements in parts.items():
            made = self._policy(f"{key}-{part}", f"{policy_name}-{part}", f"{policy_name}: {part}", statements)
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{key}-{part}", role=role.name, policy_arn=made.arn, opts=self._child
            )

    def _policy(self, key: str, policy_name: str, description: str, statements: Sequence[Statement]) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{key}-policy",
            name=policy_name,
            path=PATH,
            description=description,
            policy=document(*statements),
            tags=dict(self._args.tags),
            opts=self._child,
        )

    def _state(self, role: aws.iam.Role, key: str, statements: Sequence[Statement]) -> None:
        aws.iam.RolePolicy(
            f"{self._name}-{key}-state", name="state", role=role.name, policy=document(*statements), opts=self._child
        )


def _boundary_name(prefix: str) -> str:
    return f"{prefix}-boundary"
