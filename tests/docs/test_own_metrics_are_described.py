"""The table of our own metrics names what the code can give, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_KEYS = {"datatier_keyspace_bytes", "datatier_keyspace_keys", "datatier_keyspace_without_ttl"}
"""A sampled scan of the keys gives them."""
OF_CLOUDWATCH = {"datatier_looks", "datatier_metrics_refused"}
"""Only the scheduled function writes them (docs/metrics-on-aws.md)."""


def test_every_metric_is_described() -> None:
    text = (ROOT / "docs" / "metrics-datatier.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `(datatier_\w+)`", text, re.MULTILINE))
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "observe").rglob("*.py")))
    given = set(re.findall(r'"(datatier_[a-z_]+[a-z])"', code))
    assert given - OF_CLOUDWATCH - OF_KEYS == described - OF_KEYS
