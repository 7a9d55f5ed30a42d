"""What cannot be is refused with the exit code and the sentence of `refused.yaml`, before anything is changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from in_process import call

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("refused.yaml").read_text(encoding="utf-8"))
PROJECT = {
    "Pulumi.yaml": "name: data-tier\nruntime: python\nconfig: {name: shop}\n",
    "migrations/000001_shop.up.sql": "CREATE TABLE shops ();",
    "access.yaml": "owner: shop_owner\n"
    "identities:\n  shop_app: {postgres: readwrite}\n  shop_migrator: {postgres: migrator}\n",
}
OURS = ("AWS", "PG", "DATABASE", "REDIS", "DATATIER")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_it_is_refused_in_these_words(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    for name, text in (PROJECT | case.get("files", {})).items():
        if text is not None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    said = call(tmp_path, *case["run"])
    assert (said.code, words(said.err or said.out).replace(str(tmp_path), "FOLDER")) == (case["code"], case["says"])
    assert sorted(tmp_path.rglob("*")) == before
    assert "hunter2" not in said.all


def words(text: str) -> str:
    """The sentence; of a box of typer's, what stands in it."""
    if "│" not in text:
        return text.rstrip("\n")
    inside = " ".join(line.strip("│ ") for line in text.splitlines() if line.startswith("│"))
    return " ".join(inside.split())
