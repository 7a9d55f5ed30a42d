"""Access to Pulumi's state in a bucket: what a deployment writes, what is read of it, and nothing of other stacks.

The layout is that of Pulumi's own backend for buckets (github.com/pulumi/pulumi, pkg/backend/diy: store.go, lock.go,
meta.go). A refresh that only previews takes no lock and writes nothing there (backend.go), and `pulumi stack export`
hands out the checkpoint as it lies there, its secrets as ciphertext (ExportDeployment).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.policy import Statement, allow, through


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


def exporting(state: State, stacks: Sequence[str], partition: str) -> list[Statement]:
    """The state of these stacks, read as it lies in the bucket: S3 opens the objects, and nobody what is in them."""
    bucket = f"arn:{partition}:s3:::{state.bucket}"
    by_s3 = {"StringLike": through("s3", partition)}
    key = [allow("StateObjects", ["kms:Decrypt"], state.key_arn, Condition=by_s3)] if state.key_arn else []
    return [
        allow("StateList", ["s3:GetBucketLocation", "s3:ListBucket"], bucket),
        allow(
            "StateRead",
            ["s3:GetObject"],
            [f"{bucket}/.pulumi/meta.yaml", *(f"{bucket}/.pulumi/{_state(state.project, each)}" for each in stacks)],
        ),
        *key,
    ]


def reading(state: State, stacks: Sequence[str], partition: str) -> list[Statement]:
    """The state of these stacks, read with its secrets: a refresh needs the inputs of every resource."""
    key = [allow("StateKey", ["kms:Decrypt"], state.key_arn)] if state.key_arn else []
    return [each for each in exporting(state, stacks, partition) if each["Sid"] != "StateObjects"] + key


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
        _state(project, stack),
        f"backups/{project}/{stack}/*",
        f"history/{project}/{stack}/*",
        f"locks/organization/{project}/{stack}/*",
    )


def _state(project: str, stack: str) -> str:
    return f"stacks/{project}/{stack}.*"  # .json, .json.gz, .json.bak ...
