"""An existing tier to its report, import and state, with the program run offline."""

from __future__ import annotations

from dataclasses import replace

from described_cache import running as cache
from described_rds import replica, running
from offline_program import run
from tiers import tier

from adopt.adoption import adoption, without
from adopt.refusals import refusals


def test_a_member_of_an_aurora_cluster_is_refused_whole() -> None:
    found = adoption(tier(Engine="aurora-postgresql"), "live", "shop", run("live"))
    assert found.report.refused
    assert (found.config, found.imports, found.state) == ({}, {}, {})


def test_what_is_left_out_goes_by_its_name_in_the_stack() -> None:
    """A cache and a replica may have one identifier, and so may replicas in two regions."""
    abroad = running(replica("orders-dr", DBInstanceStatus="stopped"), region="us-east-1")
    same = {"near": running(replica("orders-dr")), "far": abroad}
    plain = cache("dr", group={"TransitEncryptionEnabled": False}, node={"TransitEncryptionEnabled": False})
    estate = replace(tier(replicas=same), caches={"dr": plain})
    refused = tuple(refusals(estate))
    assert {(each.what, each.server) for each in refused} == {
        ("orders-dr", ("replica", "far")),
        ("orders-dr", ("cache", "dr")),
    }
    taken = without(estate, refused)
    assert (set(taken.replicas), set(taken.caches)) == ({"near"}, set())


def test_a_name_that_no_cache_can_have_is_for_whoever_asks_to_change() -> None:
    estate = replace(tier(replicas={}), caches={"postgres": cache("postgres")})
    [refused] = adoption(estate, "live", "shop", run("live")).report.refusals
    assert refused.what == "data-tier:redis.postgres"
    assert refused.way == "call it something else in the stack: `--cache NAME=orders-postgres`"
