"""Who deploys: GitHub's jobs as roles: one an environment that deploys, one that looks, one for pull requests.

Account-level, made once by an administrator (`delivery/`, ADR 0015), outside of the stacks that the roles deploy: a
role lies under `/delivery/`, where none of them can reach it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.delivery.args import DeliveryArgs
from components.delivery.boundary import boundary, untitled
from components.delivery.existing import ExistingResources, deploying
from components.delivery.github import AUDIENCE, ISSUER, PULL_REQUEST, trusted
from components.delivery.kubernetes import operated
from components.delivery.state import exporting, reading, writing
from components.delivery.unread import unread
from components.functions.runner import CHECK, KIND
from components.policy import Statement, allow, document
from knowledge import names
from knowledge.iam.actions import StatementScope, policies, too_long
from knowledge.ownership import others


class Delivery(pulumi.ComponentResource):
    """GitHub's identity provider, the roles of its jobs, and the boundary of each environment."""

    provider_arn: pulumi.Output[str]
    """The account's identity provider for GitHub, made or given."""
    deploy_role_arns: dict[str, pulumi.Output[str]]
    """Environment -> role of its deployments."""
    boundary_arns: dict[str, pulumi.Output[str]]
    """Environment -> what `data-tier:boundary` of its stack is to be."""
    preview_role_arn: pulumi.Output[str]
    """Role of pull requests: reads what the state says is deployed, and opens no secret in it."""
    drift_role_arn: pulumi.Output[str]
    """Role of the search for drift: reads every environment and its state, and asks its runner to look."""

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the identity provider, the boundaries and the roles."""
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
        self.drift_role_arn = self._drift()
        self.register_outputs(
            {
                "provider_arn": self.provider_arn,
                "deploy_role_arns": self.deploy_role_arns,
                "boundary_arns": self.boundary_arns,
                "preview_role_arn": self.preview_role_arn,
                "drift_role_arn": self.drift_role_arn,
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
        before = args.existing.get(environment, ExistingResources())
        networks = args.networks.get(environment, ())
        statements = untitled(boundary(prefix, args.account_id, args.partition, networks, before))
        if problem := too_long(statements):
            raise ValueError(
                f"delivery: the boundary of {environment} {problem}: what was there before the stack has too many or "
                "too long names; take some of its servers into another stack"
            )
        return self._policy(
            f"{environment}-boundary", names.boundary(prefix), f"The most that a role of {prefix} can do", statements
        ).arn

    def _deploy(self, environment: str) -> pulumi.Output[str]:
        args, prefix = self._args, self._prefix(environment)
        jobs = self._jobs_of(args.workflow, f"environment:{environment}")
        operator = [operated(args.cluster, args.state.project, environment)] if args.cluster else []
        role = self._role(
            f"{environment}-deploy", f"{prefix}-deploy", f"Deploys {prefix}", jobs, *operator, hours=args.session_hours
        )
        place = StatementScope(
            account=args.account_id,
            prefixes=[prefix],
            networks=args.networks.get(environment, ()),
            boundary=f"arn:{args.partition}:iam::{args.account_id}:policy{names.DELIVERY}{names.boundary(prefix)}",
            partition=args.partition,
        )
        parts = policies(place, "read", "write")
        walls = {"roles": [*parts["roles"], *others(prefix)]}
        before = args.existing.get(environment, ExistingResources())
        there = {"existing": deploying(before, args.partition, "read", "write")}
        self._allowed(role, f"{environment}-deploy", f"{prefix}-deploy", {**parts, **walls, **there})
        self._state(role, f"{environment}-deploy", writing(args.state, environment, args.partition))
        return role.arn

    def _preview(self) -> pulumi.Output[str]:
        """A pull request's code runs before anybody has read it: nothing but what an offline preview compares with."""
        args = self._args
        role = self._role(
            "preview",
            f"{args.name}-preview",
            f"Reads what is deployed of {args.name}, for pull requests",
            trusted(args.repository, [PULL_REQUEST], self.provider_arn),
            hours=1,
        )
        state = exporting(args.state, args.environments, args.partition)
        self._state(role, "preview", [*state, *unread(args.state, args.partition)])
        return role.arn

    def _drift(self) -> pulumi.Output[str]:
        args = self._args
        role = self._role(
            "drift",
            f"{args.name}-drift",
            f"Looks for drift in {args.name}",
            self._jobs_of(args.drift, f"ref:refs/heads/{args.branch}"),
            hours=1,
        )
        prefixes = [self._prefix(each) for each in args.environments]
        place = StatementScope(account=args.account_id, prefixes=prefixes, partition=args.partition)
        there = [each for one in args.existing.values() for each in deploying(one, args.partition, "read")]
        self._allowed(role, "drift", f"{args.name}-drift", {**policies(place, "read"), "existing": there})
        runners = [
            f"arn:{args.partition}:lambda:*:{args.account_id}:function:{each}-{KIND}:{CHECK}" for each in prefixes
        ]
        self._state(
            role,
            "drift",
            [
                allow("Look", ["lambda:InvokeFunction"], runners),
                *reading(args.state, args.environments, args.partition),
                *unread(args.state, args.partition, looked=runners, decrypted=True),
            ],
        )
        return role.arn

    def _jobs_of(self, workflow: str, subject: str) -> dict[str, Any]:
        """Jobs of one workflow file, as it is on the branch that is deployed."""
        args, ref = self._args, f"refs/heads/{self._args.branch}"
        of = f"{args.repository.owner}/{args.repository.name}/{workflow}@{ref}"
        return trusted(args.repository, [subject], self.provider_arn, ref=ref, job_workflow_ref=of)

    def _prefix(self, environment: str) -> str:
        return names.prefix(self._args.name, environment)

    def _role(self, key: str, role_name: str, description: str, *trust: Statement, hours: int) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self._name}-{key}",
            name=role_name,
            path=names.DELIVERY,
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
            if not statements:
                continue
            made = self._policy(f"{key}-{part}", f"{policy_name}-{part}", f"{policy_name}: {part}", statements)
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{key}-{part}", role=role.name, policy_arn=made.arn, opts=self._child
            )

    def _policy(self, key: str, policy_name: str, description: str, statements: Sequence[Statement]) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{key}-policy",
            name=policy_name,
            path=names.DELIVERY,
            description=description,
            policy=document(*statements),
            tags=dict(self._args.tags),
            opts=self._child,
        )

    def _state(self, role: aws.iam.Role, key: str, statements: Sequence[Statement]) -> None:
        aws.iam.RolePolicy(
            f"{self._name}-{key}-state", name="state", role=role.name, policy=document(*statements), opts=self._child
        )
