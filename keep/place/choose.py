"""Which place an address means: a folder's path, or `s3://BUCKET/PREFIX`."""

from __future__ import annotations

from pathlib import Path

from keep.errors import AskedError
from keep.place.folder import FolderPlace
from keep.place.place import Place


def place_at(address: str) -> Place:
    """Return the place. Raise AskedError for an address of another kind."""
    if address.startswith("s3://"):
        raise AskedError(f"{address}: buckets come with a later commit")
    if "://" in address:
        raise AskedError(f"{address} is not a place for backups: write a folder's path, or s3://BUCKET/PREFIX")
    return FolderPlace(Path(address).expanduser().absolute())
