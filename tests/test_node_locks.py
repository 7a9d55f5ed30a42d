"""What pins packages of Node: a hash for each package, and no address to download it from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
NODE = " ".join(re.findall(r"^(?:MORE_)?NODE := (.+)$", MAKEFILE, re.MULTILINE)).split()


def read(folder: str, name: str) -> dict[str, Any]:
    """A JSON file of a folder."""
    found: dict[str, Any] = json.loads((ROOT / folder / name).read_text("utf-8"))
    return found


def asked_for(package: dict[str, Any]) -> dict[str, str]:
    """Name -> version, as it is written."""
    return {**package.get("dependencies", {}), **package.get("devDependencies", {})}


@pytest.mark.parametrize("folder", NODE)
def test_each_package_has_a_hash_and_no_address(folder: str) -> None:
    """npm takes the address that stands in a lock file, wherever its registry is: `omit-lockfile-registry-resolved`."""
    packages = {name: said for name, said in read(folder, "package-lock.json")["packages"].items() if name}
    assert len(packages) >= len(asked_for(read(folder, "package.json")))
    assert [name for name, said in packages.items() if not said.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, said in packages.items() if "resolved" in said] == []
    said = (ROOT / folder / ".npmrc").read_text("utf-8").splitlines()
    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(said)


@pytest.mark.parametrize("folder", NODE)
def test_the_lock_file_is_of_what_is_asked_for(folder: str) -> None:
    wanted = asked_for(read(folder, "package.json"))
    assert wanted
    assert asked_for(read(folder, "package-lock.json")["packages"][""]) == wanted
