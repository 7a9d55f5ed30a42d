"""A cache's parameters: live beside computed, kept or left to the program, and what becomes of their group."""

from __future__ import annotations

from typing import Any

import pytest
from described_cache import ENGINE_VALUES, parameter_group, running, tier

from adopt.estate import Group
from adopt.report import ParameterRow
from adopt.settings.cache_parameters import CacheParameters, cache_parameters
from adopt.settings.caches import caches

COMPUTED = {
    "acl-pubsub-default": "resetchannels",
    "lazyfree-lazy-eviction": "yes",
    "lazyfree-lazy-expire": "yes",
    "lazyfree-lazy-server-del": "yes",
    "lazyfree-lazy-user-del": "yes",
    "timeout": "300",
}
AS_IT_IS = {"*": "default"}


def rows(*, kept: bool, **more: tuple[str, str | None]) -> tuple[ParameterRow, ...]:
    """What Redis 7 and the program differ in; `more`: parameter, with `_` for `-` -> live and computed value."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    found = {name: (ENGINE_VALUES[name], value) for name, value in COMPUTED.items()} | named
    return tuple(
        ParameterRow(server="main", parameter=name, live=live, computed=computed, kept=kept)
        for name, (live, computed) in sorted(found.items())
    )


AWS_OWN = "it is one of AWS's, in which nobody changes anything"
OTHERS = "invoices-cache uses it too"
# (group, whether computed ones are asked for, what becomes of it)
ROWS: dict[str, tuple[Group, bool, dict[str, Any]]] = {
    "its own": (parameter_group("own"), False, {"overrides": AS_IT_IS, "rows": rows(kept=True)}),
    "its own, computed": (parameter_group("own"), True, {"rows": rows(kept=False)}),
    "something set that the program leaves alone": (
        parameter_group("own", databases="32", activedefrag="yes"),
        False,
        {
            "overrides": {**AS_IT_IS, "databases": "32", "activedefrag": "yes"},
            "rows": rows(kept=True, databases=("32", None), activedefrag=("yes", None)),
        },
    ),
    "something set as the program does": (
        parameter_group("own", timeout="300", acl_pubsub_default="resetchannels"),
        True,
        {"rows": tuple(each for each in rows(kept=False) if each.parameter not in ("timeout", "acl-pubsub-default"))},
    ),
    "something set that no stack's file takes": (
        parameter_group("own", reserved_memory="1000000"),
        False,
        {
            "why": "a stack's file cannot say what is set in it (reserved-memory: cannot be set on ElastiCache: give "
            "it as a share, reserved-memory-percent, so that it follows the node type)",
            "rows": rows(kept=True, reserved_memory=("1000000", None)),
        },
    ),
    "AWS's": (parameter_group("default.redis7"), False, {"why": AWS_OWN, "rows": rows(kept=True)}),
    "AWS's, computed": (
        parameter_group("default.redis7"),
        True,
        {"own": True, "rows": rows(kept=False)},
    ),
    "others' too": (
        parameter_group("lent", shared_with=("invoices-cache",)),
        False,
        {"why": OTHERS, "rows": rows(kept=True)},
    ),
    "others' too, computed": (
        parameter_group("lent", shared_with=("invoices-cache",)),
        True,
        {"own": True, "rows": rows(kept=False)},
    ),
    "not to be read, computed": (
        parameter_group("own", engine={}),
        True,
        {"why": "it could not be read whole"},
    ),
}


@pytest.mark.parametrize(("group", "computed", "expected"), ROWS.values(), ids=ROWS)
def test_what_becomes_of_parameters(group: Group, computed: bool, expected: dict[str, Any]) -> None:
    found = cache_parameters(running(parameters=group), computed=computed)
    assert found == CacheParameters(**{"eviction": "volatile-lru", "events": "", **expected})


def test_a_group_that_two_caches_of_the_tier_have_is_neithers() -> None:
    group = parameter_group("lent")
    both = tier(running("main", parameters=group), running("queue", parameters=group))
    kept, computed = (caches(both, "shop-live", computed=each) for each in (False, True))
    assert kept.referred == {"main": "orders-queue uses it too", "queue": "orders-main uses it too"}
    referred = {"name": "lent", "family": "redis7", "managed": False}
    assert [each["existing"]["parameter_group"] for each in kept.sections.values()] == [referred, referred]
    assert not any("parameter_group" in each["existing"] for each in computed.sections.values())
    more = cache_parameters(running(parameters=parameter_group("lent", shared_with=("a", "b"))), computed=False)
    assert more.why == "a, b use it too"
