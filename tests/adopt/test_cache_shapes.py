"""What adopting says of every shape of cache: lines of the stack's file, verdicts, refusals, and what is left."""

from __future__ import annotations

import pytest
from agreement import agree
from cache_shapes import SHAPES, Shape, section
from described_around import secret
from described_cache import rds_subnets, subnet_group, tier
from offline_program import run

from adopt.adoption import Adoption, adoption
from adopt.estate import Estate
from adopt.left_caches import left_caches
from adopt.settings.caches import caches

SECRETS = (secret("orders-token/auth"), secret("orders-redis5/settings"))
SUBNETS = (rds_subnets(), subnet_group(), subnet_group("invoices", "vpc-0f9e8d7c"))
TAKEN = [each for each in SHAPES if not each.refused]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.cache.name)
each_taken = pytest.mark.parametrize("shape", TAKEN, ids=lambda shape: shape.cache.name)


def estate(*shapes: Shape) -> Estate:
    return tier(*(each.cache for each in shapes), subnet_groups=SUBNETS, secrets=SECRETS)


@pytest.fixture(scope="module")
def adopted() -> Adoption:
    """All of them at once: what is said of one does not depend on the others."""
    return adoption(estate(*SHAPES), "live", "shop", run("live"))


@each_shape
def test_why_a_cache_cannot_be_taken_and_the_way(shape: Shape, adopted: Adoption) -> None:
    found = [each for each in adopted.report.refusals if each.what == shape.cache.identifier]
    assert [(each.why, each.way) for each in found] == list(shape.refused)
    assert not any(each.whole for each in found)


@each_shape
def test_what_the_stacks_file_says_of_it(shape: Shape, adopted: Adoption) -> None:
    said = adopted.config["data-tier:redis"].get(shape.cache.name)
    assert said == (None if shape.refused else section(shape.cache.name, **shape.says))


@each_taken
def test_what_the_first_up_changes_of_it(shape: Shape, adopted: Adoption) -> None:
    name = shape.cache.name
    found = {
        entry.name.removeprefix(f"{name}-"): (entry.verdict, entry.id, {each.key for each in entry.impacts})
        for entry in adopted.report.entries
        if entry.id and entry.name in (f"{name}-group", f"{name}-parameters")
    }
    ids = {
        "group": shape.cache.identifier,
        "parameters": shape.cache.parameter_group.described["CacheParameterGroupName"],
    }
    assert found == {part: ("changed", ids[part], keys) for part, keys in shape.changed.items()}


@each_taken
def test_what_is_left(shape: Shape, adopted: Adoption) -> None:
    users = "its users stay, and the bootstrap adds those of access.yaml to it"
    group = () if shape.says.get("auth") == "token" else (("user group orders", f"{users}{shape.shared}"),)
    tier_of_one = estate(shape)
    found = tuple(left_caches(tier_of_one, caches(tier_of_one, "shop-live", computed=False).referred))
    assert sorted((each.what, each.why) for each in found) == sorted((*group, *shape.left))
    assert set(found) <= set(adopted.report.left)


def test_nothing_is_replaced_and_nothing_is_refused_whole(adopted: Adoption) -> None:
    verdicts = {entry.verdict for entry in adopted.report.entries}
    assert verdicts <= {"taken", "changed", "new"}
    assert not adopted.report.refused


def test_a_preview_over_the_imported_state_says_what_the_report_says(adopted: Adoption) -> None:
    agree(adopted)
