"""The connections of everybody against the server's, as a table."""

from __future__ import annotations

import pytest

from bootstrap.postgres.pools import SPARE, Capacity
from capacity.budget import Application, ConnectionBudget, budget
from capacity.report import ConnectionUse

ROOM = Capacity(max_connections=200, superuser_reserved=3, rds_reserved=2)
LIMITS = {"shop_app_a": None, "shop_migrator_a": 5, "shop_monitoring_a": 10, "shop_admin": None}
USE = ConnectionUse(node="primary", whose="the server", now=60, limit=195, peak=120, p99=110.5)


def made(application: Application, limits: dict[str, int | None] = LIMITS) -> ConnectionBudget:
    return budget("shop_app_a", limits, ROOM, application, USE)


def test_the_whole_of_one() -> None:
    found = made(Application(instances=3, pool=20))
    assert [(each.what, each.connections) for each in found.demands] == [
        ("shop_app_a", 60),
        ("deployment", 20),
        ("shop_migrator_a", 5),
        ("shop_monitoring_a", 10),
        ("kept free", SPARE),
    ]
    assert (found.usable, found.demand, round(found.percent)) == (195, 105, 54)
    assert (found.peak, found.p99) == (120, 110.5)
    # 80 % of 195 are 156, of which 25 are the others': 131.
    assert (found.fits, found.most_instances) == (True, 6)
    assert found.said == "4 instances at once fit; 6 would"


@pytest.mark.parametrize(
    ("application", "at_once"),
    [
        (Application(), 0),
        (Application(instances=1), 2),
        (Application(instances=4), 5),
        (Application(instances=5), 7),
        (Application(instances=5, surge=0), 5),
        (Application(instances=5, surge=5), 10),
    ],
)
def test_a_deployment_has_a_quarter_more(application: Application, at_once: int) -> None:
    assert application.at_once == at_once


FEW: dict[str, int | None] = {**LIMITS, "shop_app_a": 40}
VERDICTS: list[tuple[Application, dict[str, int | None], bool | None, str]] = [
    (
        Application(),
        LIMITS,
        None,
        "at most 5 instances of shop_app_a at once, with 25 connections each: say how many there are with --instances",
    ),
    (
        Application(instances=8),
        LIMITS,
        False,
        "10 instances at once with 25 connections each do not fit: give each 13, or take fewer, a larger "
        "class, or an RDS Proxy",
    ),
    (
        Application(instances=200),
        LIMITS,
        False,
        "250 instances at once with 25 connections each do not fit: take fewer, a larger class, or an RDS Proxy",
    ),
    (
        Application(instances=2),
        FEW,
        False,
        "3 instances at once with 25 connections each do not fit the connection limit of shop_app_a, 40: give each 12, "
        "or take fewer, or write `connection_limit: 77` in access.yaml",
    ),
    (Application(instances=1, surge=0, pool=30), FEW, True, "1 instance at once fits; 1 would"),
]


@pytest.mark.parametrize(("application", "limits", "fits", "said"), VERDICTS)
def test_the_verdict(application: Application, limits: dict[str, int | None], fits: bool | None, said: str) -> None:
    found = made(application, limits)
    assert (found.fits, found.said) == (fits, said)
