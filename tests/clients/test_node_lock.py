"""What pins the clients in Node: exact versions, a hash for each package, and no address to download it from."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "real" / "node"
DIRECT = json.loads((FOLDER / "package.json").read_text())["dependencies"]
LOCKED = json.loads((FOLDER / "package-lock.json").read_text())["packages"]


def test_each_package_has_a_hash_and_no_address() -> None:
    """npm takes the address that stands in a lock file, wherever its registry is: `omit-lockfile-registry-resolved`."""
    packages = {name: said for name, said in LOCKED.items() if name}
    assert len(packages) > len(DIRECT)
    assert [name for name, said in packages.items() if not said["integrity"].startswith("sha512-")] == []
    assert [name for name, said in packages.items() if "resolved" in said] == []
    assert "omit-lockfile-registry-resolved=true" in (FOLDER / ".npmrc").read_text().splitlines()


def test_the_versions_asked_for_are_those_of_the_lock_file() -> None:
    assert {name: LOCKED[f"node_modules/{name}"]["version"] for name in DIRECT} == DIRECT
    assert LOCKED[""]["dependencies"] == DIRECT
