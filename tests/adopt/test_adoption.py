"""An existing tier to its report, import and state, with the program run offline."""

from __future__ import annotations

from offline_program import run
from tiers import tier

from adopt.adoption import adoption


def test_a_member_of_an_aurora_cluster_is_refused_whole() -> None:
    found = adoption(tier(Engine="aurora-postgresql"), "live", "shop", run("live"))
    assert found.report.refused
    assert (found.config, found.imports, found.state) == ({}, {}, {})
