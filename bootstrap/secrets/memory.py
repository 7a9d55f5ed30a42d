"""A store of secrets without Secrets Manager: the twin of `AwsStore` for tests of what is decided about secrets."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bootstrap.secrets.secret import Credential
from bootstrap.secrets.store import SecretStoreError, SecretVersion, Stage, Stages


@dataclass
class _Kept:
    versions: dict[str, Credential] = field(default_factory=dict)
    labels: dict[Stage, str] = field(default_factory=dict)
    made: dict[str, datetime] = field(default_factory=dict)
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))


class MemoryStore:
    """Secrets by their ARNs; a secret that nobody made does not exist. Not for several threads at once."""

    def __init__(self, arns: Iterable[str] = ()) -> None:
        self._secrets = {arn: _Kept() for arn in arns}
        self._numbers = itertools.count(1)

    def get(self, arn: str, stage: Stage = "AWSCURRENT") -> SecretVersion | None:
        kept = self._secrets.get(arn)
        version = kept.labels.get(stage) if kept else None
        if kept is None or version is None:
            return None
        pending = kept.labels.get("AWSPENDING") == version
        return SecretVersion(id=version, credential=kept.versions[version], pending=pending)

    def stages(self, arn: str) -> Stages:
        kept = self._of(arn, "describe")
        at = kept.labels.get
        return Stages(
            current=at("AWSCURRENT"),
            pending=at("AWSPENDING"),
            previous=at("AWSPREVIOUS"),
            changed=kept.changed,
            rotates=False,
        )

    def made(self, arn: str) -> datetime | None:
        kept = self._of(arn, "describe")
        current = kept.labels.get("AWSCURRENT")
        return kept.made[current] if current else None

    def put_pending(self, arn: str, credential: Credential, *, token: str | None = None) -> SecretVersion:
        kept = self._of(arn, "write")
        version = token or f"version-{next(self._numbers)}"
        kept.versions[version] = credential
        kept.made[version] = datetime.now(UTC)
        kept.labels["AWSPENDING"] = version
        self._touch(kept)
        return SecretVersion(id=version, credential=credential, pending=True)

    def promote(self, arn: str, version: SecretVersion) -> None:
        kept = self._of(arn, "promote")
        current = kept.labels.get("AWSCURRENT")
        if current != version.id:
            if current is not None:
                kept.labels["AWSPREVIOUS"] = current
            kept.labels["AWSCURRENT"] = version.id
        kept.labels.pop("AWSPENDING", None)
        self._touch(kept)

    def unstage(self, arn: str, version: str, stage: Stage) -> None:
        kept = self._of(arn, "write")
        if kept.labels.get(stage) == version:
            del kept.labels[stage]
        self._touch(kept)

    def changed_before(self, arn: str, by: timedelta) -> None:
        """Let time pass: the secret was last changed that much earlier."""
        self._of(arn, "describe").changed -= by

    def _of(self, arn: str, verb: str) -> _Kept:
        if arn not in self._secrets:
            raise SecretStoreError(f"could not {verb} the secret {arn}: ResourceNotFoundException")
        return self._secrets[arn]

    @staticmethod
    def _touch(kept: _Kept) -> None:
        kept.changed = datetime.now(UTC)
