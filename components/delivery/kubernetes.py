"""Deployments from a Kubernetes cluster: a stack's workspace takes its deploy role by its service account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from components.delivery.github import AUDIENCE


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster whose identity provider the account knows (EKS User Guide, "IAM roles for service accounts")."""

    provider_arn: str
    """The provider: `arn:aws:iam::ACCOUNT:oidc-provider/oidc.eks.REGION.amazonaws.com/id/...`."""
    namespace: str
    """Where the stacks' service accounts are, named `PROJECT-STACK`: see deploy/operator."""

    def __post_init__(self) -> None:
        """Refuse what would mean more than itself in a policy."""
        if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:oidc-provider/[\w./-]+", self.provider_arn):
            raise ValueError(f"cluster.provider is {self.provider_arn!r}; write the ARN of an IAM OIDC provider")
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", self.namespace):
            raise ValueError(f"cluster.namespace is {self.namespace!r}; write the name of a namespace")


def operated(cluster: Cluster, project: str, stack: str) -> dict[str, Any]:
    """Return the statement that lets the workspace of one stack assume a role."""
    issuer = cluster.provider_arn.partition("/")[2]
    return {
        "Sid": "Operator",
        "Effect": "Allow",
        "Principal": {"Federated": cluster.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{issuer}:aud": AUDIENCE,
                f"{issuer}:sub": f"system:serviceaccount:{cluster.namespace}:{project}-{stack}",
            }
        },
    }
