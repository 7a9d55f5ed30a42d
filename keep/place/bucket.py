"""Calls to one bucket: each says whose bucket it means, and fails with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from bootstrap.aws import Where, aws_client
from bootstrap.manifest import ObjectLock
from keep.place import s3_errors


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whose S3, and where."""

    region: str
    """Where the client begins: S3 sends it on to the bucket's own region."""
    endpoint: Where = None
    owner: str | None = None
    """Account that owns the bucket, where that is known: nothing goes into another's bucket that has its name."""
    lock: ObjectLock | None = None
    """How whole backups are locked there."""


class Bucket:
    """S3's operations on one bucket, by botocore's names; they raise KeepError, and KeyError for what is not there."""

    def __init__(self, name: str, account: Account) -> None:
        self.name, self.lock = name, account.lock
        self._client = aws_client("s3", account.region, account.endpoint)
        self._whose = {"Bucket": name, **({"ExpectedBucketOwner": account.owner} if account.owner else {})}

    def call(self, operation: str, **parameters: object) -> dict[str, Any]:
        """Return S3's answer to one request."""
        with self.explained(operation):
            return dict(getattr(self._client, operation)(**self._whose, **parameters))

    def pages(self, operation: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """Give S3's answers to as many requests as the listing needs."""
        with self.explained(operation):
            yield from self._client.get_paginator(operation).paginate(**self._whose, **parameters)

    def explained(self, operation: str, letting: tuple[type[Exception], ...] = ()) -> AbstractContextManager[None]:
        """Have what botocore raises in the block said in a sentence, except what the caller mends itself."""
        return s3_errors.explained(self.name, operation, letting)
