"""Whose jobs deploy which environments of an account, and what speaks against it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.delivery.existing import ExistingResources
from components.delivery.github import Repository
from components.delivery.kubernetes import Cluster
from components.delivery.state import State
from components.refuse import refuse
from knowledge import limits


@dataclass(frozen=True, kw_only=True)
class DeliveryArgs:
    """Whose jobs, which environments, and where their state is."""

    name: str
    """First part of the stacks' names: that of environment `prod` is `shop-prod` when this is `shop`."""
    account_id: str
    """Account of roles and stacks: plain, as policies are written before anything is made."""
    partition: str = "aws"
    """AWS partition."""
    repository: Repository
    """The GitHub repository whose jobs may assume the roles."""
    environments: Sequence[str]
    """Stacks, and at GitHub environments, that a deploy role is made for."""
    branch: str = "main"
    """Branch that is deployed, and whose drift is looked for."""
    workflow: str = ".github/workflows/deploy.yml"
    """File whose jobs deploy; no other workflow of the repository can."""
    drift: str = ".github/workflows/drift.yml"
    """File whose jobs look for drift, in what is deployed and through each stack's runner; no other can."""
    networks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Environment -> ids of the VPCs that somebody else made for it (`network.vpc` of its stack)."""
    existing: Mapping[str, ExistingResources] = field(default_factory=dict)
    """Environment -> what was there before its stack (`existing` in its sections)."""
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
        refuse("delivery", session_hours=limits.SESSION.problem(self.session_hours))
        for check in (separate(self.environments), given(self.networks, self.environments)):
            for problem in check:
                raise ValueError(f"delivery: {problem}")


def separate(environments: Sequence[str]) -> Iterator[str]:
    """What speaks against these stacks in one account: names that one another's patterns would match."""
    if not environments:
        yield "environments is empty; name the stacks to deploy, e.g. dev, staging, prod"
    for one in environments:
        for other in environments:
            if other.startswith(f"{one}-"):
                yield f"what {one} may do to `{one}-*` covers {other}; rename one of the two"


def given(networks: Mapping[str, Sequence[str]], environments: Sequence[str]) -> Iterator[str]:
    """What speaks against these networks of others."""
    for environment, ids in networks.items():
        if environment not in environments:
            yield f"networks names {environment}; the environments are {', '.join(environments)}"
        for each in ids:
            if not re.fullmatch(r"vpc-[0-9a-f]+", each):
                yield f"networks.{environment} has {each!r}; write the id of a VPC, vpc-..."
