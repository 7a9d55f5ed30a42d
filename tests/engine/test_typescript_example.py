"""examples/typescript against the SDK that Pulumi generates from the schema, by TypeScript's own compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "typescript"
COMPILER = EXAMPLE / "node_modules" / ".bin" / "tsc"
SDK = EXAMPLE / "node_modules" / "@pulumi" / "data-tier"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (COMPILER.exists() and SDK.exists()), reason="`pulumi install` has not been run in examples/typescript"
    ),
]

CASES = [
    ("", "", ""),
    ("masterUsername:", "masterUser:", "'masterUser' does not exist in type 'CredentialsArgs'"),
    ('    nodeType: "cache.t4g.small",\n', "", "Property 'nodeType' is missing"),
    ("allocatedStorage: 50", 'allocatedStorage: "50"', "Type 'string' is not assignable to type 'number'"),
    ("identifier: prefix,", "identifier: keys.storageArn,", "is not assignable to type 'string'"),
]


@pytest.mark.parametrize(
    ("right", "wrong", "words"), CASES, ids=["as it is", *(case[1] or case[0] for case in CASES[1:])]
)
def test_the_compiler_says(tmp_path: Path, right: str, wrong: str, words: str) -> None:
    text = (EXAMPLE / "index.ts").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "index.ts").write_text(text.replace(right, wrong, 1) if right else text, encoding="utf-8")
    for name in ("tsconfig.json", "package.json"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(EXAMPLE / "node_modules")
    ran = subprocess.run([COMPILER, "-p", "."], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert words in ran.stdout
    assert (ran.returncode == 0) is (not words), ran.stdout
