"""Which place an address means: a folder's path, or `s3://BUCKET/PREFIX`."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.manifest import Manifest
from keep.errors import AskedError
from keep.place.bucket import Account, Bucket
from keep.place.folder import FolderPlace
from keep.place.place import Place
from keep.place.s3 import S3Place
from knowledge import buckets


def place_at(address: str, account: Account | None = None, *, existing: bool = False) -> Place:
    """Return the place; in S3 that of `account`, or of whoever the environment says.

    Raise AskedError for an address of another kind, and for a folder that is none; with `existing` also for one that is
    not there, where it would be read.
    """
    if address.startswith("s3://"):
        name, _, prefix = address.removeprefix("s3://").partition("/")
        if problem := buckets.name_problem(name):
            raise AskedError(f"{address}: {problem}")
        prefix = prefix.strip("/")
        return S3Place(Bucket(name, account or by_environment()), f"{prefix}/" if prefix else "")
    if "://" in address or not address:
        raise AskedError(f"`{address}` is not a place for backups: write a folder's path, or s3://BUCKET/PREFIX")
    path = Path(address).expanduser().absolute()
    above = next(each for each in (path, *path.parents) if each.exists())
    if not above.is_dir():
        raise AskedError(f"{above} is not a folder: choose another")
    if existing and not path.is_dir():
        raise AskedError(f"there is no folder {path}: correct the path, or make a backup first")
    return FolderPlace(path)


def of_stack(address: str, target: Manifest, *, existing: bool = False) -> Place:
    """Return the place as a stack reaches it: by its account and, on this computer, by its emulator."""
    if not address.startswith("s3://"):
        return place_at(address, existing=existing)
    bucket = target.bucket
    own = bucket is not None and address.removeprefix("s3://").partition("/")[0] == bucket.name
    owner, lock = (bucket.owner, bucket.lock) if bucket and own else (None, None)
    return place_at(address, Account(region=target.region, endpoint=target.aws_endpoint, owner=owner, lock=lock))


def by_environment() -> Account:
    """Return S3 as the AWS CLI would find it. A bucket in another region is found from any: S3 says where it is."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Account(region=region)
