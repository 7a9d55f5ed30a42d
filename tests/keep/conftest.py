"""Servers that the tests of backups and drills share."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from once import kept
from rich_database import MAJORS, Library, library

from bootstrap.aws import aws_client
from keep.place.bucket import Account
from keep.place.choose import place_at
from keep.place.place import Place

# The bootstrap's own tests have the emulator.
sys.path.insert(0, str(Path(__file__).parents[1] / "bootstrap"))

from real_servers import emulator


@pytest.fixture(scope="session")
def library_of() -> Iterator[Callable[[int], Library]]:
    """The library on a server of a major version."""
    with kept(library) as servers:
        yield servers


@pytest.fixture(scope="session")
def newest(library_of: Callable[[int], Library]) -> Library:
    """The library on the newest PostgreSQL that is here."""
    return library_of(MAJORS[0])


@pytest.fixture(scope="session", params=MAJORS)
def each_library(request: pytest.FixtureRequest, library_of: Callable[[int], Library]) -> Library:
    """The library on each major version that is here."""
    return library_of(request.param)


@pytest.fixture
def copied(newest: Library) -> Iterator[str]:
    """The name of a database on the newest server that a test may change."""
    with newest.copy() as name:
        yield name


REGION = "eu-west-3"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def s3_account() -> Iterator[Account]:
    """The emulator's S3."""
    with tempfile.TemporaryDirectory(prefix="dt-s3-", dir="/tmp") as folder, emulator(Path(folder), REGION) as url:
        yield Account(region=REGION, endpoint=url)


@pytest.fixture(scope="session")
def make_bucket(s3_account: Account) -> Callable[[], str]:
    """Makes a bucket and returns its name."""

    def make() -> str:
        name = f"books-{next(_numbers)}"
        where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
        aws_client("s3", REGION, s3_account.endpoint).create_bucket(Bucket=name, **where)
        return name

    return make


@pytest.fixture
def s3_place(s3_account: Account, make_bucket: Callable[[], str]) -> Place:
    return place_at(f"s3://{make_bucket()}/kept", s3_account)


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place of each kind, with nothing in it."""
    if request.param == "folder":
        return place_at(str(tmp_path / "kept"))
    found: Place = request.getfixturevalue("s3_place")
    return found
