"""Who a GitHub Actions job is, to AWS: the claims of its token, and the trust policy that lets named jobs in.

A subject begins `repo:OWNER/NAME:` or, in the form with immutable ids that repositories made, renamed or moved since
July 2026 have, `repo:OWNER@ID/NAME@ID:`
(https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/). Both are let in,
so that a repository may change over at any time, and in both the id of the repository must be right, which STS compares
since January 2026 (https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/):
a name that somebody else has taken over is not enough.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

HOST = "token.actions.githubusercontent.com"
ISSUER = f"https://{HOST}"
AUDIENCE = "sts.amazonaws.com"
PULL_REQUEST = "pull_request"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository on github.com; `gh api repos/OWNER/NAME --jq '.owner.id, .id'` prints the ids."""

    owner: str
    """User or organisation, spelt as GitHub spells it: claims are compared with their case."""
    owner_id: int
    """Id of the user or organisation."""
    name: str
    """The repository's name, without its owner."""
    id: int
    """Id of the repository."""

    def __post_init__(self) -> None:
        """Refuse a name that would mean more than itself in a policy."""
        for key, value in (("owner", self.owner), ("name", self.name)):
            if not re.fullmatch(r"[A-Za-z0-9._-]+", value):
                raise ValueError(
                    f"repository.{key} is {value!r}; GitHub's names have letters, digits, `.`, `_` and `-`"
                )
        for key, number in (("owner_id", self.owner_id), ("id", self.id)):
            if number < 1:
                raise ValueError(f"repository.{key} is {number}; `gh api repos/OWNER/NAME` prints it")

    def subjects(self, of: str) -> list[str]:
        """Return the two forms of the subject of a job: `environment:prod`, `ref:refs/heads/main`, `pull_request`."""
        return [
            f"repo:{self.owner}/{self.name}:{of}",
            f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.id}:{of}",
        ]


def trusted(
    repository: Repository, jobs: Sequence[str], provider_arn: pulumi.Input[str], **claims: str
) -> dict[str, Any]:
    """Return the statement that lets jobs of these subjects assume a role; `claims` must be what they are given as.

    Every value is compared as a whole: no wildcard that another repository's name could fill.
    """
    subjects = [form for job in jobs for form in repository.subjects(job)]
    wanted = {"aud": AUDIENCE, "sub": subjects, "repository_id": str(repository.id), **claims}
    return {
        "Sid": "GitHub",
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{HOST}:{claim}": value for claim, value in wanted.items()}},
    }
