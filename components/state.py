"""Access to Pulumi's state in a bucket: what a deployment writes, what a preview reads, and nothing of other stacks.

The layout is that of Pulumi's own backend for buckets (github.com/pulumi/pulumi, pkg/backend/diy: store.go, lock.go,
meta.go). A preview takes no lock and writes nothing there, nor does a refresh that only previews (backend.go).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.policy import Statement, allow


@dataclass(frozen=True, kw_only=True)
class State:
    """Where the state is, and which key its secrets are under."""

    bucket: str
    """Name of the bucket that `pulumi login s3://` names."""
    project: str
    """Pulumi's project: part of the path of each stack's state."""
    key_arn: str = ""
    """KMS key of the secrets provider, and of the bucket where it is encrypted under the same; empty for neither."""

    def __post_init__(self) -> None:
        """Refuse an alias: policies name keys by their ids."""
        if self.key_arn and ":key/" not in self.key_arn:
            raise ValueError(f"state.key is {self.key_arn!r}; write the key's ARN (arn:aws:kms:...:key/...)")


def reading(state: State, partition: str) -> list[Statement]:
    """The state of every stack, read."""
    key = [allow("StateKey", ["kms:Decrypt"], state.key_arn)] if state.key_arn else []
    bucket = f"arn:{partition}:s3:::{state.bucket}"
    return [
        allow("StateList", ["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        allow("StateRead", ["s3:GetObject"], f"{bucket}/.pulumi/*"),
        *key,
    ]


def writing(state: State, stack: str, partition: str) -> list[Statement]:
    """The state of one stack, read and written."""
    use = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    key = [allow("StateKey", use, state.key_arn)] if state.key_arn else []
    bucket = f"arn:{partition}:s3:::{state.bucket}"
    return [
        allow("StateList", ["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        allow("StateForm", ["s3:GetObject"], f"{bucket}/.pulumi/meta.yaml"),
        allow(
            "StateWrite",
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            [f"{bucket}/.pulumi/{path}" for path in _paths(state.project, stack)],
        ),
        *key,
    ]


def _paths(project: str, stack: str) -> Sequence[str]:
    return (
        f"stacks/{project}/{stack}.*",  # .json, .json.gz, .json.bak ...
        f"backups/{project}/{stack}/*",
        f"history/{project}/{stack}/*",
        f"locks/organization/{project}/{stack}/*",
    )
