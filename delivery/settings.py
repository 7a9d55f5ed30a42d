"""What the delivery's stack file says, checked: every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from components.delivery.args import given, separate
from components.delivery.github import Repository
from components.delivery.kubernetes import Cluster
from components.delivery.state import State
from infra.load import NAMESPACE as PROJECT
from infra.settings.problems import SettingsError, SettingsProblem, rule_of
from infra.settings.values import Section, limited
from knowledge import limits

NAMESPACE = "data-tier-delivery"


class GitHubOwner(Section):
    """The GitHub repository whose jobs may assume the roles."""

    owner: str
    owner_id: int
    name: str
    id: int


class StateBucket(Section):
    """Where Pulumi keeps the stacks' state."""

    bucket: str
    key: str = ""
    """ARN of the KMS key of `--secrets-provider awskms://`, where that is used."""


class Operator(Section):
    """A cluster whose Pulumi operator deploys: deploy/operator."""

    provider: str
    """ARN of the account's identity provider for the cluster."""
    namespace: str = PROJECT


class DeliverySettings(Section):
    """Everything that the program needs to know."""

    name: str
    """`data-tier:name` of the stacks: that of the project in the folder above, unless another is said."""
    repository: GitHubOwner
    environments: tuple[str, ...]
    """Stacks, and environments at GitHub, of this account."""
    branch: str = "main"
    workflow: str = ".github/workflows/deploy.yml"
    """The one workflow whose jobs deploy."""
    drift: str = ".github/workflows/drift.yml"
    """The one workflow whose jobs look for drift."""
    networks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Environment -> ids of the VPCs that somebody else made for it (`network.vpc` in its stack file)."""
    state: StateBucket
    provider: str | None = None
    """ARN of the account's identity provider for GitHub, where there is one already."""
    cluster: Operator | None = None
    session_hours: Annotated[int, limited(limits.SESSION)] = 4

    def github(self) -> Repository:
        """The repository; raise ValueError for one that cannot be."""
        return Repository(**self.repository.model_dump())

    def operator(self) -> Cluster | None:
        """The cluster; raise ValueError for one that cannot be."""
        if self.cluster is None:
            return None
        return Cluster(provider_arn=self.cluster.provider, namespace=self.cluster.namespace)

    def pulumi_state(self) -> State:
        """The state; raise ValueError for a key that is none."""
        return State(bucket=self.state.bucket, project=PROJECT, key_arn=self.state.key)


def load(config: Mapping[str, object], *, source: str, project: Mapping[str, object]) -> DeliverySettings:
    """The settings in a configuration; raise `SettingsError` with every problem of `source`.

    `project` is what the stacks' Pulumi.yaml says for all of them.
    """
    name = project.get(f"{PROJECT}:name")
    found = {} if name is None else {"name": name}
    found |= {key.partition(":")[2]: value for key, value in config.items() if key.startswith(f"{NAMESPACE}:")}
    try:
        settings = DeliverySettings.model_validate(found)
    except ValidationError as failure:
        raise SettingsError(source, [_problem(error) for error in failure.errors(include_url=False)]) from None
    wrong = [
        SettingsProblem(f"{NAMESPACE}:{key}", f"{problem}.")
        for key, problems in (
            ("environments", separate(settings.environments)),
            ("networks", given(settings.networks, settings.environments)),
        )
        for problem in problems
    ]
    if wrong:
        raise SettingsError(source, wrong)
    checks = (("repository", settings.github), ("state.key", settings.pulumi_state), ("cluster", settings.operator))
    for key, check in checks:
        try:
            check()
        except ValueError as error:
            raise SettingsError(source, [SettingsProblem(f"{NAMESPACE}:{key}", f"{error}.")]) from None
    return settings


_SECTIONS: dict[str, type[Section]] = {"repository": GitHubOwner, "state": StateBucket, "cluster": Operator}


def _problem(error: Any) -> SettingsProblem:
    path = [str(part) for part in error["loc"]]
    section = _SECTIONS.get(path[0], DeliverySettings) if len(path) > 1 else DeliverySettings
    return SettingsProblem(f"{NAMESPACE}:{'.'.join(path)}", rule_of(error, section.model_fields))
